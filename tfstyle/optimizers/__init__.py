"""Ways downhill for the pixels of an image, and the formulas in them.

All have `step(image, evaluate, rate)`, where `evaluate(image)` returns the value to lower, a float, and its gradient,
a tensor of the shape of `image`. Images are float32 tensors of shape `(1, height, width, 3)`, and stay in [0, 1].
`rate` is a factor of the learning rate. `stuck` says whether the last step found no way downhill.
"""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # what the table below does at run time, in a form that editors and type checkers read
    from tfstyle.optimizers.adam import Adam, adam_change
    from tfstyle.optimizers.lbfgs import LBFGS

__all__ = ["LBFGS", "Adam", "adam_change"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "adam": ["Adam", "adam_change"],
        "lbfgs": ["LBFGS"],
    },
)

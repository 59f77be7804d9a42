"""Optimizers for the pixels of an image, and their formulas.

Each has `step(image, evaluate, rate)`. `evaluate(image)` returns the loss, a float, and its gradient, a tensor of the
shape of `image`. Images are float32 tensors of shape `(1, height, width, 3)`, clipped to [0, 1]. `rate` multiplies the
learning rate. `stuck` is true if the last step did not lower the loss, and left the image as it was.
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

"""The learning rate of image-to-image translation."""

from typing import Any

import keras


class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Constant learning rate, followed by a linear decay to 0.

    Args:
        learning_rate: float, initial learning rate.
        first_step: integer, step at which the decay starts.
        last_step: integer, step at which the learning rate is 0.

    Raises:
        ValueError: if the last step comes before the first.

    Reference:
        Zhu et al.: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, 2017, section 7.1.
    """

    def __init__(self, learning_rate, first_step, last_step):
        if last_step < first_step:
            raise ValueError(
                "The last step must not come before the first. "
                f"Received: first_step={first_step}, last_step={last_step}."
            )
        self.learning_rate = learning_rate
        self.first_step = first_step
        self.last_step = last_step

    def __call__(self, step):
        left = (self.last_step - keras.ops.cast(step, "float32")) / max(self.last_step - self.first_step, 1)
        return self.learning_rate * keras.ops.clip(left, 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {
            "learning_rate": self.learning_rate,
            "first_step": self.first_step,
            "last_step": self.last_step,
        }

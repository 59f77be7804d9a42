"""Adam: its formula as a pure function, and as an optimizer for the pixels of an image."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def adam_change(
    gradient: Any, moments: tuple[Any, Any], count: Any, betas: tuple[float, float] = (0.9, 0.99), epsilon: float = 1e-8
) -> tuple[Any, tuple[Any, Any]]:
    """Computes the update of Adam at a learning rate of 1. Subtract it from the variable.

    Args:
        gradient: float tensor of any shape.
        moments: pair of float tensors of that shape, the first and the second moment; 0 at the start.
        count: integer or float tensor, number of this step, from 1.
        betas: pair of floats, decay rates of the moments.
        epsilon: float, added to the square root of the second moment.

    Returns:
        Float tensor of the shape of `gradient`, about 1 where gradients agree, and the new pair of moments.

    Reference:
        Kingma, Ba: Adam: A Method for Stochastic Optimization, 2015, algorithm 1.
    """
    first, second = (
        beta * moment + (1 - beta) * power
        for beta, moment, power in zip(betas, moments, (gradient, gradient**2), strict=True)
    )
    first_beta, second_beta = betas
    change = first / (1 - first_beta**count) / (tf.sqrt(second / (1 - second_beta**count)) + epsilon)
    return change, (first, second)


class Adam:
    """Adam for an image that may be resized: its moments are resized too.

    Args:
        learning_rate: float, about the change of a pixel in one step.
        betas: pair of floats, decay rates of the moments.
        epsilon: float, added to the square root of the second moment.

    Reference:
        Kingma, Ba: Adam: A Method for Stochastic Optimization, 2015, algorithm 1.
    """

    stuck = False

    def __init__(self, learning_rate: float, betas: tuple[float, float] = (0.9, 0.99), epsilon: float = 1e-8):
        self.learning_rate, self.betas, self.epsilon = learning_rate, betas, epsilon
        self.moments: tuple[Any, Any] = (0.0, 0.0)
        self.count = 0

    def resize(self, height: int, width: int) -> None:
        """Resizes the moments for images of another size."""
        if self.count:
            first, second = self.moments
            self.moments = tf.image.resize(first, (height, width)), tf.image.resize(second, (height, width))

    def step(self, image: Any, evaluate: Callable[[Any], tuple[float, Any]], rate: float = 1.0) -> Any:
        """Returns the image after one step."""
        _, gradient = evaluate(image)
        self.count += 1
        change, self.moments = adam_change(gradient, self.moments, self.count, self.betas, self.epsilon)
        return tf.clip_by_value(image - rate * self.learning_rate * change, 0, 1)

"""L-BFGS for the pixels of an image."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

# Filter of bilinear interpolation to twice the size
ROW = np.array([0.25, 0.75, 0.75, 0.25], np.float32)
TENT = np.einsum("h,w,io->hwio", ROW, ROW, np.eye(3, dtype=np.float32))
SMALLEST_LEVEL = 8  # pixels: the last level of a pyramid
MEMORY = 2**30  # bytes for the pairs of steps and gradient changes, but not fewer pairs than:
FEWEST_PAIRS = 4


def favor_large_shapes(images: tf.Tensor) -> tf.Tensor:
    """Amplifies large shapes: adds the levels of a pyramid, each half as large as the one before.

        favor(x) = x + 1/2 * enlarge(favor(reduce(x))),  until the smallest level

    It is linear, symmetric and positive definite, because `enlarge` is the transpose of `reduce`. So it can serve as
    the initial inverse Hessian of L-BFGS: the losses of a network have the least curvature for large shapes.

    Args:
        images: float32 tensor of shape `(1, height, width, 3)`.

    Returns:
        float32 tensor of the same shape.
    """
    levels = [images]
    while min(levels[-1].shape[1:3]) >= SMALLEST_LEVEL:
        levels.append(tf.nn.conv2d(levels[-1], TENT, 2, "SAME"))
    favored = levels.pop()
    while levels:
        favored = levels[-1] + tf.nn.conv2d_transpose(favored, TENT, levels.pop().shape, 2, "SAME") / 2
    return favored


class LBFGS:
    """L-BFGS with a backtracking line search.

    `favor_large_shapes` is the initial inverse Hessian. A step that gives a loss or a gradient that is not finite is
    refused. If no step lowers the loss, the image stays as it is, `stuck` is true, and the history is cleared: the next
    step follows the gradient.

    Args:
        first_change: float, largest change of a pixel in the first step, before the curvature is known.
        num_pairs: integer, length of the history. Each pair needs the memory of two images; large images keep fewer.

    Reference:
        Nocedal, Wright: Numerical Optimization, 2006, algorithms 7.4, 7.5 and 3.1. Differs from the book: pixels are
        clipped to [0, 1] after each step, and the pairs are taken of what was clipped.
        Jiang et al.: A preconditioned L-BFGS algorithm with application to molecular energy minimization, 2004, for an
        initial inverse curvature that is not a multiple of the identity.
    """

    def __init__(self, first_change: float, num_pairs: int = 20):
        self.first_change, self.num_pairs = first_change, num_pairs
        self.stuck = False
        self.forget()

    def forget(self) -> None:
        """Clears the history."""
        self.pairs: list[tuple[Any, Any, Any]] = []  # (step, gradient change, 1 / their product), oldest first
        self.value: float = math.nan
        self.gradient: tf.Tensor = None

    def resize(self, height: int, width: int) -> None:
        """Clears the history: the curvature at one size says little about that at another."""
        self.forget()

    def step(self, image: Any, evaluate: Callable[[Any], tuple[float, Any]], rate: float = 1.0) -> Any:
        """Returns the image after one step. `rate` only matters while the history is empty."""
        if self.gradient is None:
            self.value, self.gradient = evaluate(image)
        outward = ((image <= 0) & (self.gradient > 0)) | ((image >= 1) & (self.gradient < 0))
        free = 1 - tf.cast(outward, image.dtype)  # pixels at a bound that would leave it are held fixed
        direction = -free * self.multiply_by_inverse_curvature(free * self.gradient)
        if not self.pairs:
            direction *= rate * self.first_change / (tf.reduce_max(tf.abs(direction)) + 1e-20)
        for halvings in range(10):
            trial = tf.clip_by_value(image + 0.5**halvings * direction, 0, 1)
            step = trial - image
            self.stuck = True
            if not tf.reduce_any(step != 0):  # nor would a shorter one move a pixel
                self.forget()
                return image
            value, gradient = evaluate(trial)
            bound = self.value + 1e-4 * float(tf.reduce_sum(self.gradient * step))
            is_finite = math.isfinite(value) and bool(tf.reduce_all(tf.math.is_finite(gradient)))
            self.stuck = not (is_finite and value <= bound)
            if not self.stuck:
                break
        else:
            self.forget()
            return image
        change = gradient - self.gradient
        product = tf.reduce_sum(step * change)
        if product > 1e-8 * tf.norm(step) * tf.norm(change):  # positive curvature, at any scale
            num_fitting = max(MEMORY // (8 * int(tf.size(step))), FEWEST_PAIRS)
            self.pairs = [*self.pairs, (step, change, 1 / product)][-min(self.num_pairs, num_fitting) :]
        self.value, self.gradient = value, gradient
        return trial

    def multiply_by_inverse_curvature(self, vector: tf.Tensor) -> tf.Tensor:
        """Multiplies by the approximate inverse Hessian (two-loop recursion)."""
        factors = []
        for step, change, inverse in reversed(self.pairs):
            factors.append(inverse * tf.reduce_sum(step * vector))
            vector = vector - factors[-1] * change
        vector = favor_large_shapes(vector)
        if self.pairs:
            _, change, inverse = self.pairs[-1]
            vector = vector / (inverse * tf.reduce_sum(change * favor_large_shapes(change)))
        for (step, change, inverse), factor in zip(self.pairs, reversed(factors), strict=True):
            vector = vector + (factor - inverse * tf.reduce_sum(change * vector)) * step
        return vector

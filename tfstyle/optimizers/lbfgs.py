"""L-BFGS for the pixels of an image."""

import numpy as np
import tensorflow as tf

# Of bilinear interpolation to twice the size
ROW = np.array([0.25, 0.75, 0.75, 0.25], np.float32)
TENT = np.einsum("h,w,io->hwio", ROW, ROW, np.eye(3, dtype=np.float32))
SMALLEST_LEVEL = 8  # pixels: where a pyramid ends
MEMORY = 2**30  # bytes that L-BFGS may fill with what it remembers; a few steps it remembers in any case
FEWEST_PAIRS = 4


def favor_large_shapes(images):
    """Adds to images what is large in them: they pass through a pyramid, of which each level is half as large.

        favor(x) = x + 1/2 * enlarge(favor(reduce(x))),  until the smallest level is reached

    It is linear, symmetric and positive definite, for `enlarge` is the transpose of `reduce`: a descent may begin with
    it in place of the unknown inverse curvature. The losses of a network curve least where shapes are large.

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
    """L-BFGS: the inverse curvature from the last few steps, and a step that is halved until the value falls.

    What the steps do not tell of the curvature is taken from `favor_large_shapes`.

    Args:
        first_change: float, largest change of a pixel in the first step, before the curvature is known.
        num_pairs: integer, steps that are remembered, in two images each; fewer where the images are large.

    Reference:
        Nocedal, Wright: Numerical Optimization, 2006, algorithms 7.4, 7.5 and 3.1. Differs from the book: pixels are
        clipped to [0, 1] after each step, and the pairs are taken of what was clipped.
        Jiang et al.: A preconditioned L-BFGS algorithm with application to molecular energy minimization, 2004, for an
        initial inverse curvature that is not a multiple of the identity.
    """

    def __init__(self, first_change, num_pairs=20):
        self.first_change, self.num_pairs = first_change, num_pairs
        self.stuck = False
        self.forget()

    def forget(self):
        self.pairs = []  # (step, change of the gradient, 1 / their product), oldest first
        self.value = self.gradient = None

    def resize(self, height, width):
        """Starts anew: the curvature of one size says little about that of another."""
        self.forget()

    def step(self, image, evaluate, rate=1.0):
        """The line search finds the length by itself: `rate` matters before the curvature is known."""
        if self.gradient is None:
            self.value, self.gradient = evaluate(image)
        outward = ((image <= 0) & (self.gradient > 0)) | ((image >= 1) & (self.gradient < 0))
        free = 1 - tf.cast(outward, image.dtype)  # what would leave the range neither moves nor makes others move
        direction = -free * self.multiply_by_inverse_curvature(free * self.gradient)
        if not self.pairs:
            direction *= rate * self.first_change / (tf.reduce_max(tf.abs(direction)) + 1e-20)
        for halvings in range(10):
            trial = tf.clip_by_value(image + 0.5**halvings * direction, 0, 1)
            value, gradient = evaluate(trial)
            step = trial - image
            self.stuck = value > self.value + 1e-4 * float(tf.reduce_sum(self.gradient * step))
            if not self.stuck:
                break
        else:
            self.forget()  # and go straight downhill in the next step
            return image
        change = gradient - self.gradient
        product = tf.reduce_sum(step * change)
        if product > 1e-8 * tf.norm(step) * tf.norm(change):  # else the curvature is not positive, at whatever scale
            num_fitting = max(MEMORY // (8 * int(tf.size(step))), FEWEST_PAIRS)
            self.pairs = [*self.pairs, (step, change, 1 / product)][-min(self.num_pairs, num_fitting) :]
        self.value, self.gradient = value, gradient
        return trial

    def multiply_by_inverse_curvature(self, vector):
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

"""Two ways downhill for the pixels of an image.

Both have `step(image, evaluate, rate)`, where `evaluate(image)` returns the value to lower, a float, and its gradient,
a tensor of the shape of `image`. Images are float32 tensors of shape `(1, height, width, 3)`, and stay in [0, 1].
`rate` is a factor of the learning rate.
"""

import tensorflow as tf


class Adam:
    """Adam, whose moments go along when the image is resized.

    Args:
        learning_rate: float, about the change of a pixel in one step.
        betas: pair of floats, momenta of the first and of the second moment.
        epsilon: float, added to the root of the second moment.

    Reference:
        Kingma, Ba: Adam: A Method for Stochastic Optimization, 2015, algorithm 1.
    """

    def __init__(self, learning_rate, betas=(0.9, 0.99), epsilon=1e-8):
        self.learning_rate, self.betas, self.epsilon = learning_rate, betas, epsilon
        self.first = self.second = 0.0
        self.count = 0

    def resize(self, height, width):
        """Carries the moments over to images of another size."""
        if self.count:
            self.first, self.second = (tf.image.resize(moment, (height, width)) for moment in (self.first, self.second))

    def step(self, image, evaluate, rate=1.0):
        _, gradient = evaluate(image)
        self.count += 1
        first_beta, second_beta = self.betas
        self.first = first_beta * self.first + (1 - first_beta) * gradient
        self.second = second_beta * self.second + (1 - second_beta) * gradient**2
        first = self.first / (1 - first_beta**self.count)
        second = self.second / (1 - second_beta**self.count)
        change = rate * self.learning_rate * first / (tf.sqrt(second) + self.epsilon)
        return tf.clip_by_value(image - change, 0, 1)


class LBFGS:
    """L-BFGS: the inverse curvature from the last few steps, and a step that is halved until the value falls.

    Args:
        first_change: float, largest change of a pixel in the first step, before the curvature is known.
        num_pairs: integer, steps that are remembered.

    Reference:
        Nocedal, Wright: Numerical Optimization, 2006, algorithms 7.4, 7.5 and 3.1. Differs from the book: pixels are
        clipped to [0, 1] after each step, and the pairs are taken of what was clipped.
    """

    def __init__(self, first_change, num_pairs=20):
        self.first_change, self.num_pairs = first_change, num_pairs
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
        direction = -self.multiply_by_inverse_curvature(self.gradient)
        if not self.pairs:
            direction *= rate * self.first_change / (tf.reduce_max(tf.abs(direction)) + 1e-20)
        for halvings in range(10):
            trial = tf.clip_by_value(image + 0.5**halvings * direction, 0, 1)
            value, gradient = evaluate(trial)
            step = trial - image
            if value <= self.value + 1e-4 * float(tf.reduce_sum(self.gradient * step)):
                break
        else:
            self.forget()  # and go straight downhill in the next step
            return image
        change = gradient - self.gradient
        product = tf.reduce_sum(step * change)
        if product > 1e-8 * tf.norm(step) * tf.norm(change):  # else the curvature is not positive, at whatever scale
            self.pairs = [*self.pairs, (step, change, 1 / product)][-self.num_pairs :]
        self.value, self.gradient = value, gradient
        return trial

    def multiply_by_inverse_curvature(self, vector):
        factors = []
        for step, change, inverse in reversed(self.pairs):
            factors.append(inverse * tf.reduce_sum(step * vector))
            vector = vector - factors[-1] * change
        if self.pairs:
            _, change, inverse = self.pairs[-1]
            vector = vector / (inverse * tf.reduce_sum(change**2))
        for (step, change, inverse), factor in zip(self.pairs, reversed(factors), strict=True):
            vector = vector + (factor - inverse * tf.reduce_sum(change * vector)) * step
        return vector

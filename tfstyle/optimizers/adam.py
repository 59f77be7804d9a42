"""Adam: its formula, for those who keep its moments themselves, and as a way downhill for the pixels of an image."""

import tensorflow as tf


def adam_change(gradient, moments, count, betas=(0.9, 0.99), epsilon=1e-8):
    """What Adam subtracts in one step, at a learning rate of 1.

    Args:
        gradient: float tensor.
        moments: pair of float tensors of its shape, the means of gradients and of their squares so far; 0 at first.
        count: integer or float tensor, how many steps this one makes, from 1.
        betas: pair of floats, momenta of the first and of the second moment.
        epsilon: float, added to the root of the second moment.

    Returns:
        Float tensor of the gradient's shape, about 1 where gradients agree, and the new pair of moments.

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
    """Adam, whose moments go along when the image is resized.

    Args:
        learning_rate: float, about the change of a pixel in one step.
        betas: pair of floats, momenta of the first and of the second moment.
        epsilon: float, added to the root of the second moment.

    Reference:
        Kingma, Ba: Adam: A Method for Stochastic Optimization, 2015, algorithm 1.
    """

    stuck = False

    def __init__(self, learning_rate, betas=(0.9, 0.99), epsilon=1e-8):
        self.learning_rate, self.betas, self.epsilon = learning_rate, betas, epsilon
        self.moments = 0.0, 0.0
        self.count = 0

    def resize(self, height, width):
        """Carries the moments over to images of another size."""
        if self.count:
            self.moments = tuple(tf.image.resize(moment, (height, width)) for moment in self.moments)

    def step(self, image, evaluate, rate=1.0):
        _, gradient = evaluate(image)
        self.count += 1
        change, self.moments = adam_change(gradient, self.moments, self.count, self.betas, self.epsilon)
        return tf.clip_by_value(image - rate * self.learning_rate * change, 0, 1)

"""Adam's formula, for those who keep its moments themselves."""

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

"""Losses with which a small network learns to see what a large one sees.

They compare feature maps of the teacher with a prediction of them, made from the student's maps by a 1x1 convolution.
They return one value an image; the mean over the batch is the trainer's.
"""

from keras import ops

from tfstyle.losses.perceptual import relative_squared_error
from tfstyle.statistics import channel_moments, gram_matrix


def standardized_squared_error(predictions, targets, means, deviations):
    """Mean over positions and channels of the squared error of the targets' standard scores.

    0 is a perfect match; 1 is what predicting each channel's mean reaches, so that 1 minus this is a share of explained
    variance.

    Args:
        predictions: float tensor of shape `(batch, height, width, channels)`, of `(targets - means) / deviations`.
        targets: float tensor of the same shape.
        means: float tensor of shape `(channels,)`, of the targets' channels over many images.
        deviations: float tensor of shape `(channels,)`, positive: their standard deviations.

    Returns:
        float32 tensor of shape `(batch,)`, at least 0.
    """
    scores = (ops.cast(targets, "float32") - means) / deviations
    return ops.mean(ops.square(ops.cast(predictions, "float32") - scores), axis=(1, 2, 3))


def gram_distillation_loss(predictions, targets):
    """Relative squared error of the Gram matrix: which channels go together?

    A style loss compares Gram matrices, and sums errors that a map's error averages away.

    Args:
        predictions: float tensor of shape `(batch, height, width, channels)`.
        targets: float tensor of the same shape.

    Returns:
        float32 tensor of shape `(batch,)`, at least 0.
    """
    return relative_squared_error(gram_matrix(predictions), gram_matrix(targets))


def moment_distillation_loss(predictions, targets):
    """Relative squared error of the channels' means and deviations.

    Predictions with the least squared error vary less than their targets; this asks for as much.

    Args:
        predictions: float tensor of shape `(batch, height, width, channels)`.
        targets: float tensor of the same shape.

    Returns:
        float32 tensor of shape `(batch,)`, at least 0.
    """
    predicted, wanted = (ops.concatenate(channel_moments(maps), axis=-1) for maps in (predictions, targets))
    return relative_squared_error(predicted, wanted)

"""Losses with which a small network learns to see what a large one sees.

They compare feature maps of the teacher with the student's, channel by channel. They return one value an image; the
mean over the batch is the trainer's.
"""

from keras import ops

from tfstyle.losses.perceptual import relative_squared_error
from tfstyle.statistics import channel_moments, gram_matrix


def standardized_squared_error(sums, targets, deviations):
    """Mean over positions and channels of the squared error after a ReLU, in units of the targets' deviations.

        mean (relu(sums) - targets / deviations)^2

    But where a target speaks and the sum is negative, the sum itself is compared: a ReLU would pass no gradient there,
    and a channel that is silent everywhere would stay so.

    0 is a perfect match; 1 is what predicting each channel's mean reaches, so that 1 minus this is a share of explained
    variance.

    Args:
        sums: float tensor of shape `(batch, height, width, channels)`, what goes into the ReLU.
        targets: float tensor of the same shape, not negative.
        deviations: float tensor of shape `(channels,)`, positive: deviations of the targets' channels over many images.

    Returns:
        float32 tensor of shape `(batch,)`, at least 0.
    """
    sums, targets = ops.cast(sums, "float32"), ops.cast(targets, "float32")
    features = ops.where(targets > 0, sums, ops.relu(sums))
    return ops.mean(ops.square(features - targets / deviations), axis=(1, 2, 3))


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


def peakedness_loss(features, limit=6.0):
    """Penalty for channels that are silent nearly everywhere and loud where they are not.

        mean over the channels of  max(0, log(E[f^2] / E[f]^2 / limit))^2

    A style loss compares products of channels. Scaled to a mean of 1, a channel that speaks on one position of a
    thousand has squares a thousand times as large as an even one, and drowns what all others say of color and texture.

    Args:
        features: float tensor of shape `(batch, height, width, channels)`, not negative, with squares of about 1.
        limit: float, the peakedness that costs nothing; channels of a SqueezeNet have 4 to 6 in the median.

    Returns:
        float32 scalar, at least 0: the expectations are taken over the whole batch.
    """
    features = ops.cast(features, "float32")
    mean, square = ops.mean(features, axis=(0, 1, 2)), ops.mean(ops.square(features), axis=(0, 1, 2))
    # The floor keeps the gradient of nearly silent channels from drowning everything else.
    peakedness = ops.log(square + 1e-2) - ops.log(ops.square(mean) + 1e-2)
    return ops.mean(ops.square(ops.relu(peakedness - ops.log(limit))))

"""Losses that distill the features of a teacher network into a student.

They compare the feature maps of teacher and student channel by channel and return one value per image; the trainer
averages over the batch.
"""

from keras import ops

from tfstyle.losses.perceptual import relative_squared_error
from tfstyle.statistics import channel_moments, gram_matrix
from tfstyle.tensors import Tensor


def standardized_squared_error(sums, targets, deviations) -> Tensor:
    """Mean squared error after a ReLU, in units of the targets' standard deviations.

        mean (relu(sums) - targets / deviations)^2

    The mean is over positions and channels. Where a target is positive and the pre-activation negative, the
    pre-activation itself is compared: a ReLU passes no gradient there, and a channel that is zero everywhere would stay
    zero.

    0 is a perfect match; 1 is the error of predicting each channel's mean, so 1 minus the loss is a share of explained
    variance.

    Args:
        sums: float tensor of shape `(batch, height, width, channels)`, pre-activations.
        targets: float tensor of the same shape, not negative.
        deviations: float tensor of shape `(channels,)`, positive: standard deviations of the targets over many images.

    Returns:
        float32 tensor of shape `(batch,)`, at least 0.
    """
    sums, targets = ops.cast(sums, "float32"), ops.cast(targets, "float32")
    features = ops.where(targets > 0, sums, ops.relu(sums))
    return ops.mean(ops.square(features - targets / deviations), axis=(1, 2, 3))


def gram_distillation_loss(predictions, targets) -> Tensor:
    """Relative squared error of the Gram matrix, which contains the correlations of the channels.

    A style loss compares Gram matrices, and is sensitive to errors that average out in the error of a feature map.

    Args:
        predictions: float tensor of shape `(batch, height, width, channels)`.
        targets: float tensor of the same shape.

    Returns:
        float32 tensor of shape `(batch,)`, at least 0.
    """
    return relative_squared_error(gram_matrix(predictions), gram_matrix(targets))


def moment_distillation_loss(predictions, targets) -> Tensor:
    """Relative squared error of the channels' means and standard deviations.

    Predictions with the least squared error vary less than their targets; this loss asks for the same variation.

    Args:
        predictions: float tensor of shape `(batch, height, width, channels)`.
        targets: float tensor of the same shape.

    Returns:
        float32 tensor of shape `(batch,)`, at least 0.
    """
    predicted, wanted = (ops.concatenate(channel_moments(maps), axis=-1) for maps in (predictions, targets))
    return relative_squared_error(predicted, wanted)


def peakedness_loss(features, limit=6.0) -> Tensor:
    """Penalty for channels that are almost zero at most positions and large at a few.

        mean over the channels of  max(0, log(E[f^2] / E[f]^2 / limit))^2

    A style loss compares products of channels. If channels are scaled to a mean of 1, one that responds at one position
    of a thousand has squares a thousand times as large as a uniform one, and dominates all channels for color and
    texture.

    Args:
        features: float tensor of shape `(batch, height, width, channels)`, not negative, with squares of about 1.
        limit: float, the largest peakedness without penalty; the median of SqueezeNet's channels is 4 to 6.

    Returns:
        float32 scalar, at least 0: the expectations are taken over the whole batch.
    """
    features = ops.cast(features, "float32")
    mean, square = ops.mean(features, axis=(0, 1, 2)), ops.mean(ops.square(features), axis=(0, 1, 2))
    # The floor keeps the gradient of nearly silent channels from drowning everything else.
    peakedness = ops.log(square + 1e-2) - ops.log(ops.square(mean) + 1e-2)
    return ops.mean(ops.square(ops.relu(peakedness - ops.log(limit))))

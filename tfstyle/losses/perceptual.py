"""Losses on the features of a perceptual network.

All losses are divided by the energy of their target, so the same loss weights work for any extractor, image size and
style: 0 is a perfect match, 1 is the distance of features that are all 0. They return one value per image; the trainer
averages over the batch.
"""

from collections.abc import Mapping, Sequence

from keras import ops

from tfstyle.statistics import channel_moments, gram_matrix
from tfstyle.tensors import Tensor


def _sum(tensor):
    """Sum over all axes but the batch, in float32."""
    return ops.sum(ops.cast(tensor, "float32"), axis=tuple(range(1, len(tensor.shape))))


def relative_squared_error(values, targets) -> Tensor:
    """Squared distance from the targets, divided by the squared length of the targets.

    Args:
        values: float tensor of shape `(batch, ...)`.
        targets: float tensor that broadcasts to the shape of `values`, with the same number of axes.

    Returns:
        float32 tensor of shape `(batch,)`, at least 0.
    """
    values, targets = ops.cast(values, "float32"), ops.cast(targets, "float32")
    # The smallest normal float32 squared is 0: a floor keeps silent targets (a black image) from dividing by zero.
    return _sum(ops.square(values - targets)) / ops.maximum(_sum(ops.square(targets)), 1e-8)


def content_loss(features, target_features) -> Tensor:
    """Relative squared error of feature maps: compares content at each position.

    Args:
        features: float tensor of shape `(batch, height, width, channels)`, of the stylized images.
        target_features: float tensor of the same shape, of the photographs.

    Returns:
        float32 tensor of shape `(batch,)`.

    Reference:
        Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, 2016, equation 1.
        Differs from the paper: divided by the energy of the target.
    """
    return relative_squared_error(features, target_features)


def feature_loss(features: Mapping, target_features: Mapping) -> Tensor:
    """Relative squared error of feature maps, averaged over the layers: the perceptual loss of image restoration.

    Args:
        features: layer name -> float tensor `(batch, height, width, channels)`, of the restored images.
        target_features: layer name -> float tensor of the same shape, of their targets; these layers are compared.

    Returns:
        float32 tensor of shape `(batch,)`.

    Reference:
        Johnson, Alahi, Fei-Fei: Perceptual Losses for Real-Time Style Transfer and Super-Resolution, 2016, equation 2.
        Differs from the paper: divided by the energy of the target, and several layers.
    """
    errors = [relative_squared_error(features[name], target) for name, target in target_features.items()]
    return sum(errors) / len(errors)


def check_layer_weights(layer_weights: Sequence[float], layer_names) -> tuple[float, ...]:
    """One weight for each layer: those given, or 1 for each if there are none.

    Raises:
        ValueError: if the number of weights is not that of the layers.
    """
    weights = tuple(layer_weights) or (1.0,) * len(layer_names)
    if len(weights) != len(layer_names):
        raise ValueError(
            f"`layer_weights` must have one weight for each of {', '.join(layer_names)}. Received: {weights}."
        )
    return weights


def mean_over_layers(errors: Mapping, layer_weights: Sequence[float]) -> Tensor:
    """Weighted mean of the errors of layers.

    Args:
        errors: layer name -> float tensor of shape `(batch,)`.
        layer_weights: as for `check_layer_weights`.
    """
    weights = check_layer_weights(layer_weights, errors)
    return sum(weight * error for weight, error in zip(weights, errors.values(), strict=True)) / sum(weights)


def gram_style_loss(features: Mapping, target_grams: Mapping, layer_weights: Sequence[float] = ()) -> Tensor:
    """Relative squared error of Gram matrices, averaged over the layers.

    Args:
        features: layer name -> float tensor `(batch, height, width, channels)`, of the stylized images.
        target_grams: layer name -> float tensor `(batch or 1, channels, channels)`, `gram_matrix` of the paintings;
            these layers are compared.
        layer_weights: floats, weights of the layers in the average, in the order of `target_grams`; equal by default.

    Returns:
        float32 tensor of shape `(batch,)`.

    Raises:
        ValueError: if the number of weights is not that of the layers.

    Reference:
        Gatys, Ecker, Bethge, 2016, equations 4 and 5. Differs from the paper: divided by the energy of the target.
    """
    errors = {
        name: relative_squared_error(gram_matrix(features[name]), target) for name, target in target_grams.items()
    }
    return mean_over_layers(errors, layer_weights)


def moment_style_loss(features: Mapping, target_moments: Mapping) -> Tensor:
    """Relative squared error of the channels' means and standard deviations, averaged over the layers.

    Args:
        features: layer name -> float tensor `(batch, height, width, channels)`, of the stylized images.
        target_moments: layer name -> pair of float tensors `(batch or 1, channels)`, `channel_moments` of paintings.

    Returns:
        float32 tensor of shape `(batch,)`.

    Reference:
        Huang, Belongie: Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, 2017, equation 13.
        Differs from the paper: divided by the energy of the target.
    """
    errors = [
        relative_squared_error(
            ops.concatenate(channel_moments(features[name]), axis=-1), ops.concatenate(target, axis=-1)
        )
        for name, target in target_moments.items()
    ]
    return sum(errors) / len(errors)


def total_variation_loss(images) -> Tensor:
    """Mean absolute difference of neighboring pixels.

    It is a mean, not a sum, so it does not grow with the size of the image.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`; both sides at least 2.

    Returns:
        float32 tensor of shape `(batch,)`, at least 0.
    """
    images = ops.cast(images, "float32")
    axes = (1, 2, 3)
    vertical = ops.mean(ops.abs(images[:, 1:] - images[:, :-1]), axis=axes)
    horizontal = ops.mean(ops.abs(images[:, :, 1:] - images[:, :, :-1]), axis=axes)
    return vertical + horizontal

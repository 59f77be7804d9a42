"""Style losses that match features position by position."""

from collections.abc import Mapping

from keras import ops

from tfstyle.tensors import Tensor


def _directions(features, center):
    """Features minus the center, normalized to length 1."""
    centered = ops.cast(features, "float32") - ops.cast(center, "float32")
    return centered * ops.rsqrt(ops.sum(ops.square(centered), axis=-1, keepdims=True) + 1e-6)


def relaxed_earth_movers_distance(features, target_features) -> Tensor:
    """Relaxed earth mover's distance between features of stylized images and paintings.

        D_ij = 1 - cos(f_i - m, t_j - m),    loss = max(mean_i min_j D_ij, mean_j min_i D_ij)

    The first mean is small if each feature of the image is close to a feature of the painting, the second if each
    feature of the painting is close to a feature of the image. m is the mean of the painting's features; without it,
    all angles are small.

    Args:
        features: float tensor of shape `(batch, num_positions, channels)`, of the stylized images.
        target_features: float tensor of shape `(batch, num_target_positions, channels)`, of the paintings.

    Returns:
        float32 tensor of shape `(batch,)`, in [0, 2].

    Reference:
        Kolkin, Salavon, Shakhnarovich: Style Transfer by Relaxed Optimal Transport and Self-Similarity, 2019,
        equations 4 and 6. Differs from the paper: features are centered at the mean of the painting's features.
    """
    center = ops.mean(target_features, axis=1, keepdims=True)
    ours, theirs = _directions(features, center), _directions(target_features, center)
    distances = 1.0 - ops.matmul(ours, ops.transpose(theirs, (0, 2, 1)))
    to_nearest = ops.mean(ops.min(distances, axis=2), axis=1)
    from_nearest = ops.mean(ops.min(distances, axis=1), axis=1)
    return ops.maximum(to_nearest, from_nearest)


def matching_style_loss(features: Mapping, target_features: Mapping) -> Tensor:
    """Relaxed earth mover's distance, averaged over the layers.

    Args:
        features: layer name -> float tensor `(batch, num_positions, channels)`, positions of the stylized images.
        target_features: layer name -> float tensor `(batch, num_target_positions, channels)`, of the paintings.

    Returns:
        float32 tensor of shape `(batch,)`.
    """
    distances = [relaxed_earth_movers_distance(features[name], target) for name, target in target_features.items()]
    return sum(distances) / len(distances)

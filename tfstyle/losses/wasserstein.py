"""A style loss that compares distributions of features."""

from collections.abc import Mapping, Sequence

from keras import ops

from tfstyle.losses.perceptual import mean_over_layers
from tfstyle.statistics import covariance, gram_matrix, symmetric_sqrt
from tfstyle.tensors import Tensor

# Share of the largest eigenvalue that is added to all: the square root's slope at 0 is infinite.
EIGENVALUE_FLOOR = 1e-6


def relative_wasserstein_distance(mean, covariances, target_mean, target_root) -> Tensor:
    """Squared Wasserstein-2 distance of two Gaussians, divided by the mean energy of the target.

        (|m - n|^2 + tr(C + D - 2 (D^1/2 C D^1/2)^1/2)) / (|n|^2 + tr D)

    It is the smallest mean squared distance by which one set of features can be transported to the other. 0 is a
    perfect match, 1 is the distance of features that are all 0, as in `tfstyle.losses.perceptual`. Near a match of many
    channels it can be a little below 0, by up to 0.03: eigenvalues have a floor, or gradients would have no bound.

    Args:
        mean: float32 tensor of shape `(batch, channels)`, m.
        covariances: float32 tensor of shape `(batch, channels, channels)`, C.
        target_mean: float32 tensor of shape `(batch or 1, channels)`, n.
        target_root: float32 tensor of shape `(batch or 1, channels, channels)`, the symmetric square root of D.

    Returns:
        float32 tensor of shape `(batch,)`.

    Reference:
        Olkin, Pukelsheim: The distance between two random vectors with given dispersion matrices, 1982.
    """
    product = ops.matmul(ops.matmul(target_root, covariances), target_root)
    # The eigenvalues of half the sum with the transpose are real whatever rounding did.
    eigenvalues, _ = ops.eigh((product + ops.transpose(product, (0, 2, 1))) / 2)
    floor = EIGENVALUE_FLOOR * ops.max(eigenvalues, axis=-1, keepdims=True)
    overlap = ops.sum(ops.sqrt(ops.maximum(eigenvalues, 0.0) + floor + 1e-20), axis=-1)
    energy = ops.sum(ops.square(target_mean), axis=-1)
    spread = ops.sum(ops.square(target_root), axis=(-2, -1))  # the trace of D
    shift = ops.sum(ops.square(mean - target_mean), axis=-1)
    distance = shift + ops.trace(covariances, axis1=-2, axis2=-1) + spread - 2 * overlap
    return distance / ops.maximum(energy + spread, 1e-8)


def wasserstein_target(features: Mapping) -> dict[str, tuple[Tensor, Tensor]]:
    """Statistics of paintings for `wasserstein_style_loss`.

    Args:
        features: layer name -> float tensor `(batch, height, width, channels)`.

    Returns:
        Dict of layer name -> mean `(batch, channels)` and square root of the covariance `(batch, channels, channels)`.
    """
    targets = {}
    for name, values in features.items():
        mean, covariances = _mean_and_covariance(values)
        targets[name] = mean, symmetric_sqrt(covariances)
    return targets


def _mean_and_covariance(features) -> tuple[Tensor, Tensor]:
    features = ops.cast(features, "float32")  # the covariance is a small difference of large sums
    mean = ops.mean(features, axis=(1, 2))
    return mean, covariance(mean, gram_matrix(features))


def wasserstein_style_loss(features: Mapping, targets: Mapping, layer_weights: Sequence[float] = ()) -> Tensor:
    """Relative Wasserstein-2 distance of the features under a Gaussian assumption, averaged over the layers.

    Args:
        features: layer name -> float tensor `(batch, height, width, channels)`, of the stylized images.
        targets: `wasserstein_target` of the paintings; these layers are compared.
        layer_weights: floats, weights of the layers in the average, in the order of `targets`; equal by default.

    Returns:
        float32 tensor of shape `(batch,)`.

    Raises:
        ValueError: if the number of weights is not that of the layers.
    """
    errors = {
        name: relative_wasserstein_distance(*_mean_and_covariance(features[name]), *target)
        for name, target in targets.items()
    }
    return mean_over_layers(errors, layer_weights)

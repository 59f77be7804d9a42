"""Statistics of feature maps, as compared by style losses."""

import numpy as np
from keras import ops

from tfstyle.tensors import Tensor


def gram_matrix(features) -> Tensor:
    """Products of all pairs of channels, averaged over the positions.

    Args:
        features: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        float32 tensor of shape `(batch, channels, channels)`: the Gram matrix divided by `height * width`. float16
        features are multiplied in float32, since their products exceed the range of float16.

    Reference:
        Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, 2016, equation 3.
    """
    shape = ops.shape(features)
    num_positions = shape[1] * shape[2]
    if features.dtype == "float16":
        features = ops.cast(features, "float32")
    flat = ops.reshape(features, (-1, num_positions, shape[3]))
    gram = ops.matmul(ops.transpose(flat, (0, 2, 1)), flat)
    return ops.cast(gram, "float32") / ops.cast(num_positions, "float32")


def channel_moments(features, epsilon=1e-5) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel over the positions.

    Args:
        features: float tensor of shape `(batch, height, width, channels)`.
        epsilon: float, added to the variance, because the square root is not differentiable at zero.

    Returns:
        Two float32 tensors of shape `(batch, channels)`: mean, standard deviation.
    """
    mean, variance = ops.moments(ops.cast(features, "float32"), axes=(1, 2))
    return mean, ops.sqrt(variance + epsilon)


def region_statistics(features, weights) -> tuple[Tensor, Tensor]:
    """Weighted means and Gram matrices of the channels over several regions of one image.

    Args:
        features: float tensor of shape `(1, height, width, channels)`.
        weights: float32 tensor of shape `(num_regions, height, width)`: the weight of each position in the mean. With
            weights of `1 / (height * width)` the second result is `gram_matrix`. Both results are sums: those of the
            tiles of an image can be added if the weights sum to 1 over all tiles.

    Returns:
        Two float32 tensors: means, `(num_regions, channels)`, and Gram matrices, `(num_regions, channels, channels)`.

    Reference:
        Gatys et al.: Controlling Perceptual Factors in Neural Style Transfer, 2017, section 4 (guided Gram matrices).
        Differs from the paper: the products are weighted with the mask, not with its square, so soft masks that sum to
        1 divide each position among them.
    """
    num_regions, channels = ops.shape(weights)[0], ops.shape(features)[-1]
    # float32, because the covariance is a small difference of large sums.
    flat = ops.reshape(ops.cast(features, "float32"), (1, -1, channels))
    weighted = flat * ops.reshape(weights, (num_regions, -1, 1))
    return ops.sum(weighted, axis=1), ops.matmul(ops.transpose(weighted, (0, 2, 1)), flat)


def covariance(mean, second_moments) -> Tensor:
    """Covariance of the channels, from their means and Gram matrix.

    Args:
        mean: float tensor of shape `(batch, channels)`.
        second_moments: float tensor of shape `(batch, channels, channels)`, a Gram matrix divided by the positions.

    Returns:
        Tensor of the shape and dtype of `second_moments`.
    """
    return second_moments - mean[:, :, None] * mean[:, None, :]


def symmetric_sqrt(matrices) -> Tensor:
    """Symmetric square root of symmetric matrices, for losses: `root @ root` is the matrix.

    Args:
        matrices: float tensor of shape `(batch, dim, dim)`, symmetric and positive semi-definite; slightly negative
            eigenvalues, due to rounding, count as 0.

    Returns:
        Tensor of the same shape and dtype. It has no useful gradient where eigenvalues coincide.
    """
    eigenvalues, eigenvectors = ops.eigh(matrices)
    roots = ops.sqrt(ops.maximum(eigenvalues, 0.0))
    return ops.matmul(eigenvectors * roots[:, None, :], ops.transpose(eigenvectors, (0, 2, 1)))


def symmetric_power(matrix: np.ndarray, exponent: float, least: float = 0.0) -> np.ndarray:
    """Power of a symmetric matrix in float64, for metrics: the exponent 0.5 gives the square root of a covariance.

    Args:
        matrix: float array of shape `(dim, dim)`, symmetric and positive semi-definite; slightly negative eigenvalues,
            due to rounding, count as 0.
        exponent: float.
        least: float, at least 0. In directions with an eigenvalue of at most `least`, the power is 0.

    Returns:
        float64 array of shape `(dim, dim)`, symmetric.
    """
    eigenvalues, eigenvectors = np.linalg.eigh(np.asarray(matrix, np.float64))
    counts = eigenvalues > least
    powers = np.where(counts, eigenvalues, 1.0) ** exponent * counts
    return (eigenvectors * powers) @ eigenvectors.T


def linear_discriminants(pairs, num_directions, penalty=0.01) -> np.ndarray:
    """Linear discriminants: directions with the smallest ratio of within-class to total variance.

    Args:
        pairs: float array of shape `(num_pairs, 2, dim)`, centered: two samples of one class in each pair.
        num_directions: integer, at most `dim`.
        penalty: float, added to the within-class variance of all directions, relative to its mean. It regularizes
            directions that few pairs provide evidence for.

    Returns:
        float32 array of shape `(dim, num_directions)`, most discriminative first. The within-class covariance of
        samples times this matrix is about the identity, and not larger.

    Raises:
        ValueError: if there are fewer samples than directions.

    Reference:
        Fisher: The use of multiple measurements in taxonomic problems, 1936; Friedman: Regularized discriminant
        analysis, 1989.
    """
    pairs = np.asarray(pairs, np.float64)
    samples = pairs.reshape(-1, pairs.shape[-1])
    if len(samples) < num_directions:
        raise ValueError(
            f"{num_directions} directions need {-(-num_directions // 2)} pairs at least. Received: {len(pairs)}."
        )
    _, _, basis = np.linalg.svd(samples, full_matrices=False)  # outside of it nothing differs
    differences = (pairs[:, 0] - pairs[:, 1]) @ basis.T / np.sqrt(2)  # each of the two varies
    within = differences.T @ differences / len(differences)
    within[np.diag_indices_from(within)] += max(penalty * np.trace(within) / pairs.shape[-1], 1e-12)
    whiten = np.linalg.inv(np.linalg.cholesky(within))
    samples = samples @ basis.T
    _, directions = np.linalg.eigh(whiten @ (samples.T @ samples / len(samples)) @ whiten.T)
    return (basis.T @ whiten.T @ directions[:, ::-1][:, :num_directions]).astype(np.float32)

"""Fréchet distance of two sets of features."""

import numpy as np

from tfstyle.statistics import symmetric_power


class FeatureStatistics:
    """Mean and covariance of features, accumulated over batches.

    Only sums are stored, in float64 and relative to the current mean, so sets can have any size and no digits cancel.

    Args:
        dim: integer, length of a feature vector.

    Attributes:
        num_samples: integer.
        mean: float64 array of shape `(dim,)`.

    Example:
        >>> statistics = FeatureStatistics(2)
        >>> statistics.update(np.array([[0.0, 1.0], [2.0, 1.0]]))
        >>> statistics.mean, statistics.covariance
        (array([1., 1.]), array([[2., 0.],
               [0., 0.]]))
    """

    def __init__(self, dim):
        self.num_samples = 0
        self.mean = np.zeros(dim)
        self._scatter = np.zeros((dim, dim))  # sum of the products of deviations from the mean

    def update(self, features) -> None:
        """Adds the features of a batch.

        Args:
            features: float array of shape `(batch, dim)`.

        Raises:
            ValueError: if the shape differs or a value is not finite.
        """
        features = check_features(features, "features", len(self.mean))
        other = FeatureStatistics(len(self.mean))
        other.num_samples = len(features)
        other.mean = features.mean(axis=0)
        deviations = features - other.mean
        other._scatter = deviations.T @ deviations
        self.merge(other)

    def merge(self, other) -> None:
        """Adds the statistics of another set, such as those of another worker.

        Reference:
            Chan, Golub, LeVeque: Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979.
        """
        total = self.num_samples + other.num_samples
        difference = other.mean - self.mean
        self._scatter += other._scatter
        self._scatter += np.outer(difference, difference) * (self.num_samples * other.num_samples / total)
        self.mean = self.mean + difference * (other.num_samples / total)
        self.num_samples = total

    @property
    def covariance(self) -> np.ndarray:
        """float64 array of shape `(dim, dim)`: the unbiased estimate, divided by `num_samples - 1`."""
        if self.num_samples < 2:
            raise ValueError(f"A covariance needs at least 2 samples. Received: num_samples={self.num_samples}.")
        return self._scatter / (self.num_samples - 1)


def frechet_distance(real, fake) -> float:
    """Fréchet distance of the Gaussians fitted to two sets of features.

        |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))

    It is called FID only if the features are those of the 2015 Inception network. It decreases with the number of
    samples: only compare values for the same number.

    Args:
        real: float array of shape `(num_real, dim)`, or `FeatureStatistics`.
        fake: float array of shape `(num_fake, dim)`, or `FeatureStatistics`.

    Returns:
        Float, at least 0.

    Raises:
        ValueError: if shapes do not match, there are fewer than 2 samples, or a value is not finite.

    Reference:
        Heusel et al.: GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium, 2017, eq. 6.
    """
    real, fake = _as_statistics(real), _as_statistics(fake)
    if real.mean.shape != fake.mean.shape:
        raise ValueError(
            f"Both sets must have features of one length. Received: {len(real.mean)} and {len(fake.mean)}."
        )
    return gaussian_frechet_distance(real.mean, real.covariance, fake.mean, fake.covariance)


def gaussian_frechet_distance(mean1, covariance1, mean2, covariance2) -> float:
    """Fréchet distance (2-Wasserstein distance, squared) of two Gaussians.

    Args:
        mean1: float array of shape `(dim,)`.
        covariance1: float array of shape `(dim, dim)`, symmetric and positive semi-definite.
        mean2: float array of shape `(dim,)`.
        covariance2: float array of shape `(dim, dim)`.

    Returns:
        Float, at least 0.

    Reference:
        Dowson, Landau: The Fréchet Distance between Multivariate Normal Distributions, 1982.
    """
    # The trace of (C1 C2)^(1/2) is the sum of the singular values of C1^(1/2) C2^(1/2). Both roots are symmetric and
    # real, so that nothing can become complex, also where there are fewer samples than dimensions.
    product = symmetric_power(covariance1, 0.5) @ symmetric_power(covariance2, 0.5)
    cross = np.linalg.svd(product, compute_uv=False).sum()
    difference = np.asarray(mean1, np.float64) - np.asarray(mean2, np.float64)
    distance = difference @ difference + np.trace(covariance1) + np.trace(covariance2) - 2.0 * cross
    return max(float(distance), 0.0)  # rounding can leave equal sets a hair below 0


def check_features(features, name, dim=None) -> np.ndarray:
    """Converts features to a float64 array, or raises a ValueError."""
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or not len(features) or (dim is not None and features.shape[1] != dim):
        expected = f"(batch, {'dim' if dim is None else dim})"
        raise ValueError(f"`{name}` must have the shape {expected}, not empty. Received: shape={features.shape}.")
    if not np.isfinite(features).all():
        raise ValueError(
            f"`{name}` holds {np.count_nonzero(~np.isfinite(features))} values that are not finite numbers: the images "
            "or the extractor are broken."
        )
    return features


def check_sets(real_features, fake_features) -> tuple[np.ndarray, np.ndarray]:
    """Converts two sets of features to float64 arrays with the same length of vectors."""
    real = check_features(real_features, "real_features")
    return real, check_features(fake_features, "fake_features", real.shape[1])


def _as_statistics(features):
    if isinstance(features, FeatureStatistics):
        return features
    features = check_features(features, "features")
    statistics = FeatureStatistics(features.shape[1])
    statistics.update(features)
    return statistics

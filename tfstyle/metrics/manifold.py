"""Fidelity and diversity as separate metrics, by nearest neighbors of features."""

from typing import NamedTuple

import numpy as np

from tfstyle.metrics.frechet_distance import check_sets

# Rows of the distance matrix in memory at a time: 1024 x 50,000 float64 values take 400 MB.
CHUNK = 1024


class PrecisionAndRecall(NamedTuple):
    """Share of generated images on the manifold of the real ones, and share of real images on that of the generated."""

    precision: float
    recall: float


class DensityAndCoverage(NamedTuple):
    """Density of generated images around real ones, and share of real images with a generated one in their ball."""

    density: float
    coverage: float


def _squared_distances(first, second):
    """Chunks of the matrix of squared distances: yields `(slice of first, float64 array (chunk, len(second)))`."""
    second_norms = np.sum(np.square(second), axis=1)
    for start in range(0, len(first), CHUNK):
        rows = slice(start, start + CHUNK)
        chunk = first[rows]
        distances = np.sum(np.square(chunk), axis=1)[:, None] + second_norms - 2.0 * chunk @ second.T
        yield rows, np.maximum(distances, 0.0)  # rounding can leave equal vectors a hair below 0


def _squared_radii(features, num_neighbors):
    """Squared distance of each vector to its k-th nearest neighbor in the same set, excluding itself."""
    if not 1 <= num_neighbors < len(features):
        raise ValueError(
            f"`num_neighbors` must be at least 1 and less than the number of samples. "
            f"Received: num_neighbors={num_neighbors}, with {len(features)} samples."
        )
    radii = np.empty(len(features))
    for rows, distances in _squared_distances(features, features):
        numbers = np.arange(len(features))[rows]
        distances[np.arange(len(numbers)), numbers] = -1.0  # itself comes first
        radii[rows] = np.partition(distances, num_neighbors, axis=1)[:, num_neighbors]
    return radii


def nearest_neighbors(features, candidates) -> tuple[np.ndarray, np.ndarray]:
    """Finds the nearest candidate of each vector, for example to detect copies of training images.

    Args:
        features: float array of shape `(num_features, dim)`.
        candidates: float array of shape `(num_candidates, dim)`.

    Returns:
        int array of shape `(num_features,)`, indices into `candidates`, and float64 array of their distances.
    """
    features, candidates = check_sets(features, candidates)
    indices, distances = np.empty(len(features), int), np.empty(len(features))
    for rows, squared in _squared_distances(features, candidates):
        indices[rows] = squared.argmin(axis=1)
        distances[rows] = np.sqrt(squared.min(axis=1))
    return indices, distances


def precision_and_recall(real_features, fake_features, num_neighbors=3) -> PrecisionAndRecall:
    """Precision measures whether generated images are realistic, recall whether they cover all kinds of real images.

    The manifold of a set is the union of balls around its samples. The radius of a ball is the distance to the k-th
    nearest neighbor in the set.

    Args:
        real_features: float array of shape `(num_real, dim)`.
        fake_features: float array of shape `(num_fake, dim)`; use as many as real features for a fair recall.
        num_neighbors: integer, k.

    Returns:
        `PrecisionAndRecall`, each in [0, 1]: the share of generated images on the manifold of the real images, and
        the share of real images on the manifold of the generated images.

    Raises:
        ValueError: if the shapes do not match, there are too few samples, or a value is not finite.

    Reference:
        Kynkäänniemi et al.: Improved Precision and Recall Metric for Assessing Generative Models, 2019, equation 1.
    """
    real, fake = check_sets(real_features, fake_features)
    return PrecisionAndRecall(
        _share_on_manifold(fake, real, num_neighbors), _share_on_manifold(real, fake, num_neighbors)
    )


def _share_on_manifold(features, manifold, num_neighbors):
    radii = _squared_radii(manifold, num_neighbors)
    inside = sum(np.any(distances <= radii, axis=1).sum() for _, distances in _squared_distances(features, manifold))
    return float(inside / len(features))


def density_and_coverage(real_features, fake_features, num_neighbors=5) -> DensityAndCoverage:
    """Variants of precision and recall that are robust to outliers: only balls around real images count.

    Args:
        real_features: float array of shape `(num_real, dim)`.
        fake_features: float array of shape `(num_fake, dim)`.
        num_neighbors: integer, k.

    Returns:
        `DensityAndCoverage`. Density: the mean number of balls of real images that contain a generated image, divided
        by k; about 1 for equal distributions, but it can exceed 1. Coverage: the share of real images with a generated
        image in their ball.

    Raises:
        ValueError: as `precision_and_recall`.

    Reference:
        Naeem et al.: Reliable Fidelity and Diversity Metrics for Generative Models, 2020, equations 4 and 5.
    """
    real, fake = check_sets(real_features, fake_features)
    radii = _squared_radii(real, num_neighbors)
    num_inside, covered = 0, np.zeros(len(real), bool)
    for _, distances in _squared_distances(fake, real):
        inside = distances <= radii
        num_inside += int(inside.sum())
        covered |= inside.any(axis=0)
    return DensityAndCoverage(num_inside / (num_neighbors * len(fake)), float(covered.mean()))

import numpy as np
import pytest

from tfstyle.metrics.frechet_distance import (
    FeatureStatistics,
    frechet_distance,
    gaussian_frechet_distance,
)

RANDOM = np.random.default_rng(0)


def random_covariance(dim, rank=None):
    factors = RANDOM.normal(size=(dim, rank or dim))
    return factors @ factors.T


def test_gaussians_that_share_their_axes():
    """Diagonal covariances: the distance is that of the means and of the deviations."""
    mean1, mean2 = np.array([1.0, -2.0, 0.5]), np.array([0.0, 1.0, 0.5])
    deviation1, deviation2 = np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.5, 3.0])
    distance = gaussian_frechet_distance(mean1, np.diag(deviation1**2), mean2, np.diag(deviation2**2))
    np.testing.assert_allclose(distance, (1 + 9 + 0) + (1 + 1.5**2 + 0), rtol=1e-12)


def test_two_dimensions_in_closed_form():
    """In two dimensions tr sqrt(A) = sqrt(tr A + 2 sqrt(det A))."""
    first, second = random_covariance(2), random_covariance(2)
    product = first @ second
    trace = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    expected = np.trace(first) + np.trace(second) - 2 * trace
    np.testing.assert_allclose(gaussian_frechet_distance([0, 0], first, [0, 0], second), expected, rtol=1e-9)


def test_against_the_eigenvalues_of_the_product():
    """An independent way: the eigenvalues of C1 C2 are real, and their roots have the trace."""
    first, second = random_covariance(20), random_covariance(20)
    mean1, mean2 = RANDOM.normal(size=(2, 20))
    roots = np.sqrt(np.linalg.eigvals(first @ second).astype(complex))
    expected = np.sum((mean1 - mean2) ** 2) + np.trace(first) + np.trace(second) - 2 * roots.sum().real
    np.testing.assert_allclose(gaussian_frechet_distance(mean1, first, mean2, second), expected, rtol=1e-8)


def test_it_is_a_distance():
    first, second = random_covariance(6), random_covariance(6)
    zero = np.zeros(6)
    there = gaussian_frechet_distance(zero, first, zero, second)
    np.testing.assert_allclose(there, gaussian_frechet_distance(zero, second, zero, first), rtol=1e-9)
    np.testing.assert_allclose(gaussian_frechet_distance(zero, first, zero, first), 0.0, atol=1e-9)
    rotation, _ = np.linalg.qr(RANDOM.normal(size=(6, 6)))
    turned = gaussian_frechet_distance(zero, rotation @ first @ rotation.T, zero, rotation @ second @ rotation.T)
    np.testing.assert_allclose(turned, there, rtol=1e-9)


def test_fewer_samples_than_dimensions_stay_real_and_exact():
    """Two sets in two lines at right angles: singular covariances whose product is zero."""
    real, fake = np.zeros((4, 50)), np.zeros((4, 50))
    real[:, 0], fake[:, 1] = [-3, -1, 1, 3], [-2, -2, 2, 2]
    expected = 20 / 3 + 16 / 3
    np.testing.assert_allclose(frechet_distance(real, fake), expected, rtol=1e-9)
    few = RANDOM.normal(size=(5, 200))
    distance = frechet_distance(few, few)
    assert isinstance(distance, float)
    np.testing.assert_allclose(distance, 0.0, atol=1e-6)


def test_samples_of_known_gaussians():
    real = RANDOM.normal(0.0, 1.0, (40_000, 3))
    fake = RANDOM.normal(1.0, 2.0, (40_000, 3))
    np.testing.assert_allclose(frechet_distance(real, fake), 3 * (1 + 1), rtol=0.02)


def test_streaming_is_the_whole_at_once():
    features = RANDOM.normal(1e6, 1.0, (1000, 4)).astype("float32")  # far from 0: sums of squares would cancel
    statistics = FeatureStatistics(4)
    for start in range(0, 1000, 37):
        statistics.update(features[start : start + 37])
    other = FeatureStatistics(4)
    other.update(features[:1])
    other.update(features[1:])
    expected = np.cov(features.astype("float64"), rowvar=False)
    for gathered in (statistics, other):
        assert gathered.num_samples == 1000
        np.testing.assert_allclose(gathered.mean, features.astype("float64").mean(0), rtol=1e-12)
        np.testing.assert_allclose(gathered.covariance, expected, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(frechet_distance(statistics, features), 0.0, atol=1e-6)


def test_merging_two_workers():
    features = RANDOM.normal(size=(50, 3))
    first, second = FeatureStatistics(3), FeatureStatistics(3)
    first.update(features[:10])
    second.update(features[10:])
    first.merge(second)
    np.testing.assert_allclose(first.covariance, np.cov(features, rowvar=False), rtol=1e-10)


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="not finite"):
        frechet_distance(np.full((3, 2), np.nan), np.ones((3, 2)))
    with pytest.raises(ValueError, match="2 and 3"):
        frechet_distance(np.ones((3, 2)), np.ones((3, 3)))
    with pytest.raises(ValueError, match="num_samples=1"):
        frechet_distance(np.ones((1, 2)), np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"shape=\(2, 2, 2\)"):
        frechet_distance(np.ones((2, 2, 2)), np.ones((3, 2)))

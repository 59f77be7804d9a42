import numpy as np
import pytest

from tfstyle.metrics import manifold
from tfstyle.metrics.manifold import density_and_coverage, nearest_neighbors, precision_and_recall

RANDOM = np.random.default_rng(0)


def distance(x, y):
    return np.sqrt(np.sum((x - y) ** 2))


def radius(features, index, k):
    return sorted(distance(features[index], other) for j, other in enumerate(features) if j != index)[k - 1]


def by_loops(real, fake, k):
    """Precision, recall, density, coverage from their definitions."""

    def share(points, others):
        radii = [radius(others, i, k) for i in range(len(others))]
        inside = [any(distance(x, y) <= r for y, r in zip(others, radii, strict=True)) for x in points]
        return np.mean(inside)

    radii = [radius(real, i, k) for i in range(len(real))]
    in_ball = np.array([[distance(x, y) <= r for y, r in zip(real, radii, strict=True)] for x in fake])
    return share(fake, real), share(real, fake), in_ball.sum() / (k * len(fake)), in_ball.any(axis=0).mean()


@pytest.mark.parametrize("chunk", [7, 1024])
@pytest.mark.parametrize("k", [1, 3])
def test_against_loops(k, chunk, monkeypatch):
    monkeypatch.setattr(manifold, "CHUNK", chunk)
    real, fake = RANDOM.normal(size=(23, 2)), RANDOM.normal(0.7, 0.6, size=(17, 2))
    measured = (*precision_and_recall(real, fake, k), *density_and_coverage(real, fake, k))
    np.testing.assert_allclose(measured, by_loops(real, fake, k))
    assert min(measured) > 0 and min(measured[:2]) < 1


def test_worked_by_hand():
    """Real at 0, 1, 2, 10 with radii 1, 1, 1, 8 for k = 1. Fake at 0.5 and 30."""
    real, fake = np.array([[0.0], [1.0], [2.0], [10.0]]), np.array([[0.5], [30.0]])
    # 0.5 lies in the balls of 0 and 1; 30 in none. The fakes' radius is 29.5: every real one lies within.
    assert precision_and_recall(real, fake, 1) == (0.5, 1.0)
    assert density_and_coverage(real, fake, 1) == (2 / 2, 2 / 4)


def test_what_they_tell_apart():
    real = RANDOM.normal(size=(400, 3))
    same = RANDOM.normal(size=(400, 3))
    narrow = 0.05 * RANDOM.normal(size=(400, 3))
    precision, recall = precision_and_recall(real, same)
    assert precision > 0.8 and recall > 0.8
    density, coverage = density_and_coverage(real, same)
    assert 0.85 < density < 1.15 and coverage > 0.9
    precision, recall = precision_and_recall(real, narrow)
    assert precision > 0.95 and recall < 0.1  # realistic, and all alike
    assert density_and_coverage(real, narrow).coverage < 0.3
    assert precision_and_recall(real, same + 20.0) == (0.0, 0.0)


def test_copies_of_one_image_have_no_diversity():
    real = RANDOM.normal(size=(50, 2))
    copies = np.repeat(real[:1], 50, axis=0)
    assert precision_and_recall(real, copies).recall <= 0.1


def test_nearest_neighbors():
    candidates = RANDOM.normal(size=(30, 4))
    features = candidates[[4, 17]] + 1e-3
    indices, distances = nearest_neighbors(features, candidates)
    assert indices.tolist() == [4, 17]
    np.testing.assert_allclose(distances, 2e-3, rtol=1e-3)


def test_errors():
    with pytest.raises(ValueError, match="num_neighbors=5, with 4 samples"):
        density_and_coverage(np.ones((4, 2)), np.ones((9, 2)))

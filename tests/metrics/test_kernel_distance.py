import itertools

import numpy as np
import pytest

from tfstyle.metrics.kernel_distance import kernel_distance, squared_mmd

RANDOM = np.random.default_rng(0)


def kernel(x, y):
    return (sum(a * b for a, b in zip(x, y, strict=True)) / len(x) + 1) ** 3


def test_against_loops():
    real, fake = RANDOM.normal(size=(6, 3)), RANDOM.normal(0.5, 1.0, size=(5, 3))
    within = [
        np.mean([kernel(x, y) for (i, x), (j, y) in itertools.product(enumerate(a), enumerate(a)) if i != j])
        for a in (real, fake)
    ]
    between = np.mean([kernel(x, y) for x, y in itertools.product(real, fake)])
    np.testing.assert_allclose(squared_mmd(real, fake), sum(within) - 2 * between, rtol=1e-10)


def test_worked_by_hand():
    """One dimension: kernels (xy + 1)^3. Real 0, 0: all 1. Fake 1, 1: within 8, between 1."""
    np.testing.assert_allclose(squared_mmd(np.zeros((2, 1)), np.ones((2, 1))), 1 + 8 - 2 * 1)


def test_known_gaussians_without_bias():
    """With x ~ N(0, 1), y ~ N(m, 1): E k(x, x') = 1 + 3 = 4, E k(y, y') and E k(x, y) by the moments."""
    m = 0.5
    # E (uv + 1)^3 = E u^3 E v^3 + 3 E u^2 E v^2 + 3 E u E v + 1
    first, second, third = m, m**2 + 1, m**3 + 3 * m
    expected = 4 + (third**2 + 3 * second**2 + 3 * first**2 + 1) - 2 * (0 + 3 * second + 0 + 1)
    estimates = [squared_mmd(RANDOM.normal(size=(20, 1)), RANDOM.normal(m, 1.0, size=(20, 1))) for _ in range(4000)]
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - expected) < 4 * error
    same = [squared_mmd(*RANDOM.normal(size=(2, 20, 1))) for _ in range(4000)]
    assert abs(np.mean(same)) < 4 * np.std(same) / np.sqrt(len(same))
    assert min(same) < 0  # unbiased: equal sets may fall below 0


def test_subsets_have_a_mean_and_a_spread():
    real, fake = RANDOM.normal(size=(300, 4)), RANDOM.normal(0.3, 1.0, size=(200, 4))
    whole = squared_mmd(real, fake)
    mean, spread = kernel_distance(real, fake, num_subsets=200, subset_size=50)
    assert abs(mean - whole) < 4 * spread / np.sqrt(200) + 0.02
    assert spread > 0
    assert kernel_distance(real, fake, 20, 50) == kernel_distance(real, fake, 20, 50)
    assert kernel_distance(real, fake, 20, 50, seed=1) != kernel_distance(real, fake, 20, 50)
    # Subsets as large as the sets are the sets.
    np.testing.assert_allclose(kernel_distance(real[:200], fake, 3).mean, squared_mmd(real[:200], fake), rtol=1e-9)


def test_errors():
    with pytest.raises(ValueError, match="1 and 3"):
        squared_mmd(np.ones((1, 2)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="num_subsets=0"):
        kernel_distance(np.ones((3, 2)), np.ones((3, 2)), num_subsets=0)

import numpy as np
import pytest

from tfstyle.metrics.inception_score import ClassStatistics, inception_score


def test_the_ends_of_the_scale():
    np.testing.assert_allclose(inception_score(np.eye(10)), 10.0)  # sure, and all classes alike
    np.testing.assert_allclose(inception_score(np.eye(10)[[3] * 5]), 1.0)  # sure, but all the same
    np.testing.assert_allclose(inception_score(np.full((5, 10), 0.1)), 1.0)  # unsure


def test_worked_by_hand():
    """Rows (1, 0) and (1/2, 1/2): marginal (3/4, 1/4)."""
    divergences = [np.log(4 / 3), 0.5 * np.log(2 / 3) + 0.5 * np.log(2)]
    np.testing.assert_allclose(inception_score([[1.0, 0.0], [0.5, 0.5]]), np.exp(np.mean(divergences)))


def test_against_the_definition_in_batches():
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(7), size=100)
    marginal = probabilities.mean(axis=0)
    expected = np.exp(np.mean(np.sum(probabilities * np.log(probabilities / marginal), axis=1)))
    statistics = ClassStatistics(7)
    for start in range(0, 100, 33):
        statistics.update(probabilities[start : start + 33])
    np.testing.assert_allclose(statistics.score, expected, rtol=1e-10)
    np.testing.assert_allclose(statistics.class_shares, marginal)
    assert statistics.num_samples == 100


def test_logits_are_refused():
    with pytest.raises(ValueError, match="softmax"):
        inception_score([[3.0, -1.0], [0.5, 0.5]])
    with pytest.raises(ValueError, match="softmax"):
        inception_score([[0.9, 0.9]])

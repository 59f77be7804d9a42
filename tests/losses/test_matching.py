import numpy as np
import pytest

from tfstyle.losses.matching import matching_style_loss, relaxed_earth_movers_distance


def by_hand(features, targets):
    center = targets.mean(axis=0)
    ours, theirs = features - center, targets - center
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    distances = 1 - ours @ theirs.T
    return max(distances.min(axis=1).mean(), distances.min(axis=0).mean())


def test_against_numpy():
    random = np.random.default_rng(0)
    features, targets = random.normal(size=(2, 7, 5)), random.normal(size=(2, 9, 5))
    expected = [by_hand(*pair) for pair in zip(features, targets, strict=True)]
    np.testing.assert_allclose(relaxed_earth_movers_distance(features, targets), expected, rtol=1e-4)


def test_zero_for_the_same_features_in_another_order():
    targets = np.random.default_rng(0).normal(size=(1, 9, 5))
    np.testing.assert_allclose(relaxed_earth_movers_distance(targets[:, ::-1], targets), 0, atol=1e-5)


def test_what_shows_one_mark_everywhere_lacks_the_others():
    targets = np.random.default_rng(0).normal(size=(1, 9, 5))
    one_mark = np.repeat(targets[:, :1], 9, axis=1)
    assert float(relaxed_earth_movers_distance(one_mark, targets)[0]) > 0.5


def test_mean_over_layers():
    random = np.random.default_rng(0)
    features = {name: random.normal(size=(1, 6, 4)) for name in "ab"}
    targets = {name: random.normal(size=(1, 8, 4)) for name in "ab"}
    expected = np.mean([by_hand(features[name][0], targets[name][0]) for name in "ab"])
    assert float(matching_style_loss(features, targets)[0]) == pytest.approx(expected, rel=1e-4)

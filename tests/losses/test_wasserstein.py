import numpy as np
import pytest
import tensorflow as tf

from tfstyle.losses.wasserstein import (
    relative_wasserstein_distance,
    wasserstein_style_loss,
    wasserstein_target,
)

RANDOM = np.random.default_rng(0)
SHAPES = {"shallow": (3, 8, 6, 4), "deep": (3, 4, 5, 3)}
FEATURES = {name: RANDOM.random(shape).astype("float32") for name, shape in SHAPES.items()}
TARGETS = {name: (0.5 + RANDOM.random(shape)).astype("float32") for name, shape in SHAPES.items()}


def general_sqrt(matrix):
    """Of a product of two covariances: not symmetric, eigenvalues real and not negative."""
    eigenvalues, eigenvectors = np.linalg.eig(matrix)
    return (eigenvectors * np.sqrt(eigenvalues.astype(complex))) @ np.linalg.inv(eigenvectors)


def reference(values, target):
    """The formula with (C D)^1/2, as the Fréchet distance of images has it."""
    values, target = (array.reshape(-1, array.shape[-1]).astype("float64") for array in (values, target))
    shift = ((values.mean(0) - target.mean(0)) ** 2).sum()
    first, second = np.cov(values.T, bias=True), np.cov(target.T, bias=True)
    distance = shift + np.trace(first + second - 2 * general_sqrt(first @ second)).real
    return distance / (target**2).sum(axis=1).mean()


def test_equals_the_other_form_of_the_formula():
    result = wasserstein_style_loss(FEATURES, wasserstein_target(TARGETS))
    expected = [np.mean([reference(FEATURES[name][i], TARGETS[name][i]) for name in SHAPES]) for i in range(3)]
    assert len(set(expected)) == 3
    np.testing.assert_allclose(result, expected, rtol=2e-3)


def test_one_channel_by_hand():
    # (m - n)^2 + (sqrt c - sqrt d)^2 = 4 + 1, of n^2 + d = 9 + 9
    result = relative_wasserstein_distance(*(np.float32(values) for values in ([[1.0]], [[[4.0]]], [[3.0]], [[[3.0]]])))
    np.testing.assert_allclose(result, [5 / 18], rtol=1e-5)


def test_perfect_match_is_zero_and_silence_is_one():
    targets = wasserstein_target(TARGETS)
    np.testing.assert_allclose(wasserstein_style_loss(TARGETS, targets), 0.0, atol=1e-4)
    silence = {name: np.zeros_like(values) for name, values in TARGETS.items()}
    np.testing.assert_allclose(wasserstein_style_loss(silence, targets), 1.0, atol=1e-3)


@pytest.mark.parametrize("num_positions", [2, 40])
def test_gradient_is_that_of_finite_differences(num_positions):
    """Also where there are fewer positions than channels, so that the covariance is singular."""
    features = tf.constant(RANDOM.random((1, 1, num_positions, 6)), tf.float32)
    direction = tf.constant(RANDOM.standard_normal(features.shape), tf.float32)
    targets = wasserstein_target({"layer": RANDOM.random((1, 5, 8, 6)).astype("float32")})

    def loss(values):
        return wasserstein_style_loss({"layer": values}, targets)[0]

    with tf.GradientTape() as tape:
        tape.watch(features)
        value = loss(features)
    slope = tf.reduce_sum(tape.gradient(value, features) * direction)
    difference = (loss(features + 1e-2 * direction) - loss(features - 1e-2 * direction)) / 2e-2
    np.testing.assert_allclose(slope, difference, rtol=0.03)


def test_gradient_of_silence_is_finite():
    features = tf.zeros((1, 4, 4, 3))
    targets = wasserstein_target({"layer": RANDOM.random((1, 4, 4, 3)).astype("float32")})
    with tf.GradientTape() as tape:
        tape.watch(features)
        value = wasserstein_style_loss({"layer": features}, targets)
    assert np.isfinite(tape.gradient(value, features)).all()

import numpy as np
import pytest
import tensorflow as tf

from tfstyle.statistics import (
    channel_moments,
    covariance,
    gram_matrix,
    linear_discriminants,
    region_statistics,
    symmetric_power,
    symmetric_sqrt,
)

FEATURES = np.random.default_rng(0).normal(1.0, 2.0, (2, 5, 7, 4)).astype("float32")


def test_gram_matrix_is_the_mean_of_the_products():
    expected = np.zeros((2, 4, 4))
    for batch, row, column in np.ndindex(2, 5, 7):
        vector = FEATURES[batch, row, column].astype("float64")
        expected[batch] += np.outer(vector, vector) / (5 * 7)
    gram = gram_matrix(FEATURES)
    assert gram.dtype == tf.float32
    np.testing.assert_allclose(gram, expected, rtol=1e-5)


def test_gram_matrix_does_not_grow_with_the_image():
    np.testing.assert_allclose(gram_matrix(np.tile(FEATURES, (1, 3, 2, 1))), gram_matrix(FEATURES), rtol=1e-4)


def test_gram_matrix_forgets_where_things_are():
    positions = np.random.default_rng(1).permutation(35)
    shuffled = FEATURES.reshape(2, 35, 4)[:, positions].reshape(2, 7, 5, 4)
    np.testing.assert_allclose(gram_matrix(shuffled), gram_matrix(FEATURES), rtol=1e-4)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 1e-3), ("bfloat16", 2e-2)])
def test_gram_matrix_of_half_precision(dtype, tolerance):
    large = np.abs(FEATURES) * 300  # the products exceed 65504, the largest float16
    gram = gram_matrix(tf.cast(large, dtype))
    assert gram.dtype == tf.float32
    np.testing.assert_allclose(gram, gram_matrix(large), rtol=tolerance)


def test_channel_moments():
    mean, deviation = channel_moments(FEATURES, epsilon=0.0)
    assert mean.dtype == deviation.dtype == tf.float32
    np.testing.assert_allclose(mean, FEATURES.mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(deviation, FEATURES.std((1, 2)), rtol=1e-5)


def test_channel_moments_of_a_plain_image_have_a_gradient():
    features = tf.ones((1, 4, 4, 2))
    with tf.GradientTape() as tape:
        tape.watch(features)
        mean, deviation = channel_moments(features)
        total = tf.reduce_sum(mean) + tf.reduce_sum(deviation)
    np.testing.assert_allclose(deviation, np.sqrt(1e-5), rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(total, features), 1 / 16)  # of the mean; that of the deviation is zero


def test_region_statistics_are_weighted_means():
    weights = np.random.default_rng(1).random((3, 5, 7)).astype("float32")
    weights /= weights.sum((1, 2), keepdims=True)
    mean, gram = region_statistics(FEATURES[:1], weights)
    expected_mean, expected_gram = np.zeros((3, 4)), np.zeros((3, 4, 4))
    for region, row, column in np.ndindex(3, 5, 7):
        vector = FEATURES[0, row, column].astype("float64")
        expected_mean[region] += weights[region, row, column] * vector
        expected_gram[region] += weights[region, row, column] * np.outer(vector, vector)
    np.testing.assert_allclose(mean, expected_mean, rtol=1e-5)
    np.testing.assert_allclose(gram, expected_gram, rtol=1e-4, atol=1e-5)


def test_region_statistics_of_the_whole_are_the_gram_matrix():
    _, gram = region_statistics(FEATURES[:1], np.full((1, 5, 7), 1 / 35, "float32"))
    np.testing.assert_allclose(gram, gram_matrix(FEATURES[:1]), rtol=1e-4, atol=1e-5)


def test_covariance():
    result = covariance(FEATURES.mean((1, 2)), np.asarray(gram_matrix(FEATURES)))
    expected = [np.cov(image.reshape(35, 4).T, bias=True) for image in FEATURES]
    np.testing.assert_allclose(result, expected, atol=1e-4)


def test_symmetric_sqrt():
    root = np.array([[[2.0, 1.0], [1.0, 3.0]]])  # eigenvalues (5 +- sqrt 5) / 2, both positive
    np.testing.assert_allclose(symmetric_sqrt(root @ root), root, rtol=1e-6)


def test_symmetric_sqrt_takes_small_negative_eigenvalues_for_zero():
    matrix = np.array([[[4.0, 0.0], [0.0, -1e-7]]], "float32")
    np.testing.assert_allclose(symmetric_sqrt(matrix), [[[2.0, 0.0], [0.0, 0.0]]], atol=1e-6)


def test_symmetric_power_with_rank_missing():
    factor = np.random.default_rng(0).normal(size=(8, 3))
    matrix = factor @ factor.T
    root = symmetric_power(matrix, 0.5)
    np.testing.assert_allclose(root @ root, matrix, atol=1e-8)
    np.testing.assert_allclose(root, root.T, atol=1e-10)
    inverse = symmetric_power(matrix, -1.0, least=1e-6)
    np.testing.assert_allclose(inverse, np.linalg.pinv(matrix), atol=1e-8)


def test_symmetric_power_counts_from_the_least_eigenvalue_on():
    result = symmetric_power(np.diag([4.0, 0.2, -1e-9]), -0.5, least=0.5)
    np.testing.assert_allclose(result, np.diag([0.5, 0.0, 0.0]), atol=1e-12)


def test_discriminants_tell_kinds_from_each_other():
    """Two loud directions vary within a kind, a quiet one from kind to kind: this is the first discriminant."""
    random = np.random.default_rng(0)
    num_pairs = 4000
    kinds = np.repeat(random.normal(size=(num_pairs, 1, 1)), 2, axis=1)
    pairs = np.concatenate([kinds, 5 * random.normal(size=(num_pairs, 2, 2))], axis=-1)
    pairs[..., 0] += 0.1 * random.normal(size=(num_pairs, 2))
    rotation, _ = np.linalg.qr(random.normal(size=(3, 3)))
    directions = linear_discriminants(pairs @ rotation, 2, penalty=0.0)
    assert directions.shape == (3, 2)
    quiet = np.abs(rotation @ directions[:, 0])
    assert quiet[0] > 100 * quiet[1:].max()
    within = (pairs[:, 0] - pairs[:, 1]) @ rotation @ directions / np.sqrt(2)
    np.testing.assert_allclose(np.cov(within.T), np.eye(2), atol=1e-2)


def test_discriminants_of_few_pairs_are_damped():
    pairs = np.random.default_rng(0).normal(size=(3, 2, 40))
    directions = linear_discriminants(pairs, 6, penalty=0.5)
    assert np.isfinite(directions).all()
    assert np.var((pairs[:, 0] - pairs[:, 1]) @ directions / np.sqrt(2), axis=0).max() < 1
    with pytest.raises(ValueError, match=r"8 directions need 4 pairs at least\. Received: 3\."):
        linear_discriminants(pairs, 8)

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.losses.perceptual import (
    content_loss,
    gram_style_loss,
    moment_style_loss,
    relative_squared_error,
    total_variation_loss,
)
from tfstyle.statistics import channel_moments, gram_matrix

SHAPES = {"shallow": (3, 8, 6, 4), "deep": (3, 4, 3, 5)}
FEATURES = {name: np.random.default_rng(0).random(shape).astype("float32") for name, shape in SHAPES.items()}
TARGETS = {name: np.random.default_rng(1).random(shape).astype("float32") for name, shape in SHAPES.items()}


def scaled(features, factor):
    return {name: factor * values for name, values in features.items()}


# The three losses with the same arguments: features of images and features of what they shall become.
def content_distance(features, targets):
    return content_loss(features["deep"], targets["deep"])


def gram_distance(features, targets):
    return gram_style_loss(features, {name: gram_matrix(values) for name, values in targets.items()})


def moment_distance(features, targets):
    return moment_style_loss(features, {name: channel_moments(values) for name, values in targets.items()})


def content_reference(features, targets):
    return ((features["deep"] - targets["deep"]) ** 2).sum() / (targets["deep"] ** 2).sum()


def gram_reference(features, targets):
    errors = []
    for name in features:
        gram, target = (
            np.einsum("hwc,hwd->cd", x, x) / (x.shape[0] * x.shape[1]) for x in (features[name], targets[name])
        )
        errors.append(((gram - target) ** 2).sum() / (target**2).sum())
    return np.mean(errors)


def moment_reference(features, targets):
    errors = []
    for name in features:
        values, target = (
            np.concatenate([x.mean((0, 1)), np.sqrt(x.var((0, 1)) + 1e-5)]) for x in (features[name], targets[name])
        )
        errors.append(((values - target) ** 2).sum() / (target**2).sum())
    return np.mean(errors)


DISTANCES = [content_distance, gram_distance, moment_distance]
each_distance = pytest.mark.parametrize("distance", DISTANCES)


@pytest.mark.parametrize(
    ("distance", "reference"),
    list(zip(DISTANCES, [content_reference, gram_reference, moment_reference], strict=True)),
)
def test_distance_equals_numpy(distance, reference):
    result = distance(FEATURES, TARGETS)
    assert result.dtype == tf.float32
    expected = [
        reference(
            {name: values[index].astype("float64") for name, values in FEATURES.items()},
            {name: values[index].astype("float64") for name, values in TARGETS.items()},
        )
        for index in range(3)
    ]
    assert len(set(expected)) == 3
    np.testing.assert_allclose(result, expected, rtol=1e-4)


@each_distance
def test_perfect_match_is_zero_and_silence_is_one(distance):
    np.testing.assert_allclose(distance(TARGETS, TARGETS), 0.0, atol=1e-9)
    # The deviation of silence is sqrt(1e-5), not 0.
    np.testing.assert_allclose(distance(scaled(TARGETS, 0), TARGETS), 1.0, atol=1e-2)


@each_distance
def test_distance_is_free_of_scale(distance):
    np.testing.assert_allclose(
        distance(scaled(FEATURES, 7), scaled(TARGETS, 7)), distance(FEATURES, TARGETS), rtol=1e-3
    )


@each_distance
@pytest.mark.parametrize("brightness", [0.0, 1.0])
def test_black_target_gives_no_nan(distance, brightness):
    features = {name: tf.constant(brightness * values) for name, values in FEATURES.items()}
    with tf.GradientTape() as tape:
        tape.watch(features)
        result = distance(features, scaled(TARGETS, 0))
    assert np.isfinite(result).all()
    gradients = [gradient for gradient in tape.gradient(result, features).values() if gradient is not None]
    assert gradients
    assert all(np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("distance", [gram_distance, moment_distance])
def test_one_painting_serves_the_whole_batch(distance):
    one = {name: values[:1] for name, values in TARGETS.items()}
    three = {name: np.repeat(values, 3, axis=0) for name, values in one.items()}
    np.testing.assert_allclose(distance(FEATURES, one), distance(FEATURES, three), rtol=1e-6)


@pytest.mark.parametrize("distance", [gram_distance, moment_distance])
def test_layers_of_the_target_are_the_ones_compared(distance):
    shallow = {"shallow": TARGETS["shallow"]}
    np.testing.assert_allclose(distance(FEATURES, shallow), distance({"shallow": FEATURES["shallow"]}, shallow))


@each_distance
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_features(distance, dtype):
    result = distance({name: tf.cast(values, dtype) for name, values in FEATURES.items()}, TARGETS)
    assert result.dtype == tf.float32
    np.testing.assert_allclose(result, distance(FEATURES, TARGETS), rtol=0.05)


def test_relative_squared_error_takes_any_number_of_axes():
    np.testing.assert_allclose(
        relative_squared_error(np.array([[3.0, 4.0], [0.0, 5.0]]), np.array([[0.0, 5.0]])), [0.4, 0]
    )


def test_total_variation_equals_numpy():
    images = FEATURES["shallow"]
    expected = np.abs(np.diff(images, axis=1)).mean((1, 2, 3)) + np.abs(np.diff(images, axis=2)).mean((1, 2, 3))
    result = total_variation_loss(tf.constant(images))
    assert result.dtype == tf.float32
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_total_variation_does_not_grow_with_the_image():
    tile = np.random.default_rng(2).random((1, 2, 2, 3))  # every seam between tiles looks as the inside of one
    small, large = (total_variation_loss(tf.constant(np.tile(tile, (1, n, n, 1)))) for n in (2, 20))
    np.testing.assert_allclose(small, large, rtol=1e-5)


def test_total_variation_of_a_plain_image_is_zero():
    assert keras.ops.max(total_variation_loss(tf.fill((2, 5, 4, 3), 0.7))) == 0

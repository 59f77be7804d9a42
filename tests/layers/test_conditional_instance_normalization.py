import numpy as np
import pytest
import tensorflow as tf

from tfstyle.layers import ConditionalInstanceNormalization

INPUTS = np.random.default_rng(0).normal(3.0, 2.0, (2, 6, 5, 4)).astype("float32")
EPSILON = 1e-3


def make(num_styles=3, channels=4, **kwargs):
    """A layer whose rows are all different."""
    layer = ConditionalInstanceNormalization(num_styles, EPSILON, **kwargs)
    layer.build((None, None, None, channels))
    random = np.random.default_rng(1)
    for variable in layer.weights:
        variable.assign(random.normal(size=variable.shape))
    return layer


def reference(inputs, scale, shift):
    """Of one image, with one value for each channel."""
    inputs = inputs.astype("float64")
    mean, variance = inputs.mean((0, 1)), inputs.var((0, 1))
    return scale * (inputs - mean) / np.sqrt(variance + EPSILON) + shift


def test_new_layer_normalizes():
    layer = ConditionalInstanceNormalization(2)
    outputs = layer(INPUTS, np.eye(2, dtype="float32")).numpy()
    np.testing.assert_allclose(outputs.mean((1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(outputs.std((1, 2)), 1.0, atol=1e-3)


def test_one_hot_rows_choose_a_style_for_each_image():
    layer = make()
    outputs = layer(INPUTS, np.eye(3, dtype="float32")[[2, 0]])
    for image, style, output in zip(INPUTS, [2, 0], outputs, strict=True):
        rows = (variable.numpy()[style] for variable in (layer.scale, layer.shift))
        np.testing.assert_allclose(output, reference(image, *rows), rtol=1e-4, atol=1e-4)


def test_blend_is_the_weighted_mean_of_the_rows():
    layer = make()
    weights = np.array([0.2, 0.5, 0.3], "float32")
    rows = (weights @ variable.numpy() for variable in (layer.scale, layer.shift))
    outputs = layer(INPUTS[:1], weights[None])
    np.testing.assert_allclose(outputs[0], reference(INPUTS[0], *rows), rtol=1e-4, atol=1e-4)


def test_one_row_of_weights_serves_the_whole_batch():
    layer = make()
    row = np.array([[0.0, 0.4, 0.6]], "float32")
    np.testing.assert_array_equal(layer(INPUTS, row), layer(INPUTS, np.repeat(row, 2, axis=0)))


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_a_style_without_scale_and_shift_is_silent(dtype):
    layer = make(dtype=dtype)
    for variable in layer.weights:
        variable.assign(variable * [[1.0], [0.0], [1.0]])
    assert np.all(layer(INPUTS, tf.one_hot([1], 3)) == 0)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_constant_image_gives_the_shift(dtype, value):
    layer = make(dtype=dtype)
    inputs = tf.fill((1, 6, 5, 4), value)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, tf.constant([[0.0, 1.0, 0.0]]))
    # The deviation is sqrt(epsilon): rounding errors of half precision show 32 times as large.
    tolerance = 1e-4 if dtype == "float32" else 0.2
    np.testing.assert_allclose(
        tf.cast(outputs, tf.float32), np.broadcast_to(layer.shift[1], inputs.shape), atol=tolerance
    )
    assert np.isfinite(tape.gradient(outputs, inputs)).all()


def test_moments_are_taken_in_float32():
    """In bfloat16 the variance of values around 60, by steps of 0.25, would be lost among squares of 3600."""
    random = np.random.default_rng(2)
    inputs = tf.cast(random.normal(60.0, 1.0, (1, 64, 64, 1)), tf.bfloat16)
    layer = ConditionalInstanceNormalization(1, dtype="mixed_bfloat16")
    outputs = layer(inputs, tf.ones((1, 1)))
    assert outputs.dtype == tf.bfloat16
    outputs = tf.cast(outputs, tf.float32).numpy()
    np.testing.assert_allclose(outputs.std(), 1.0, atol=0.03)
    np.testing.assert_allclose(outputs.mean(), 0.0, atol=0.25)  # one step of bfloat16 at 60


def test_float16_moments_do_not_overflow():
    inputs = tf.cast(np.random.default_rng(3).normal(0.0, 1000.0, (1, 32, 32, 2)), tf.float16)
    outputs = ConditionalInstanceNormalization(1, dtype="mixed_float16")(inputs, tf.ones((1, 1)))
    np.testing.assert_allclose(tf.cast(outputs, tf.float32).numpy().std(), 1.0, atol=0.01)


def test_no_styles():
    with pytest.raises(ValueError, match="`num_styles` must be at least 1. Received: num_styles=0."):
        ConditionalInstanceNormalization(0)

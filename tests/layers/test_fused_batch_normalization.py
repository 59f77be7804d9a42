import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.layers.fused_batch_normalization import FusedBatchNormalization

RANDOM = np.random.default_rng(0)


def pair(shape, dtype="float32", **kwargs):
    """Ours and Keras', with the same weights."""
    layers = FusedBatchNormalization(dtype=dtype, **kwargs), keras.layers.BatchNormalization(dtype=dtype, **kwargs)
    for layer in layers:
        layer.build(shape)
    weights = [RANDOM.uniform(0.5, 1.5, weight.shape) for weight in layers[0].get_weights()]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def step(layer, inputs, upstream):
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
        loss = tf.reduce_sum(tf.cast(outputs, tf.float32) * upstream)
    gradients = tape.gradient(loss, [inputs, *[variable.value for variable in layer.trainable_variables]])
    return [outputs, *gradients, *layer.get_weights()]


@pytest.mark.parametrize("shape", [(7, 5), (4, 3, 6, 5)])
@pytest.mark.parametrize("options", [{}, {"center": False, "scale": False, "momentum": 0.8, "epsilon": 2e-5}])
def test_outputs_gradients_and_moving_statistics_are_keras(shape, options):
    inputs = RANDOM.normal(2.0, 3.0, shape).astype("float32")
    upstream = RANDOM.normal(size=shape).astype("float32")
    ours, keras_layer = pair(shape, **options)
    for one, other in zip(step(ours, inputs, upstream), step(keras_layer, inputs, upstream), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(ours(inputs), keras_layer(inputs), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(dtype):
    inputs = RANDOM.normal(2.0, 3.0, (8, 3, 6, 5)).astype("float32")
    ours, keras_layer = pair(inputs.shape, dtype)
    outputs, expected = ours(inputs, training=True), keras_layer(inputs, training=True)
    assert outputs.dtype == ours.compute_dtype
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), tf.cast(expected, tf.float32), rtol=0.02, atol=0.02)
    for one, other in zip(ours.get_weights(), keras_layer.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-2)


def test_one_kernel_does_it():
    layer, _ = pair((None, 4, 4, 3))
    function = tf.function(lambda inputs: layer(inputs, training=True))
    graph = function.get_concrete_function(tf.TensorSpec((None, 4, 4, 3))).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert "FusedBatchNormV3" in kinds and "Mean" not in kinds


def test_a_frozen_layer_keeps_its_statistics():
    layer, _ = pair((None, 3))
    layer.trainable = False
    before = layer.get_weights()
    layer(RANDOM.normal(size=(5, 3)).astype("float32"), training=True)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.layers.instance_normalization import InstanceNormalization
from tfstyle.models.translation.resnet_translator import ResNetTranslator
from tfstyle.models.translation.unet_generator import UNetGenerator

SMALL = {
    "unet": lambda **options: UNetGenerator((4, 6, 8), **options),
    "resnet": lambda **options: ResNetTranslator((4, 6, 8), num_residual_blocks=2, **options),
}
each_network = pytest.mark.parametrize("make", SMALL.values(), ids=SMALL)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, (*shape, 3)).astype("float32")


def test_the_papers_networks_have_the_papers_weights():
    """Counts of pix2pix and CycleGAN, whose normalizations have scales and shifts here and biases there."""
    unet = UNetGenerator()
    kernels = sum(np.prod(weight.shape) for weight in unet.weights if len(weight.shape) == 4)
    widths = [3, 64, 128, 256, 512, 512, 512, 512, 512]
    down = sum(a * b for a, b in itertools.pairwise(widths))
    up = 512 * 512 + 3 * 1024 * 512 + 1024 * 256 + 512 * 128 + 256 * 64 + 128 * 3
    assert kernels == 16 * (down + up)
    assert unet.stride == 256
    resnet = ResNetTranslator()
    kernels = sum(np.prod(weight.shape) for weight in resnet.weights if len(weight.shape) == 4)
    assert kernels == 49 * 64 * 6 + 9 * (2 * 64 * 128 + 2 * 128 * 256 + 9 * 2 * 256 * 256)


@each_network
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (9, 17), (3, 40)])
def test_any_size_comes_back(make, size):
    outputs = make()(pictures(2, *size))
    assert outputs.shape == (2, *size, 3)
    assert np.isfinite(outputs).all()
    assert np.abs(outputs).max() <= 1


@each_network
def test_an_image_that_fits_is_seen_as_it_is(make):
    """With a size unknown while tracing, and by the mirrored image made beforehand."""
    network, images = make(), pictures(1, 16, 24)
    function = tf.function(network.__call__, input_signature=[tf.TensorSpec((None, None, None, 3))])
    np.testing.assert_allclose(function(images), network(images), atol=1e-6)
    cut = images[:, :13, :19]
    missing = [-size % network.stride for size in cut.shape[1:3]]
    mirrored = np.pad(cut, ((0, 0), (0, missing[0]), (0, missing[1]), (0, 0)), mode="reflect")
    np.testing.assert_allclose(network(cut), network(mirrored)[:, :13, :19], atol=1e-6)


@each_network
@pytest.mark.parametrize(("upsampling", "has_checkerboard"), [("nearest", False), ("transposed", True)])
def test_checkerboard(make, upsampling, has_checkerboard):
    """What a plain image becomes: only a transposed convolution makes neighbors differ, far from the border."""
    keras.utils.set_random_seed(0)
    network = make(upsampling=upsampling)
    for layer in network._flatten_layers():
        if isinstance(layer, InstanceNormalization):
            layer.epsilon = 1.0  # a smaller one would make a pattern of the rounding of plain features
            layer.shift.assign(np.random.default_rng(1).normal(0, 1, layer.shift.shape))
    output = network(np.full((1, 256, 256, 3), 0.3, "float32")).numpy()[0, 120:136, 120:136]
    differs = np.ptp(output, axis=(0, 1)).max() > 1e-3
    assert differs == has_checkerboard


@each_network
def test_unknown_upsampling(make):
    with pytest.raises(ValueError, match="one of transposed, nearest. Received: upsampling='bilinear'"):
        make(upsampling="bilinear")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UNetGenerator((4,)), r"must have at least two positive integers. Received: filters=\(4,\)"),
        (lambda: UNetGenerator((4, 0)), r"Received: filters=\(4, 0\)"),
        (lambda: UNetGenerator((4, 4), dropout=1), r"must lie in \[0, 1\). Received: dropout=1"),
        (lambda: ResNetTranslator((4,)), r"Received: filters=\(4,\)"),
        (lambda: ResNetTranslator((4, 4), 0), "at least 1. Received: num_residual_blocks=0"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_only_training_drops_values():
    network, images = UNetGenerator((4, 6, 8), dropout=0.5), pictures(1, 16, 16)
    np.testing.assert_array_equal(network(images), network(images))
    assert np.abs(network(images, training=True) - network(images)).max() > 1e-3


def test_every_skip_of_a_unet_and_its_bottleneck_reach_the_output():
    network, images = UNetGenerator((4, 6, 8)), pictures(1, 16, 16)
    expected = network(images).numpy()
    for layer in network.convolutions:
        before = layer.get_weights()
        layer.set_weights([2 * value for value in before[:1]] + [value + 1 for value in before[1:]])
        if len(before) > 1:  # elsewhere the normalization takes the factor back
            assert np.abs(network(images) - expected).max() > 1e-5, layer.name
        layer.set_weights(before)
    np.testing.assert_array_equal(network(images), expected)


def test_features_are_what_passes_through_the_network():
    network, images = ResNetTranslator((4, 6, 8), num_residual_blocks=4), pictures(2, 16, 24)
    features = network.features(images)
    shapes = [(16, 24, 3), (8, 12, 6), (4, 6, 8), (4, 6, 8), (4, 6, 8)]
    assert [tuple(values.shape[1:]) for values in features] == shapes
    assert network.feature_dims == tuple(shape[-1] for shape in shapes)
    np.testing.assert_array_equal(features[0], images)
    np.testing.assert_array_equal(features[3], network.residual_blocks[0](features[2]))
    hidden = network.residual_blocks[3](features[4])
    for upsample, normalization in zip(network.upsamplings, network.normalizations, strict=True):
        hidden = tf.nn.relu(normalization(upsample(hidden)))
    np.testing.assert_allclose(tf.tanh(network.to_rgb(network.padding(hidden))), network(images), atol=1e-6)

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator


def count_trainable(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def test_at_28_pixels_they_are_the_networks_of_tensorflows_tutorial():
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(7 * 7 * 256, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((7, 7, 256)),
            layers.Conv2DTranspose(128, 5, 1, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(64, 5, 2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(1, 5, 2, padding="same", use_bias=False, activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Conv2D(128, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    random = np.random.default_rng(0)
    dense, *convolutions = [layer for layer in generator.layers if hasattr(layer, "kernel")]
    normalizations = [layer for layer in generator.layers if isinstance(layer, layers.BatchNormalization)]
    for layer in normalizations:
        layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    ours = ConvGenerator()
    ours.dense.set_weights(dense.get_weights())
    for layer, theirs in zip(ours.normalizations, normalizations, strict=True):
        layer.set_weights(theirs.get_weights())
    # A transposed convolution of stride 1 is a convolution with the kernel mirrored and its channels swapped.
    ours.first.kernel.assign(np.asarray(convolutions[0].kernel)[::-1, ::-1].transpose(0, 1, 3, 2))
    ours.doublings[0].kernel.assign(convolutions[1].kernel)
    ours.to_pixels.kernel.assign(convolutions[2].kernel)
    latents = random.normal(size=(3, 100)).astype("float32")
    expected = np.asarray(generator(latents))
    assert expected.std() > 0.05
    np.testing.assert_allclose(ours(latents), expected, rtol=1e-3, atol=1e-4)
    assert count_trainable(ours) == count_trainable(generator) + 1  # the tutorial's last layer has no bias

    judge = ConvDiscriminator()
    *convolutions, logit = [layer for layer in discriminator.layers if hasattr(layer, "kernel")]
    for layer, theirs in zip([*judge.convolutions, judge.logit.linear], [*convolutions, logit], strict=True):
        layer.set_weights(theirs.get_weights())
    np.testing.assert_allclose(judge(expected), discriminator(expected), rtol=1e-4, atol=1e-4)
    assert count_trainable(judge) == count_trainable(discriminator)


@pytest.mark.parametrize(("image_size", "channels"), [(28, 1), (32, 3), (64, 4), (128, 3), (256, 1)])
def test_default_networks_of_every_size(image_size, channels):
    generator = ConvGenerator(image_size, channels)
    discriminator = ConvDiscriminator(image_size, channels)
    assert generator(keras.Input((100,))).shape == (None, image_size, image_size, channels)
    assert generator.base_shape == ((7, 7, 256) if image_size == 28 else (8, 8, 256))
    last = discriminator.convolutions[-1]
    assert discriminator.logit.linear.kernel.shape[0] == generator.base_shape[0] ** 2 * last.filters
    assert count_trainable(generator) * 2 < 6e6 or image_size > 64  # as float16


@pytest.mark.parametrize("upsampling", ["transpose", "nearest", "bilinear"])
def test_every_upsampling_makes_the_same_shapes(upsampling):
    generator = ConvGenerator(32, 3, 4, (8, 6, 4), upsampling=upsampling, kernel_size=4)
    assert generator(np.ones((2, 4), "float32")).shape == (2, 32, 32, 3)


def covered(kernel_size, upsampling):
    """How often the pixels of a row, away from the border, are covered by the kernels that make them."""
    generator = ConvGenerator(32, 1, 1, (1, 1, 1), kernel_size=kernel_size, upsampling=upsampling)
    generator.to_pixels.kernel.assign(np.ones(generator.to_pixels.kernel.shape))
    ones = np.ones((1, 16, 16, 1), "float32")
    return np.asarray(generator.to_pixels(generator.resized(ones)))[0, 16, 8:24, 0]


def test_which_kernels_leave_a_checkerboard():
    assert np.ptp(covered(4, "transpose")) == 0
    assert np.ptp(covered(5, "nearest")) == 0
    assert np.ptp(covered(5, "transpose")) > 0  # the tutorial's, as the docstring warns


@pytest.mark.parametrize("normalization", ["none", "batch", "spectral"])
def test_normalizations_of_the_discriminator(normalization):
    # Power iterations that begin nearly at a right angle to the largest direction take a hundred to find it.
    keras.utils.set_random_seed(0)
    discriminator = ConvDiscriminator(16, 3, (4, 8, 8), normalization=normalization, dropout=0.0)
    images = np.random.default_rng(0).normal(size=(4, 16, 16, 3)).astype("float32")
    train = tf.function(lambda: discriminator(images, training=True))
    for _ in range(100 if normalization == "spectral" else 2):
        train()
    together = np.asarray(discriminator(images, training=True))
    alone = np.concatenate([discriminator(images[i : i + 1], training=True) for i in range(4)])
    mixes_images = np.abs(together - alone).max() > 1e-3
    assert mixes_images == (normalization == "batch")
    if normalization == "spectral":
        for layer in discriminator.convolutions:
            kernel = np.asarray(layer.kernel).reshape(-1, layer.kernel.shape[-1])
            sigma = np.linalg.svd(kernel, compute_uv=False)[0]
            np.testing.assert_allclose(layer.sigma(), sigma, rtol=0.02)


def test_sizes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"`image_size` must be 8 doubled some times. Received: image_size=48"):
        ConvGenerator(48)
    with pytest.raises(ValueError, match="`filters` must hold 4 numbers"):
        ConvGenerator(64, filters=(8, 8))
    with pytest.raises(ValueError, match="once at least"):
        ConvGenerator(8)
    with pytest.raises(ValueError, match="upsampling='cubic'"):
        ConvGenerator(upsampling="cubic")
    with pytest.raises(ValueError, match="normalization='layer'"):
        ConvDiscriminator(normalization="layer")
    with pytest.raises(ValueError, match="as 16 pixels can be halved"):
        ConvDiscriminator(16, filters=(4,) * 5)

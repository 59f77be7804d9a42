import keras
import numpy as np
import pytest

from tfstyle.layers.gated_upsampling_block import GatedUpsamplingBlock
from tfstyle.layers.image_decoder import ImageDecoder
from tfstyle.layers.skip_layer_excitation import SkipLayerExcitation
from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.models.gan.fastgan import (
    FastGANDiscriminator,
    FastGANGenerator,
    base_and_doublings,
    noise_seeds,
    quadrant,
)

RANDOM = np.random.default_rng(0)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def test_excitation_against_numpy():
    layer = SkipLayerExcitation(2)
    small, large = (RANDOM.normal(size=shape).astype("float32") for shape in ((2, 4, 4, 3), (2, 6, 6, 5)))
    outputs = layer(small, large)
    pooled = small.reshape(2, 2, 2, 2, 2, 3).mean((2, 4))
    hidden = pooled.reshape(2, -1) @ np.asarray(layer.squeeze.kernel).reshape(-1, 5)
    hidden = np.where(hidden > 0, hidden, 0.2 * hidden)
    weights = sigmoid(hidden @ np.asarray(layer.excite.kernel)[0, 0])
    np.testing.assert_allclose(outputs, large * weights[:, None, None], rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match=r"Received: small.shape=\(2, 4, 4, 3\), pooled_size=3"):
        SkipLayerExcitation(3)(small, large)


def test_block_against_numpy():
    """One convolution: a 3x3 kernel of which only the center counts."""
    block = GatedUpsamplingBlock(2)
    inputs, seeds = RANDOM.normal(size=(2, 3, 4, 3)).astype("float32"), np.array([1, 2], "int32")
    block(inputs, seeds)
    kernel = np.zeros(block.convolutions[0].kernel.shape, "float32")
    kernel[1, 1] = RANDOM.normal(size=kernel.shape[2:])
    block.convolutions[0].kernel.assign(kernel)
    hidden = inputs.repeat(2, axis=1).repeat(2, axis=2) @ kernel[1, 1] / np.sqrt(1 + 2e-5)
    np.testing.assert_allclose(block(inputs, seeds), hidden[..., :2] * sigmoid(hidden[..., 2:]), rtol=1e-4, atol=1e-5)


def test_noise_is_for_blocks_with_two_convolutions():
    inputs = np.ones((1, 4, 4, 3), "float32")
    for count in (1, 2):
        block = GatedUpsamplingBlock(2, num_convolutions=count)
        first, second = (np.asarray(block(inputs, np.array([seed], "int32"))) for seed in (1, 2))
        assert np.any(first != second) == (count == 2)


@pytest.mark.parametrize(("image_size", "base_size", "doublings"), [(32, 4, 3), (96, 6, 4), (128, 4, 5)])
def test_sizes(image_size, base_size, doublings):
    assert base_and_doublings(image_size) == (base_size, doublings)
    small = {"filters": (2,) * (doublings + 1), "latent_dim": 3}
    generator = FastGANGenerator(image_size, **small)
    assert len(generator.excitations) == doublings - 3  # 4x4 and 64x64, 8x8 and 128x128
    assert [block.num_convolutions for block in generator.blocks] == [2, 1, 2, 1, 2][:doublings]
    discriminator = FastGANDiscriminator(image_size, filters=(2,) * (doublings - 1), decoder_filters=2)
    images = generator(np.zeros((1, 3), "float32"))
    logits, reconstructions, targets = discriminator(images, None, np.array([3]))
    assert logits.shape == (1, 1)
    assert reconstructions.shape == targets.shape == (1, image_size // 2, image_size // 2, 6)


def test_default_channels():
    generator, discriminator = FastGANGenerator(128), FastGANDiscriminator(128)
    assert generator.base_shape == (4, 4, 512)
    assert [block.filters for block in generator.blocks] == [128, 64, 32, 16, 16]
    assert [discriminator.first.filters, *(block.filters for block in discriminator.blocks)] == [24, 48, 96, 192]
    assert discriminator.whole_decoder.filters == (32, 16, 16)


def test_excitation_reaches_the_last_map():
    generator = FastGANGenerator(64, filters=(3,) * 5, latent_dim=3)
    latents = RANDOM.normal(size=(2, 3)).astype("float32")
    before = np.asarray(generator(latents))
    (excitation,) = generator.excitations
    excitation.excite.bias.assign(np.full(3, -50.0))  # closes every channel: only the bias of the pixels is left
    assert np.ptp(generator(latents)) < 1e-6 < np.ptp(before)


def test_mixing_takes_only_the_channel_weights_of_the_style():
    generator = FastGANGenerator(64, filters=(3,) * 5, latent_dim=3, num_classes=2)
    for number, variable in enumerate(generator.trainable_variables):  # scales that differ from class to class
        variable.assign(np.random.default_rng(number).normal(size=variable.shape))
    latents, styles = RANDOM.normal(size=(2, 2, 3)).astype("float32")
    labels, style_labels, seeds = np.array([0, 1]), np.array([1, 1]), np.zeros(1, "int32")
    mixed = np.asarray(generator.mix(latents, styles, labels, style_labels))
    maps, style_maps = generator.maps(latents, labels, seeds), generator.maps(styles, style_labels, seeds)
    before = generator.blocks[-1](maps[-2], seeds + 4, labels)
    weights = generator.excitations[0](style_maps[0], np.ones((2, 64, 64, 3), "float32"))
    np.testing.assert_allclose(mixed, generator.to_image(generator.to_pixels(before * weights)), atol=1e-5)
    own = np.asarray(generator(latents, labels))
    np.testing.assert_array_equal(generator.mix(latents, latents, labels, labels), own)
    assert np.abs(mixed - own).max() > 1e-3  # the style counts
    assert np.abs(mixed - generator.mix(latents, styles, labels, labels))[0].max() > 1e-3  # and its class
    with pytest.raises(ValueError, match=r"from 64 pixels on\. Received: image_size=32"):
        FastGANGenerator(32, filters=(2,) * 4, latent_dim=3).mix(latents, styles)


def test_noise_varies_in_training_alone():
    generator = FastGANGenerator(32, filters=(4,) * 4, latent_dim=3)
    latents = np.ones((2, 3), "float32")
    same = np.asarray(generator(latents))
    np.testing.assert_array_equal(same[0], same[1])
    rows = np.float32([[1, 2, 3], [1, 2, 3], [1, 2, 3.01]])
    seeds = np.asarray(noise_seeds(rows))
    assert seeds[0] == seeds[1] != seeds[2]
    np.testing.assert_array_equal(np.asarray(noise_seeds(rows[2:])), seeds[2:])  # whatever else is in the batch
    images = np.asarray(generator(rows, training=True))
    np.testing.assert_allclose(images[0], images[1], atol=1e-6)
    assert np.abs(images[0] - images[2]).mean() > 1e-3


def test_quadrants():
    maps = np.arange(16.0).reshape(1, 4, 4, 1).repeat(4, axis=0)
    expected = [[[0, 1], [4, 5]], [[2, 3], [6, 7]], [[8, 9], [12, 13]], [[10, 11], [14, 15]]]
    np.testing.assert_array_equal(np.asarray(quadrant(maps, np.arange(4)))[..., 0], expected)


def test_targets_are_the_halved_image_and_its_quadrant():
    discriminator = FastGANDiscriminator(32, filters=(3, 3), decoder_filters=2)
    images = RANDOM.uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
    _, reconstructions, targets = discriminator(images, None, np.array([1, 2]))
    np.testing.assert_allclose(targets[..., :3], images.reshape(2, 16, 2, 16, 2, 3).mean((2, 4)), atol=1e-6)
    np.testing.assert_array_equal(targets[0, ..., 3:], images[0, :16, 16:])
    np.testing.assert_array_equal(targets[1, ..., 3:], images[1, 16:, :16])
    # What stands outside of the quarter is hidden from its decoder, apart from the borders that convolutions mix.
    changed = images.copy()
    changed[1, :12] = -changed[1, :12]
    _, others, _ = discriminator(changed, None, np.array([1, 2]))
    assert np.any(others[1, ..., :3] != reconstructions[1, ..., :3])
    np.testing.assert_array_equal(others[1, ..., 3:], reconstructions[1, ..., 3:])


@pytest.mark.parametrize("normalization", ["none", "batch", "spectral"])
def test_only_batch_normalization_mixes_images(normalization):
    keras.utils.set_random_seed(0)
    discriminator = FastGANDiscriminator(32, filters=(3, 4), normalization=normalization, decoder_filters=2)
    images = RANDOM.normal(size=(3, 32, 32, 3)).astype("float32")
    numbers = np.zeros(3, "int32")
    training = normalization == "batch"  # otherwise each call would go on with the power iteration
    together = discriminator(images, None, numbers, training=training)
    alone = discriminator(images[:1], None, numbers[:1], training=training)
    for one, other in zip(together[:2], alone[:2], strict=True):
        assert (np.abs(np.asarray(one)[0] - np.asarray(other)[0]).max() > 1e-3) == (normalization == "batch")
    layers = [layer for layer in discriminator._flatten_layers() if isinstance(layer, SpectralNormalization)]
    assert len(layers) == (6 if normalization == "spectral" else 0)  # first, three of the block, last, logit


def test_decoder_with_gates_wide_open():
    decoder = ImageDecoder((1,), 1)
    inputs = np.full((1, 2, 2, 1), 0.3, "float32")
    decoder(inputs)
    (convolution,) = decoder.convolutions
    kernel = np.zeros((3, 3, 1, 2), "float32")
    kernel[1, 1, 0, 0] = 1.0
    convolution.kernel.assign(kernel)
    convolution.bias.assign([0.0, 50.0])
    decoder.to_pixels.kernel.assign(kernel[..., :1])
    np.testing.assert_allclose(decoder(inputs), np.full((1, 4, 4, 1), np.tanh(0.3)), rtol=1e-5)


def test_sizes_that_do_not_fit():
    for size in (28, 36, 0):
        with pytest.raises(ValueError, match=f"doubled three times or more.* Received: image_size={size}"):
            FastGANGenerator(size)
    with pytest.raises(ValueError, match="`filters` must hold 5 numbers"):
        FastGANGenerator(64, filters=(4, 4))
    with pytest.raises(ValueError, match="`filters` must hold 3 numbers"):
        FastGANDiscriminator(64, filters=(4, 4))
    with pytest.raises(ValueError, match="normalization='layer'"):
        FastGANDiscriminator(32, normalization="layer")
    with pytest.raises(ValueError, match="num_convolutions=0"):
        GatedUpsamplingBlock(4, 0)

import numpy as np
import pytest

from tfstyle.layers.discriminator_residual_block import DiscriminatorResidualBlock
from tfstyle.layers.generator_residual_block import GeneratorResidualBlock
from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.models.gan.resnet_gan import ResNetDiscriminator, ResNetGenerator

RANDOM = np.random.default_rng(0)


def test_the_defaults_are_the_papers_for_cifar():
    generator, discriminator = ResNetGenerator(), ResNetDiscriminator()
    assert generator.base_shape == (4, 4, 256)
    assert [block.filters for block in generator.blocks] == [256] * 3
    assert [(block.filters, block.downsample) for block in discriminator.blocks] == [
        (128, True),
        (128, True),
        (128, False),
        (128, False),
    ]
    assert generator.image_shape == discriminator.image_shape == (32, 32, 3)


def test_every_kernel_of_the_discriminator_is_normalized():
    discriminator = ResNetDiscriminator(8, 3, (4, 6), 1, num_classes=2)
    normalized = [layer for layer in discriminator._flatten_layers() if isinstance(layer, SpectralNormalization)]
    kernels = {id(layer.kernel) for layer in normalized}
    for variable in discriminator.trainable_variables:
        assert (id(variable) in kernels) == (len(variable.shape) > 1), variable.path


def test_labels_reach_every_block_of_the_generator():
    generator = ResNetGenerator(8, 3, 4, (6, 5), num_classes=2)
    latents = RANDOM.normal(size=(3, 4)).astype("float32")
    first = generator(latents, np.array([0, 0, 0]))
    np.testing.assert_array_equal(first, generator(latents, np.array([0, 0, 0])))
    block = generator.blocks[0]
    for normalization in (block.first_normalization, block.second_normalization):
        scale = np.asarray(normalization.scale)
        normalization.scale.assign(scale * np.array([[1.0], [2.0]]))
        changed = np.asarray(generator(latents, np.array([0, 1, 0]))) != np.asarray(first)
        assert changed[1].any() and not changed[0].any() and not changed[2].any()
        normalization.scale.assign(scale)


def upsample(images):
    return images.repeat(2, axis=1).repeat(2, axis=2)


def test_the_generators_shortcut_is_the_papers_upsample_then_convolve():
    block = GeneratorResidualBlock(2)
    inputs = RANDOM.normal(size=(2, 3, 4, 5)).astype("float32")
    block(inputs)
    block.second.kernel.assign(np.zeros(block.second.kernel.shape))
    expected = upsample(inputs) @ np.asarray(block.shortcut.kernel)[0, 0]
    np.testing.assert_allclose(block(inputs), expected, rtol=1e-4, atol=1e-5)


def test_the_discriminators_shortcut_is_the_papers_convolve_then_pool():
    block = DiscriminatorResidualBlock(2, downsample=True)
    inputs = RANDOM.normal(size=(2, 4, 6, 5)).astype("float32")
    block(inputs)
    block.second.kernel.assign(np.zeros(block.second.kernel.shape))
    kernel = np.asarray(block.shortcut.kernel)[0, 0] / float(block.shortcut.sigma())
    convolved = inputs @ kernel
    expected = convolved.reshape(2, 2, 2, 3, 2, 2).mean((2, 4))
    np.testing.assert_allclose(block(inputs), expected, rtol=1e-4, atol=1e-5)


def test_a_block_that_changes_nothing_needs_no_shortcut():
    block = DiscriminatorResidualBlock(5)
    inputs = RANDOM.normal(size=(2, 4, 6, 5)).astype("float32")
    assert block(inputs).shape == inputs.shape
    assert not block.has_shortcut


def test_sizes_that_do_not_fit():
    with pytest.raises(ValueError, match="image_size=30"):
        ResNetGenerator(30)
    with pytest.raises(ValueError, match="filters=()"):
        ResNetGenerator(filters=())
    with pytest.raises(ValueError, match="num_downsamplings=5"):
        ResNetDiscriminator(num_downsamplings=5)
    with pytest.raises(ValueError, match="image_size=30"):
        ResNetDiscriminator(30)

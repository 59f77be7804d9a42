import numpy as np
import pytest

from tfstyle.models.gan.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.models.gan.gan import create_gan


def test_the_defaults_are_the_articles():
    generator, discriminator = DenseGenerator(), DenseDiscriminator()
    assert [layer.units for layer in generator.dense_layers] == [128, 256, 512]
    assert [layer.units for layer in discriminator.dense_layers] == [512, 256, 128]
    assert generator.latent_dim == 100
    assert generator.image_shape == discriminator.image_shape == (28, 28, 1)


def test_images_of_any_shape_and_logits_without_bounds():
    generator = DenseGenerator((5, 7, 3), latent_dim=4, units=(8,))
    discriminator = DenseDiscriminator((5, 7, 3), units=(8,))
    generator.to_pixels.kernel.assign(100 * np.asarray(generator.to_pixels.kernel))
    images = generator(np.random.default_rng(0).normal(size=(6, 4)).astype("float32"), training=True)
    assert images.shape == (6, 5, 7, 3)
    assert -1 <= np.min(images) < -0.9 and 0.9 < np.max(images) <= 1
    logits = discriminator(1000 * images)
    assert logits.shape == (6, 1)
    assert np.max(np.abs(logits)) > 1  # no sigmoid


def test_generator_against_numpy():
    generator = DenseGenerator((2, 2, 1), latent_dim=3, units=(4,))
    latents = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    kernel, gamma, beta, mean, variance, to_pixels, bias = generator.get_weights()
    hidden = (latents @ kernel - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    hidden = np.where(hidden > 0, hidden, 0.2 * hidden)
    expected = np.tanh(hidden @ to_pixels + bias).reshape(5, 2, 2, 1)
    np.testing.assert_allclose(generator(latents), expected, rtol=1e-4, atol=1e-5)


def test_dropout_acts_in_training_alone():
    discriminator = DenseDiscriminator((4, 4, 1), units=(64,), dropout=0.5)
    images = np.ones((1, 4, 4, 1), "float32")
    np.testing.assert_array_equal(discriminator(images), discriminator(images))
    assert np.any(discriminator(images, training=True) != discriminator(images, training=True))


def test_labels_change_images_and_judgements():
    generator = DenseGenerator((4, 4, 1), 3, (8,), num_classes=2)
    discriminator = DenseDiscriminator((4, 4, 1), (8,), num_classes=2)
    latents = np.ones((2, 3), "float32")
    images = generator(latents, np.array([0, 1]))
    assert np.any(np.asarray(images)[0] != np.asarray(images)[1])
    same = np.repeat(np.asarray(images)[:1], 2, axis=0)
    logits = discriminator(same, np.array([0, 1]))
    assert logits[0] != logits[1]


@pytest.mark.parametrize("network", [DenseGenerator, DenseDiscriminator])
def test_labels_are_neither_forgotten_nor_ignored(network):
    inputs = np.ones((1, 100) if network is DenseGenerator else (1, 28, 28, 1), "float32")
    with pytest.raises(ValueError, match=r"num_classes=0 and needs no labels"):
        network()(inputs, np.array([0]))
    with pytest.raises(ValueError, match=r"num_classes=10 and needs labels"):
        network(num_classes=10)(inputs)


def test_create_gan_is_one_network_of_shared_weights():
    generator, discriminator = DenseGenerator(num_classes=3), DenseDiscriminator(num_classes=3)
    gan = create_gan(generator, discriminator)
    latents = np.random.default_rng(0).normal(size=(4, 100)).astype("float32")
    labels = np.array([0, 1, 2, 0])
    expected = discriminator(generator(latents, labels), labels)
    np.testing.assert_allclose(gan({"latents": latents, "labels": labels}), expected, rtol=1e-5, atol=1e-6)
    assert len(gan.trainable_variables) == len(generator.trainable_variables + discriminator.trainable_variables)
    with pytest.raises(ValueError, match=r"the same image shape. Received: \(28, 28, 1\) and \(32, 32, 3\)"):
        create_gan(DenseGenerator(), DenseDiscriminator((32, 32, 3)))
    with pytest.raises(ValueError, match="same number of classes"):
        create_gan(generator, DenseDiscriminator())


def test_sizes_that_make_no_sense():
    with pytest.raises(ValueError, match=r"image_shape=\(28, 28\)"):
        DenseGenerator((28, 28))
    with pytest.raises(ValueError, match="latent_dim=0"):
        DenseGenerator(latent_dim=0)
    with pytest.raises(ValueError, match=r"image_shape=\(0, 28, 1\)"):
        DenseDiscriminator((0, 28, 1))

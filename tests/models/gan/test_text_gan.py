"""Networks of the text-conditional GAN: what they see of a caption."""

import keras
import numpy as np
import pytest

from tfstyle.models.gan.text_encoder import TextEncoder
from tfstyle.models.gan.text_gan import MatchingDiscriminator, TextConditionalGenerator, create_text_networks

WORDS = ("a", "red", "ring", "cross")


@pytest.fixture(scope="module")
def discriminator():
    keras.utils.set_random_seed(0)
    return MatchingDiscriminator(4, 5, 8, filters=(6,), units=8, text_dim=6)


def test_a_word_is_encoded_with_those_before_it():
    encoder = TextEncoder(4, 5, dim=6, kernel_size=2, num_convolutions=2)
    words, sentences = encoder(np.array([[1, 2, 3, 0, 0], [1, 2, 4, 1, 0], [1, 2, 3, 4, 4]]))
    np.testing.assert_array_equal(words[0, :2], words[1, :2])  # the first two words are the same
    assert np.abs(words[0, 2] - words[1, 2]).max() > 0.01
    np.testing.assert_allclose(words[0, :3], words[2, :3], rtol=1e-5)  # and what follows changes nothing
    assert not np.any(words[0, 3:])
    np.testing.assert_array_equal(sentences, np.stack([words[0, 2], words[1, 3], words[2, 4]]))


def test_a_word_is_read_from_the_image_and_the_words_before_it(discriminator):
    random = np.random.default_rng(0)
    images = np.repeat(random.standard_normal((1, 8, 8, 3), np.float32), 2, axis=0)
    *_, logits = discriminator(images, np.array([[1, 2, 3, 0, 0], [1, 2, 4, 0, 0]]))
    assert logits.shape == (2, 5, 5)
    np.testing.assert_allclose(logits[0, :3], logits[1, :3], rtol=1e-5)  # the third word does not see itself
    assert np.abs(logits[0, 3] - logits[1, 3]).max() > 1e-3
    *_, others = discriminator(-images, np.array([[1, 2, 3, 0, 0]] * 2))
    assert np.abs(logits[0] - others[0]).max() > 1e-3


def test_the_match_depends_on_image_and_caption(discriminator):
    images = np.random.default_rng(0).standard_normal((2, 8, 8, 3), np.float32)
    images[1] = images[0]
    patches, matches, _ = discriminator(images, np.array([[1, 2, 3, 0, 0], [1, 2, 4, 0, 0]]))
    assert matches.shape == (2, 1)
    assert patches.shape == (2, 16)
    np.testing.assert_array_equal(patches[0], patches[1])  # whatever the caption
    assert matches[0] != matches[1]
    other_patches, other, _ = discriminator(-images, np.array([[1, 2, 3, 0, 0]] * 2))
    assert matches[0] != other[0]
    assert np.any(patches != other_patches)


def test_images_depend_on_latents_and_captions():
    generator = TextConditionalGenerator(WORDS, 5, 8, latent_dim=3, filters=(6, 5), units=8)
    latents, tokens = np.ones((2, 3), np.float32), np.array([[1, 2, 3, 0, 0], [1, 2, 4, 0, 0]])
    images = generator(latents, tokens)
    assert images.shape == (2, 8, 8, 3)
    assert np.any(images[0] != images[1])
    assert np.any(images[0] != generator(-latents, tokens)[0])


@pytest.mark.parametrize("image_size", [16, 28, 32, 48, 64])
def test_networks_of_a_size(image_size):
    generator, discriminator = create_text_networks(WORDS, 5, image_size, dtype="mixed_bfloat16")
    assert generator.image_shape == discriminator.image_shape == (image_size, image_size, 3)
    assert generator.compute_dtype == discriminator.compute_dtype == "bfloat16"


def test_sizes_that_are_not_supported():
    with pytest.raises(ValueError, match="multiple of 2 to the number of doublings"):
        TextConditionalGenerator(WORDS, 5, 30)
    with pytest.raises(ValueError, match="multiple of 2 to the number of filters"):
        MatchingDiscriminator(4, 5, 30)

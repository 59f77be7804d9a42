import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.style.semantic_style import SemanticStyler, StylePatchDiscriminator
from tfstyle.models.style.style_bank import StyleBank
from tfstyle.zoo import load_pretrained

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((2, 18, 13, 3)).astype("float32")
PAINTINGS = RANDOM.random((2, 21, 34, 3)).astype("float32")
ONE = tf.ones((1,))
SIZES = {"filters": (4, 6, 4), "num_residual_blocks": 1}


def make(**kwargs):
    """A styler with weights as after a training: none is at a round number."""
    keras.utils.set_random_seed(1)
    styler = SemanticStyler(None, style_dim=5, hidden_dim=7, **SIZES, **kwargs)
    random = np.random.default_rng(2)
    of_bank = {id(variable) for variable in styler.bank.variables}  # whose identity is at zeros
    for variable in styler.variables:
        if "float" in variable.dtype and id(variable) not in of_bank:
            variable.assign(variable + random.normal(0, 0.1, variable.shape))
    return styler


@pytest.fixture(scope="module")
def styler():
    return make()


@pytest.fixture(scope="module")
def discriminator():
    keras.utils.set_random_seed(1)
    return StylePatchDiscriminator(style_dim=6, filters=(4, 6, 8))


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (17, 23)])
def test_any_size_comes_back(styler, size):
    images = np.random.default_rng(3).random((1, *size, 3)).astype("float32")
    painted = np.asarray(styler(images, styler.encode_style(PAINTINGS[:1]), ONE))
    assert painted.shape == images.shape
    assert np.isfinite(painted).all()
    assert painted.min() >= 0
    assert painted.max() <= 1


def test_strength_goes_from_the_photograph_to_the_painting(styler):
    vectors = styler.encode_style(PAINTINGS)
    painted = [np.asarray(styler(IMAGES, vectors, tf.constant([strength]))) for strength in (0.0, 0.25, 0.5, 0.75, 1.0)]
    np.testing.assert_allclose(painted[0], np.clip(IMAGES, 1 / 512, 511 / 512), atol=1e-5)
    distances = [np.abs(image - painted[-1]).mean() for image in painted]
    assert all(far > near for far, near in itertools.pairwise(distances))


def test_a_style_is_the_mean_style_plus_a_mixture_of_the_basis(styler):
    vector = np.float32([[0.5, -1.0, 0.0, 2.0, 0.25]])
    expected = styler.bank(IMAGES, np.concatenate([[[0.0, 1.0]], vector], axis=1))
    np.testing.assert_allclose(styler(IMAGES, vector, ONE), expected, atol=1e-6)
    assert np.abs(styler(IMAGES, 0 * vector, ONE) - expected).max() > 1e-3


def test_each_photograph_gets_its_own_strength_style_and_seed(styler):
    vectors, seeds = styler.encode_style(PAINTINGS), tf.constant([4, 9])
    both = styler(IMAGES, vectors, tf.constant([0.3, 0.8]), seeds)
    for index, strength in enumerate((0.3, 0.8)):
        one = slice(index, index + 1)
        alone = styler(IMAGES[one], vectors[one], tf.constant([strength]), seeds[one])
        np.testing.assert_allclose(both[one], alone, atol=1e-5)
    assert np.abs(styler(IMAGES, vectors[::-1], tf.constant([0.3, 0.8]), seeds) - both).max() > 1e-4
    assert np.abs(styler(IMAGES, vectors, tf.constant([0.3, 0.8]), seeds[::-1]) - both).max() > 1e-4


def test_seeds_and_corner_are_those_of_the_bank(styler):
    vectors, seeds, corner = styler.encode_style(PAINTINGS), tf.constant([3, 5]), tf.constant([8, 16])
    expected = styler.bank(IMAGES, tf.concat([[[0.0, 1.0]] * 2, vectors], axis=1), None, seeds, corner)
    np.testing.assert_allclose(styler(IMAGES, vectors, ONE, seeds, corner), expected, atol=1e-6)
    assert np.abs(styler(IMAGES, vectors, ONE, seeds) - expected).max() > 1e-4


def test_a_style_vector_is_made_of_channel_moments(styler):
    """Noise beside itself has the same moments, since its seam is noise too; darker noise has others."""
    tile = RANDOM.random((1, 64, 64, 3)).astype("float32")
    mosaic = np.concatenate([tile, tile], axis=2)
    other = (0.3 * RANDOM.random((1, 64, 64, 3))).astype("float32")
    own, same, different = (np.asarray(styler.encode_style(image))[0] for image in (tile, mosaic, other))
    assert np.linalg.norm(own - same) < 0.5 * np.linalg.norm(own - different)


def test_only_the_extractor_is_frozen(styler):
    frozen = {id(variable) for variable in styler.extractor.variables}
    trainable = {id(variable) for variable in styler.trainable_variables}
    assert len(frozen) == len(LightStyleExtractor(weights=None).variables)
    assert not frozen & trainable
    assert frozen | trainable == {id(variable) for variable in styler.variables}


def test_it_starts_from_a_bank():
    keras.utils.set_random_seed(3)
    bank = StyleBank(["identity", "a", "b"], learned_stroke_sizes=(0.5, 1.0, 2.0), **SIZES)
    for variable in bank.style_variables:
        variable.assign(variable + np.random.default_rng(4).normal(0, 0.1, variable.shape))
    bank._make_identity()
    styler = make()
    styler.start_from_bank(bank)
    of_a = styler(IMAGES, np.float32([[1, 0, 0, 0, 0]]), ONE)
    np.testing.assert_allclose(of_a, bank(IMAGES, np.float32([[0, 1, 0]])), atol=1e-5)
    mixed = bank(IMAGES, np.float32([[0, 0.5, 0.5]]))
    np.testing.assert_allclose(styler(IMAGES, np.zeros((1, 5), "float32"), ONE), mixed, atol=1e-5)
    with pytest.raises(ValueError, match=r"filters=\(4, 6, 4\), num_residual_blocks=1, has_details=True. Received"):
        styler.start_from_bank(StyleBank(["identity", "a"], (4, 4, 4), 1))


def test_adapted_moments_are_standardized():
    styler = make()
    random = np.random.default_rng(5)
    paintings = [random.random((4, 24, 32, 3)).astype("float32") ** power for power in (0.5, 1, 2, 4)]
    styler.adapt(paintings)
    moments = np.concatenate([styler.normalization(styler.moments(images)) for images in paintings])
    np.testing.assert_allclose(moments.mean(axis=0), 0, atol=1e-3)
    deviations = moments.std(axis=0)
    assert np.all(deviations < 1.01) and np.mean(deviations > 0.99) > 0.9  # but for channels that hardly vary


def test_vectors_are_float32_in_any_precision():
    styler = make(dtype="mixed_bfloat16")
    vectors = styler.encode_style(PAINTINGS)
    assert vectors.dtype == tf.float32
    assert styler(IMAGES, vectors, ONE).dtype == tf.float32


def test_the_shipped_styler_is_loaded():
    styler = load_pretrained("semantic_style")
    assert type(styler) is SemanticStyler
    assert styler.style_dim == 256


def test_the_discriminator_judges_patches(discriminator):
    images = RANDOM.random((2, 46, 62, 3)).astype("float32")
    vectors = RANDOM.normal(size=(2, 6)).astype("float32")
    logits = np.asarray(discriminator(images, vectors))
    assert logits.shape == (2, 4, 6, 1)
    images[:, 22:] = 0.0  # the first row of patches ends there
    changed = np.asarray(discriminator(images, vectors))
    np.testing.assert_allclose(changed[:, 0], logits[:, 0], atol=1e-5)
    assert np.all(np.abs(changed[:, -1] - logits[:, -1]) > 1e-6)


def test_the_discriminator_minds_the_style_it_is_shown(discriminator):
    patches = discriminator.see(RANDOM.random((1, 46, 62, 3)).astype("float32"))
    first, second = (RANDOM.normal(size=(1, 6)).astype("float32") for _ in range(2))
    zero = discriminator.judge(patches, np.zeros((1, 6), "float32"))  # the bias alone
    both = discriminator.judge(patches, first + second) - zero
    one_by_one = discriminator.judge(patches, first) + discriminator.judge(patches, second) - 2 * zero
    np.testing.assert_allclose(both, one_by_one, atol=1e-5)
    assert np.abs(both).max() > 1e-3

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.style.semantic_style import FAR, SemanticStyler, StylePatchDiscriminator, enlarge

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((2, 18, 13, 3)).astype("float32")
PAINTINGS = RANDOM.random((2, 21, 34, 3)).astype("float32")
ONE = tf.ones((1,))


def make(**kwargs):
    """A styler with weights as after a training: none is at a round number."""
    keras.utils.set_random_seed(1)
    styler = SemanticStyler(None, num_discriminants=6, filters=(4, 4, 8, 8), num_residual_blocks=1, **kwargs)
    random = np.random.default_rng(2)
    styler.set_weights([value + random.normal(0, 0.1, value.shape) for value in styler.get_weights()])
    return styler


@pytest.fixture(scope="module")
def styler():
    return make()


@pytest.fixture(scope="module")
def discriminator():
    keras.utils.set_random_seed(1)
    return StylePatchDiscriminator(style_dim=6, filters=(4, 6, 8))


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 5), (17, 23), (32, 32)])
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


def paintings_in_halves(num_paintings):
    """Pairs of halves that share their contrast, brightness and grain, and differ in what they show."""
    random = np.random.default_rng(5)
    pairs = []
    for _ in range(num_paintings):
        grain, brightness, contrast = random.integers(1, 4), random.random(), random.random()
        halves = random.random((2, 24 // grain, 24 // grain, 3)).repeat(grain, axis=1).repeat(grain, axis=2)
        pairs.append(((1 - contrast) * brightness + contrast * halves).astype("float32"))
    return pairs


def test_discriminants_of_crops_of_one_painting_are_near_and_noise_goes_as_far():
    styler = make()
    styler.adapt(iter(paintings_in_halves(60)))
    vectors = np.stack([styler.encode_style(pair) for pair in paintings_in_halves(60)])
    own = np.s_[..., styler.description_dim - 6 : styler.description_dim]
    discriminants = vectors[own]
    within = np.var((discriminants[:, 0] - discriminants[:, 1]) / np.sqrt(2), axis=0)
    assert np.all(within < 1.1)
    assert np.all(np.var(discriminants[:, 0], axis=0)[:2] > 5 * within[:2])  # the most telling directions come first
    noise = np.random.default_rng(0).standard_normal((3, 6)).astype("float32")
    varied = np.array(styler.vary_style(vectors[0, :1], noise))
    np.testing.assert_allclose(varied[own], discriminants[0, :1] + noise, rtol=1e-6)
    varied[own] = discriminants[0, :1]
    np.testing.assert_array_equal(varied, np.repeat(vectors[0, :1], 3, axis=0))


def test_a_style_vector_holds_the_moments_that_are_injected(styler):
    vectors = np.asarray(styler.encode_style(PAINTINGS))
    assert styler.part_sizes == (6, 2 * 64, 2 * 96, 2 * 160, 6, styler.num_parameters)
    assert not vectors[:, -styler.num_parameters :].any()
    outputs = styler.extractor.layer_outputs(PAINTINGS)
    details, content, shapes = (np.log1p(outputs[name]) for name in ("stage2_conv2", "stage3_conv2", "stage4_conv2"))
    np.testing.assert_allclose(vectors[:, 6:70], details.mean((1, 2)), atol=1e-5)
    np.testing.assert_allclose(vectors[:, 70:134], np.sqrt(details.var((1, 2)) + 1e-5), atol=1e-5)
    np.testing.assert_allclose(vectors[:, 134:230], content.mean((1, 2)), atol=1e-5)
    np.testing.assert_allclose(vectors[:, 230:326], np.sqrt(content.var((1, 2)) + 1e-5), atol=1e-5)
    np.testing.assert_allclose(vectors[:, 326:486], shapes.mean((1, 2)), atol=1e-5)
    np.testing.assert_allclose(vectors[:, 486:646], np.sqrt(shapes.var((1, 2)) + 1e-5), atol=1e-5)


def test_former_names_warn():
    styler, other = make(), make()
    pairs = paintings_in_halves(4)
    styler.adapt(iter(pairs))
    with pytest.warns(DeprecationWarning, match="SemanticStyler.observe_paintings is called adapt now"):
        other.observe_paintings(iter(pairs))
    vectors = styler.encode_style(pairs[0])
    with pytest.warns(DeprecationWarning, match="SemanticStyler.unusual is called standardize now"):
        np.testing.assert_array_equal(other.unusual(vectors), styler.standardize(vectors))
    with pytest.warns(DeprecationWarning, match="LightStyleExtractor.layer_sums is called pre_activations now"):
        sums = styler.extractor.layer_sums(pairs[0])
    assert sums.keys() == styler.extractor.pre_activations(pairs[0]).keys()


def test_the_convolutions_are_told_standardized_vectors():
    styler = make()
    pairs = paintings_in_halves(60)
    styler.adapt(iter(pairs))
    standardized = np.sinh(np.concatenate([styler.standardize(styler.encode_style(pair)) for pair in pairs]))
    np.testing.assert_allclose(standardized.mean(axis=0), 0, atol=1e-2)
    assert standardized.std(axis=0).max() < 1.01
    assert 0.9 < np.median(standardized.std(axis=0)) < 1.01


def test_what_is_plain_is_painted_without_a_frame(styler):
    vectors = styler.encode_style(PAINTINGS)
    plain = np.full((1, 53, 70, 3), 0.4, np.float32)
    np.testing.assert_allclose(np.ptp(styler(plain, vectors[:1], ONE), axis=(1, 2)), 0, atol=1e-4)


def test_without_strokes_a_photograph_has_the_palette_of_the_painting(styler, monkeypatch):
    def palette(images):
        opponents = np.asarray(images) @ np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]]).T / np.sqrt([3, 2, 6])
        return opponents.mean((1, 2)), opponents.std((1, 2))

    monkeypatch.setattr(styler, "paint", lambda outputs, style_vectors: tf.zeros((2, 256, 256, 3)))
    images = RANDOM.random((2, 4, 4, 3)).astype("float32").repeat(64, axis=1).repeat(64, axis=2)
    paintings = 0.3 + 0.4 * PAINTINGS * np.float32([1.0, 0.6, 0.3])
    vectors = styler.encode_style(paintings)
    painted = styler(0.1 + 0.8 * images, vectors, ONE)
    for own, expected in zip(palette(painted), palette(paintings), strict=True):
        np.testing.assert_allclose(own, expected, atol=0.02)
    checkerboard = np.indices((256, 256)).sum(axis=0)[..., None] % 2 - 0.5
    detailed = styler((0.1 + 0.8 * images + 0.1 * checkerboard).astype("float32"), vectors, ONE)
    np.testing.assert_allclose(detailed, painted, atol=1e-3)  # what is fine is the generator's to draw


def test_enlarging_is_bilinear():
    images = RANDOM.random((1, 5, 7, 3)).astype("float32")
    inside = np.s_[:, FAR // 2 : -FAR // 2, FAR // 2 : -FAR // 2]
    expected = tf.image.resize(images, (5 * FAR, 7 * FAR))
    np.testing.assert_allclose(enlarge(images)[inside], expected[inside], atol=1e-5)


def test_the_noise_of_a_gray_photograph_gets_no_color(styler, monkeypatch):
    monkeypatch.setattr(styler, "paint", lambda outputs, style_vectors: tf.zeros((1, 24, 16, 3)))
    random = np.random.default_rng(0)
    gray = np.linspace(0.2, 0.8, 13)[:, None] + random.normal(0, 0.002, (1, 18, 13, 3))  # half a level of 8 bits
    painted = np.asarray(styler(gray.astype("float32"), styler.encode_style(PAINTINGS[:1]), ONE))
    assert np.std(painted, axis=(1, 2)).min() > 0.1
    assert np.std(np.diff(painted, axis=-1), axis=(1, 2)).max() < 0.1


def test_each_photograph_gets_its_own_strength_and_style(styler):
    vectors = styler.encode_style(PAINTINGS)
    both = styler(IMAGES, vectors, tf.constant([0.3, 0.8]))
    for index, strength in enumerate((0.3, 0.8)):
        alone = styler(IMAGES[index : index + 1], vectors[index : index + 1], tf.constant([strength]))
        np.testing.assert_allclose(both[index : index + 1], alone, atol=1e-5)
    other = styler(IMAGES, vectors[::-1], tf.constant([0.3, 0.8]))
    assert np.abs(other - both).max() > 1e-3


def test_a_style_vector_is_made_of_channel_moments(styler):
    """Noise beside itself has the same moments, since its seam is noise too; darker noise has others."""
    tile = RANDOM.random((1, 64, 64, 3)).astype("float32")
    mosaic = np.concatenate([tile, tile], axis=2)
    other = (0.3 * RANDOM.random((1, 64, 64, 3))).astype("float32")
    own, same, different = (np.asarray(styler.encode_style(image))[0] for image in (tile, mosaic, other))
    assert np.linalg.norm(own - same) < 0.5 * np.linalg.norm(own - different)


def test_adjustments_are_added_to_the_scales_and_shifts_of_every_convolution(styler):
    vectors = np.asarray(styler.encode_style(PAINTINGS))
    adjustments = RANDOM.normal(0, 0.1, (2, styler.num_parameters)).astype("float32")
    adjusted = styler.adjust(vectors, adjustments)
    np.testing.assert_allclose(styler.ask(adjusted), styler.ask(vectors) + adjustments, atol=1e-5)
    np.testing.assert_array_equal(styler.adjust(adjusted, 0 * adjustments), vectors)
    painted = np.asarray(styler(IMAGES, vectors, ONE))
    starts = np.cumsum([0, *styler.parameter_sizes])
    for start, end in itertools.pairwise(starts):
        one = np.zeros_like(adjustments)
        one[:, start:end] = 1.0
        assert np.abs(styler(IMAGES, styler.adjust(vectors, one), ONE) - painted).max() > 1e-5


def test_the_extractor_is_frozen(styler):
    frozen = {id(variable) for variable in styler.extractor.variables}
    trainable = {id(variable) for variable in styler.trainable_variables}
    assert len(frozen) == len(LightStyleExtractor(weights=None).variables)
    assert not frozen & trainable
    names = ("usual_mean", "usual_deviation", "discriminants", "usual_vector", "vector_deviation")
    observed = {id(getattr(styler, name)) for name in names}
    assert frozen | trainable | observed == {id(variable) for variable in styler.variables}


def test_statistics_are_standardized_by_those_of_paintings():
    styler = make()
    pairs = paintings_in_halves(8)
    styler.adapt(iter(pairs))
    moments = np.concatenate([styler.see_moments(pair)[1] for pair in pairs])
    np.testing.assert_allclose(styler.usual_mean, moments.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(styler.usual_deviation, moments.std(axis=0) + 0.01, rtol=1e-4)
    standardized = np.clip((moments - moments.mean(axis=0)) / (moments.std(axis=0) + 0.01), -4, 4)
    expected = standardized @ np.asarray(styler.discriminants)
    vectors = np.concatenate([styler.encode_style(pair) for pair in pairs])
    np.testing.assert_allclose(vectors[:, styler.description_dim - 6 : styler.description_dim], expected, atol=0.01)


def test_vectors_are_float32_in_any_precision():
    styler = make(dtype="mixed_bfloat16")
    vectors = styler.encode_style(PAINTINGS)
    assert vectors.dtype == tf.float32
    assert styler(IMAGES, vectors, ONE).dtype == tf.float32


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

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.models.perceptual.vgg19_extractor import FILTERS
from tfstyle.models.style.adain import MARGIN, AdaINStyler, InverseCNN

IMAGES = np.random.default_rng(0).random((2, 18, 13, 3)).astype("float32")
STYLES = (
    np.random.default_rng(1).random((2, 24, 21, 3)).astype("float32")
    ** np.array([1, 3], "float32")[:, None, None, None]
)
FULL = tf.ones(1)


def make(**kwargs):
    keras.utils.set_random_seed(1)
    return AdaINStyler(**{"encoder_weights": None, "decoder_filters": (6, 5), **kwargs})


@pytest.fixture(scope="module")
def styler():
    """Up to the third block of VGG19; not to be changed."""
    return make()


# InverseCNN


def test_the_decoder_is_the_encoder_backwards():
    decoder = InverseCNN()
    names = list(FILTERS)
    names = names[: names.index("block4_conv1") + 1]
    assert [convolution.name for convolution in decoder.convolutions] == names[::-1]
    # What VGG19's convolution takes, its counterpart gives.
    taken = dict(zip(names, (3, *(FILTERS[name] for name in names)), strict=False))
    assert {convolution.name: convolution.filters for convolution in decoder.convolutions} == taken


def test_the_decoder_equals_its_steps_one_by_one():
    keras.utils.set_random_seed(0)
    decoder = InverseCNN((6,))
    features = np.random.default_rng(2).normal(size=(2, 3, 4, 5)).astype("float32")
    outputs = decoder(features)
    assert [variable.shape for variable in decoder.weights[::2]] == [(3, 3, 5, 6), (3, 3, 6, 6), (3, 3, 6, 3)]

    def convolve(maps, kernel, bias):
        padded = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
        return tf.nn.conv2d(padded, kernel, 1, "VALID") + bias

    first, second, third = (convolution.get_weights() for convolution in decoder.convolutions)
    hidden = np.maximum(convolve(features, *first), 0)
    hidden = hidden.repeat(2, axis=1).repeat(2, axis=2)
    hidden = np.maximum(convolve(hidden, *second), 0)
    np.testing.assert_allclose(outputs, 1 / (1 + np.exp(-convolve(hidden, *third))), atol=1e-5)


@pytest.mark.parametrize("filters", [(), (5, 4, 3, 2, 1)])
def test_as_many_stages_as_vgg19_has(filters):
    with pytest.raises(ValueError, match="`filters` must be 1 to 4 integers. Received: filters="):
        InverseCNN(filters)


# AdaINStyler


def test_sizes_follow_from_the_filters(styler):
    assert styler.style_layers == ("block1_conv1", "block2_conv1", "block3_conv1")
    assert styler.stride == 4
    assert styler.style_dim == 2 * 256
    assert AdaINStyler(None, (8, 4, 2)).style_dim == 2 * 512  # block4_conv1, as in the paper


def test_the_style_vector_is_the_means_and_deviations_of_the_features(styler):
    padding = ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN + 3), (0, 0))  # 21 + 3 is a multiple of 4
    features = styler.encoder(np.pad(STYLES, padding, mode="reflect"))["block3_conv1"].numpy().astype("float64")
    deviations = np.sqrt(features.var(axis=(1, 2)) + 1e-5)
    expected = np.concatenate([features.mean(axis=(1, 2)), deviations], axis=1)
    style_vectors = styler.encode_style(STYLES)
    assert style_vectors.dtype == tf.float32
    np.testing.assert_allclose(style_vectors, expected, rtol=1e-3, atol=1e-5)


def test_strength_moves_the_features_from_the_photograph_to_the_style(styler):
    style_vectors = styler.encode_style(STYLES)
    images = IMAGES[:, :16, :12]
    features = styler.features(np.pad(images, ((0, 0), (8, 8), (8, 8), (0, 0)), mode="reflect")).numpy()
    mean, deviation = (part[:, None, None] for part in np.split(style_vectors.numpy(), 2, axis=1))
    own_mean = features.mean(axis=(1, 2), keepdims=True)
    painted = deviation * (features - own_mean) / np.sqrt(features.var(axis=(1, 2), keepdims=True) + 1e-5) + mean
    for strength in ([0.0, 0.0], [0.3, 1.0]):
        share = np.array(strength, "float32")[:, None, None, None]
        expected = styler.decoder((1 - share) * features + share * painted)[:, 8:-8, 8:-8]
        np.testing.assert_allclose(styler(images, style_vectors, tf.constant(strength)), expected, atol=1e-4)
    assert np.abs(styler(images, style_vectors, FULL) - styler(images, style_vectors, 0 * FULL)).max() > 0.05


def test_every_image_has_its_own_style_or_all_have_one(styler):
    style_vectors = styler.encode_style(STYLES)
    both = styler(IMAGES, style_vectors, FULL)
    for index in range(2):
        alone = styler(IMAGES, style_vectors[index : index + 1], FULL)
        np.testing.assert_allclose(both[index], alone[index], atol=1e-5)
    assert np.abs(styler(IMAGES, style_vectors[:1], FULL)[1] - both[1]).max() > 0.01


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 90), (8, 16), (9, 7)])
def test_any_size(size):
    styler = AdaINStyler(None, (4, 4, 4))
    images = np.random.default_rng(3).random((1, *size, 3)).astype("float32")
    style_vectors = styler.encode_style(images)
    outputs = styler(images, style_vectors, FULL)
    assert style_vectors.shape == (1, 1024)
    assert outputs.shape == images.shape
    assert outputs.dtype == tf.float32
    assert 0 <= np.min(outputs) <= np.max(outputs) <= 1


def test_the_decoder_alone_is_trainable(styler):
    assert [variable.path for variable in styler.trainable_variables] == [
        variable.path for variable in styler.decoder.variables
    ]
    assert len(styler.variables) == len(styler.encoder.variables) + len(styler.decoder.variables)
    again = AdaINStyler.from_config(styler.get_config())
    assert len(again.trainable_variables) == len(styler.decoder.variables)


def test_half_precision_gives_float32(styler):
    half = make(dtype="mixed_bfloat16")
    half.set_weights(styler.get_weights())
    style_vectors = half.encode_style(STYLES)
    outputs = half(IMAGES, style_vectors, FULL)
    assert style_vectors.dtype == outputs.dtype == tf.float32
    assert half.features(IMAGES).dtype == tf.bfloat16
    np.testing.assert_allclose(outputs, styler(IMAGES, styler.encode_style(STYLES), FULL), atol=0.03)


def test_the_encoder_takes_the_weights_it_is_given(styler, tmp_path):
    arrays = {variable.path.partition("encoder/")[2]: variable.numpy() for variable in styler.encoder.variables}
    np.savez(tmp_path / "vgg19.npz", **arrays)
    again = make(encoder_weights=tmp_path / "vgg19.npz")
    np.testing.assert_allclose(again.encode_style(STYLES), styler.encode_style(STYLES), rtol=1e-6)
    with pytest.raises(FileNotFoundError, match="no VGG19 weights at nowhere.npz"):
        make(encoder_weights="nowhere.npz")

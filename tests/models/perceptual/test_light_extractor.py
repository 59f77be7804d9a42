import numpy as np
import pytest

from tfstyle.models.perceptual import extractor_weights
from tfstyle.models.perceptual.layer_scale import normalize_layers
from tfstyle.models.perceptual.light_extractor import CONTENT_LAYER, STYLE_LAYERS, LightStyleExtractor
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor

IMAGES = np.random.default_rng(0).random((2, 21, 18, 3)).astype("float32")


def with_biases(extractor):
    """Random biases: zeros would hide a mistake in them."""
    random = np.random.default_rng(1)
    for layer in extractor.weighted_layers:
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel, random.normal(0, 1, bias.shape)])
    return extractor


def convolve(images, kernel, bias, stride):
    """A convolution with TensorFlow's "same" padding, and a ReLU."""
    size = kernel.shape[0]
    pads = [max((-(-side // stride) - 1) * stride + size - side, 0) for side in images.shape[1:3]]
    padded = np.pad(images, ((0, 0), *((pad // 2, pad - pad // 2) for pad in pads), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    return np.maximum(np.einsum("bhwcij,ijcf->bhwf", windows, kernel) + bias, 0.0)


def test_features_equal_numpy():
    extractor = with_biases(LightStyleExtractor(["stage2_conv2", "stage3_conv2"], None))
    features = extractor(IMAGES)
    assert list(features) == ["stage2_conv2", "stage3_conv2"]
    hidden = IMAGES[..., ::-1] * 255.0 - [103.939, 116.779, 123.68]
    expected = {}
    for convolution in extractor.convolutions:
        hidden = convolve(hidden, *convolution.get_weights(), 2 if convolution.kernel.shape[0] == 4 else 1)
        expected[convolution.name] = hidden
    for head, name in zip(extractor.heads, ("stage2_conv2", "stage3_conv1", "stage3_conv2"), strict=True):
        expected[name] = convolve(expected[name], *head.get_weights(), 1)
    for name, maps in features.items():
        np.testing.assert_allclose(maps, expected[name], rtol=1e-3, atol=1e-3 * np.max(expected[name]))


def test_strides_channels_and_size():
    extractor = LightStyleExtractor(LightStyleExtractor.all_layer_names, None)
    shapes = {name: tuple(maps.shape[1:]) for name, maps in extractor(np.zeros((1, 64, 96, 3), "float32")).items()}
    for name, (height, width, channels) in shapes.items():
        stride = 2 ** (int(name[len("stage")]) - 1)
        assert (height, width) == (64 // stride, 96 // stride)
        assert channels == extractor.get_layer(f"{name}_head").filters
    assert {*STYLE_LAYERS, CONTENT_LAYER} <= set(shapes)
    assert extractor.count_params() <= 1_200_000
    assert not extractor.trainable_variables


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (17, 31)])
def test_any_size(size):
    features = LightStyleExtractor(weights=None)(np.ones((1, *size, 3), "float32"))
    assert features["stage4_conv3"].shape[1:3] == tuple(-(-side // 8) for side in size)


def test_every_pixel_is_seen_equally_often():
    """The gradient of a sum through kernels of ones is flat away from the border: nothing to make a checkerboard of."""
    tf = pytest.importorskip("tensorflow")
    extractor = LightStyleExtractor(["stage4_conv1"], None)
    for layer in extractor.weighted_layers:
        kernel, bias = layer.get_weights()
        layer.set_weights([np.full_like(kernel, 1 / kernel[..., 0].size), bias])
    images = tf.ones((1, 128, 128, 3))
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(extractor(images)["stage4_conv1"])
    center = tape.gradient(total, images).numpy()[0, 48:80, 48:80, 0]
    assert center.min() > 0
    assert np.ptp(center) < 1e-4 * center.max()


def test_weights_from_files(tmp_path):
    layers = ["stage2_conv2", "stage3_conv1"]
    extractor = with_biases(LightStyleExtractor(layers, None))
    arrays = {
        f"{layer.name}/{weight.name}": weight.numpy() for layer in extractor.weighted_layers for weight in layer.weights
    }
    np.savez(tmp_path / "light.npz", **arrays)
    extractor.save_weights(tmp_path / "light.weights.h5")
    for file in ("light.npz", "light.weights.h5"):
        features = LightStyleExtractor(layers, tmp_path / file)(IMAGES)
        for name, expected in extractor(IMAGES).items():
            np.testing.assert_array_equal(features[name], expected)


def test_weights_that_do_not_ship(monkeypatch):
    monkeypatch.setattr(extractor_weights.artifacts, "list_names", lambda: ("style_bank",))
    with pytest.raises(
        FileNotFoundError, match="No weights ship for 'light_style_extractor' .*tfstyle train perceptual"
    ):
        LightStyleExtractor()
    with pytest.raises(FileNotFoundError, match="No weights ship for 'vgg19_style_extractor'"):
        VGG19StyleExtractor(["block1_conv1"], "tfstyle")


def test_wrong_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no weights at .*nowhere\.npz\. Name a file, \.npz or"):
        LightStyleExtractor(weights=tmp_path / "nowhere.npz")
    (tmp_path / "weights.txt").touch()
    with pytest.raises(ValueError, match=r"must end in \.npz or \.weights\.h5\. Received: .*weights\.txt"):
        LightStyleExtractor(weights=tmp_path / "weights.txt")


@pytest.mark.parametrize("in_cache", [True, False])
def test_automatic_weights_of_vgg19(in_cache, tmp_path, monkeypatch, caplog):
    """ImageNet's where Keras has them already, else those that ship; and it says which."""
    loaded = []
    monkeypatch.setattr(VGG19StyleExtractor, "_copy_from_keras", lambda self, weights: loaded.append(weights))
    monkeypatch.setattr(
        "tfstyle.models.perceptual.vgg19_extractor.load_extractor_weights",
        lambda extractor, weights: loaded.append(weights),
    )
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if in_cache:
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5").touch()
    with caplog.at_level("INFO", "tfstyle"):
        VGG19StyleExtractor(["block1_conv1"], "auto")
    expected = "imagenet" if in_cache else "tfstyle"
    assert loaded == [expected]
    assert caplog.messages == [f"VGG19: weights='{expected}'"]


EXTRACTORS = {
    "light": (LightStyleExtractor, ("stage2_conv2", "stage3_conv1")),
    "vgg19": (VGG19StyleExtractor, ("block1_conv1", "block1_conv2", "block2_conv2", "block3_conv1")),
}


@pytest.mark.parametrize(("kind", "layers"), EXTRACTORS.values(), ids=EXTRACTORS)
def test_normalized_layers_have_mean_one_and_nothing_else_changes(kind, layers):
    extractor = with_biases(kind(layers, None))
    before = {name: np.asarray(maps) for name, maps in extractor(IMAGES).items()}
    factors = normalize_layers(extractor, IMAGES, batch_size=1)
    after = extractor(IMAGES)
    assert set(factors) == set(extractor.needed_layer_names)
    for name in layers:
        np.testing.assert_allclose(factors[name], before[name].mean(), rtol=1e-4)
        expected = before[name] / before[name].mean()
        np.testing.assert_allclose(after[name], expected, rtol=1e-3, atol=1e-3 * expected.max())
        assert abs(before[name].mean() - 1) > 0.1  # it was not 1 before


def test_a_silent_layer_stays_as_it_is():
    extractor = LightStyleExtractor(["stage2_conv2"], None)
    head = extractor.heads[0]
    head.set_weights([np.zeros(head.kernel.shape), -np.ones(head.filters)])
    assert normalize_layers(extractor, IMAGES) == {"stage2_conv2": 1.0}
    np.testing.assert_array_equal(head.bias, -1.0)


def test_normalization_takes_images_in_eight_bits():
    images = np.rint(255 * IMAGES).astype("uint8")
    one, two = (with_biases(LightStyleExtractor(["stage2_conv2"], None)) for _ in range(2))
    two.set_weights(one.get_weights())
    normalize_layers(one, images)
    normalize_layers(two, images.astype("float32") / 255)
    for left, right in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-5)

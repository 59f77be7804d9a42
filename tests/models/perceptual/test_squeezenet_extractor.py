import numpy as np
import pytest

from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor

IMAGES = np.random.default_rng(0).random((2, 21, 18, 3)).astype("float32")


def same_windows(images, size, stride, fill):
    """Windows of TensorFlow's "same" padding: `(batch, rows, columns, channels, size, size)`."""
    pads = [max((-(-side // stride) - 1) * stride + size - side, 0) for side in images.shape[1:3]]
    padded = np.pad(images, ((0, 0), *((pad // 2, pad - pad // 2) for pad in pads), (0, 0)), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::stride, ::stride]


def convolve(images, arrays, name, stride=1):
    kernel = arrays[f"{name}/kernel"]
    windows = same_windows(images, kernel.shape[0], stride, fill=0.0)
    return np.maximum(np.einsum("bhwcij,ijcf->bhwf", windows, kernel) + arrays[f"{name}/bias"], 0.0)


def reference(images, arrays):
    """Features of conv1, fire2 and fire3."""
    hidden = convolve(images[..., ::-1] * 255.0 - [104.0, 117.0, 123.0], arrays, "conv1", stride=2)
    features = {"conv1": hidden}
    hidden = same_windows(hidden, 3, 2, fill=-np.inf).max((-1, -2))
    for name in ("fire2", "fire3"):
        squeezed = convolve(hidden, arrays, f"{name}/squeeze1x1")
        expanded = [convolve(squeezed, arrays, f"{name}/expand{size}") for size in ("1x1", "3x3")]
        features[name] = hidden = np.concatenate(expanded, axis=-1)
    return features


@pytest.fixture(scope="module")
def arrays():
    """Random weights of all layers up to fire4, and of one that is not needed."""
    random = np.random.default_rng(1)
    shapes = {"conv1": (7, 7, 3, 96), "conv10": (1, 1, 512, 10)}
    inputs = 96
    for name, squeeze, expand in (("fire2", 16, 64), ("fire3", 16, 64), ("fire4", 32, 128)):
        shapes[f"{name}/squeeze1x1"] = (1, 1, inputs, squeeze)
        shapes[f"{name}/expand1x1"] = (1, 1, squeeze, expand)
        shapes[f"{name}/expand3x3"] = (3, 3, squeeze, expand)
        inputs = 2 * expand
    result = {}
    for name, shape in shapes.items():
        result[f"{name}/kernel"] = random.normal(0, np.prod(shape[:3]) ** -0.5, shape).astype("float32")
        result[f"{name}/bias"] = random.normal(0, 1, shape[-1]).astype("float32")
    return result


@pytest.fixture
def weights_file(arrays, tmp_path):
    np.savez(tmp_path / "squeezenet.npz", **arrays)
    return tmp_path / "squeezenet.npz"


def test_features_equal_numpy(arrays, weights_file):
    features = SqueezeNetExtractor(["conv1", "fire2", "fire3"], weights_file)(IMAGES)
    expected = reference(IMAGES, arrays)
    assert list(features) == ["conv1", "fire2", "fire3"]
    for name, target in expected.items():
        np.testing.assert_allclose(features[name], target, rtol=1e-3, atol=1e-3)
    assert np.max(features["fire3"]) > 1


def test_default_layers_and_strides():
    extractor = SqueezeNetExtractor()
    features = extractor(np.zeros((1, 64, 96, 3), "float32"))
    assert {name: tuple(tensor.shape) for name, tensor in features.items()} == {
        "conv1": (1, 32, 48, 96),
        "fire2": (1, 16, 24, 128),
        "fire3": (1, 16, 24, 128),
        "fire4": (1, 16, 24, 256),
        "fire5": (1, 8, 12, 256),
        "fire6": (1, 8, 12, 384),
        "fire7": (1, 8, 12, 384),
    }
    assert not extractor.trainable_variables


def test_it_ends_after_the_deepest_layer_asked_for(weights_file):
    extractor = SqueezeNetExtractor(["fire2"], weights_file)
    assert list(extractor(IMAGES)) == ["fire2"]
    assert {weight.path.split("/")[1] for weight in extractor.weights} == {"conv1", "fire2"}


def test_the_smallest_image():
    features = SqueezeNetExtractor(["conv1", "fire9"])(np.ones((1, 1, 1, 3), "float32"))
    assert features["fire9"].shape == (1, 1, 1, 512)


@pytest.mark.parametrize(
    ("layer_names", "received"), [(["conv1", "block1_conv1"], "block1_conv1"), (["conv10"], "conv10"), ([], "none")]
)
def test_unknown_layer(layer_names, received):
    with pytest.raises(
        ValueError, match=f"`layer_names` of SqueezeNetExtractor must be some of conv1, .*fire9. Received: {received}."
    ):
        SqueezeNetExtractor(layer_names)


def test_missing_array(arrays, tmp_path):
    arrays = {name: array for name, array in arrays.items() if name != "fire2/expand3x3/bias"}
    np.savez(tmp_path / "short.npz", **arrays)
    with pytest.raises(
        ValueError, match="short.npz has no array 'fire2/expand3x3/bias', which SqueezeNetExtractor needs"
    ):
        SqueezeNetExtractor(["fire2"], tmp_path / "short.npz")


def test_array_of_another_shape(arrays, tmp_path):
    np.savez(tmp_path / "other.npz", **{**arrays, "conv1/kernel": np.zeros((3, 3, 3, 64))})
    with pytest.raises(
        ValueError, match=r"other.npz: conv1/kernel has shape \(3, 3, 3, 64\), expected \(7, 7, 3, 96\)"
    ):
        SqueezeNetExtractor(["conv1"], tmp_path / "other.npz")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        SqueezeNetExtractor(["conv1"], tmp_path / "nowhere.npz")

import numpy as np
import pytest

from tfstyle.models.perceptual.compressed_vgg19 import BLOCKS, STYLE_LAYERS, CompressedVGG19

IMAGES = np.random.default_rng(0).random((2, 21, 18, 3)).astype("float32")


def convolve(images, arrays, name):
    kernel = arrays[f"{name}/kernel"]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.maximum(np.einsum("bhwcij,ijcf->bhwf", windows, kernel) + arrays[f"{name}/bias"], 0.0)


def pool(images):
    batch, height, width, channels = images.shape
    images = images[:, : height // 2 * 2, : width // 2 * 2]
    return images.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


@pytest.fixture(scope="module")
def arrays():
    random = np.random.default_rng(1)
    result = {"preprocess/kernel": random.normal(size=(1, 1, 3, 3)), "preprocess/bias": random.normal(size=3)}
    inputs = 3
    for block, filters in enumerate(BLOCKS, start=1):
        for index, outputs in enumerate(filters, start=1):
            deviation = (9 * inputs) ** -0.5
            result[f"block{block}_conv{index}/kernel"] = random.normal(0, deviation, (3, 3, inputs, outputs))
            result[f"block{block}_conv{index}/bias"] = random.normal(size=outputs)
            inputs = outputs
    return {name: values.astype("float32") for name, values in result.items()}


def test_features_equal_numpy(arrays, tmp_path):
    np.savez(tmp_path / "weights.npz", **arrays)
    features = CompressedVGG19(("block1_conv1", "block2_conv1", "block2_conv2"), tmp_path / "weights.npz")(IMAGES)
    hidden = IMAGES @ arrays["preprocess/kernel"][0, 0] + arrays["preprocess/bias"]
    expected = {"block1_conv1": convolve(hidden, arrays, "block1_conv1")}
    hidden = pool(convolve(expected["block1_conv1"], arrays, "block1_conv2"))
    expected["block2_conv1"] = convolve(hidden, arrays, "block2_conv1")
    expected["block2_conv2"] = convolve(expected["block2_conv1"], arrays, "block2_conv2")
    assert set(features) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(features[name], values, rtol=1e-4, atol=1e-4)


def test_the_layers_bear_the_names_of_vgg19(arrays, tmp_path):
    np.savez(tmp_path / "weights.npz", **arrays)
    features = CompressedVGG19(STYLE_LAYERS, tmp_path / "weights.npz")(np.ones((1, 48, 64, 3), np.float32))
    shapes = {name: tuple(values.shape[1:]) for name, values in features.items()}
    assert shapes == {
        "block1_conv1": (48, 64, 16),
        "block2_conv1": (24, 32, 32),
        "block3_conv1": (12, 16, 64),
        "block4_conv1": (6, 8, 128),
        "block5_conv1": (3, 4, 128),
    }


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.npz"):
        CompressedVGG19(weights=tmp_path / "missing.npz")

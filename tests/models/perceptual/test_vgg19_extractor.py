import h5py
import keras
import numpy as np
import pytest

from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor

IMAGES = np.random.default_rng(0).random((2, 37, 34, 3)).astype("float32")
LAYERS = ("block1_conv1", "block1_conv2", "block2_conv1", "block3_conv4", "block4_conv2", "block5_conv1")


@pytest.fixture(scope="module")
def published():
    """Keras' VGG19 with random weights and biases, in the place of those that would have to be downloaded."""
    keras.utils.set_random_seed(0)
    network = keras.applications.VGG19(include_top=False, weights=None)
    random = np.random.default_rng(1)
    for weight in network.weights:
        if len(weight.shape) == 1:
            weight.assign(random.normal(0, 1, weight.shape))
    return network


@pytest.fixture(scope="module")
def published_file(published, tmp_path_factory):
    """Its weights in the HDF5 layout of the file that Keras downloads."""
    path = tmp_path_factory.mktemp("vgg19") / "vgg19_notop.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in published.layers]
        for layer in published.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.weights, strict=True):
                group[name] = weight.numpy()
    return path


def published_features(network, layer_names):
    outputs = [network.get_layer(name).output for name in layer_names]
    return keras.Model(network.input, outputs)(keras.applications.vgg19.preprocess_input(255.0 * IMAGES))


def test_features_equal_those_of_keras_vgg19(published, published_file):
    features = VGG19StyleExtractor(LAYERS, published_file)(IMAGES)
    assert tuple(features) == LAYERS
    for name, expected in zip(LAYERS, published_features(published, LAYERS), strict=True):
        np.testing.assert_allclose(features[name], expected, rtol=1e-3, atol=1e-3 * np.max(expected))
        assert np.max(expected) > 1


def test_imagenet_weights_come_through_keras(published, monkeypatch):
    requests = []
    monkeypatch.setattr(keras.applications, "VGG19", lambda **kwargs: requests.append(kwargs) or published)
    extractor = VGG19StyleExtractor(["block1_conv2"], "imagenet")
    assert requests == [{"include_top": False, "weights": "imagenet"}]
    for convolution in extractor.convolutions:
        for weight, expected in zip(convolution.weights, published.get_layer(convolution.name).weights, strict=True):
            np.testing.assert_array_equal(weight, expected)


def test_without_network(monkeypatch):
    def fail(**kwargs):
        raise Exception("URL fetch failure on https://storage.example/vgg19.h5: None -- no route\nand more")

    monkeypatch.setattr(keras.applications, "VGG19", fail)
    monkeypatch.setenv("KERAS_HOME", "/cache/of/keras")
    with pytest.raises(OSError, match="could not be downloaded") as caught:
        VGG19StyleExtractor(["block1_conv1"], "imagenet")
    message = str(caught.value)
    assert "URL fetch failure on https://storage.example/vgg19.h5: None -- no route" in message  # what was tried
    assert "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5 into /cache/of/keras/models" in message  # the cure
    assert "weights='tfstyle'" in message  # and another
    assert "\n" not in message


def test_npz_and_own_weights_file(tmp_path):
    layers = ["block1_conv1", "block2_conv1"]
    extractor = VGG19StyleExtractor(layers, None)
    expected = extractor(IMAGES)
    arrays = {
        f"{convolution.name}/{weight.name}": weight.numpy()
        for convolution in extractor.convolutions
        for weight in convolution.weights
    }
    np.savez(tmp_path / "vgg19.npz", **arrays)
    extractor.save_weights(tmp_path / "vgg19.weights.h5")
    for file in ("vgg19.npz", "vgg19.weights.h5"):
        features = VGG19StyleExtractor(layers, tmp_path / file)(IMAGES)
        for name in layers:
            np.testing.assert_array_equal(features[name], expected[name])
    assert np.any(VGG19StyleExtractor(layers, None)(IMAGES)["block2_conv1"] != expected["block2_conv1"])


def test_average_pooling():
    layers = ["block1_conv2", "block2_conv1"]
    average, largest = (VGG19StyleExtractor(layers, None, pooling=pooling) for pooling in ("average", "max"))
    largest.set_weights(average.get_weights())
    features = average(IMAGES)
    np.testing.assert_array_equal(features["block1_conv2"], largest(IMAGES)["block1_conv2"])
    pooled = features["block1_conv2"].numpy()[:, :36].reshape(2, 18, 2, 17, 2, 64).mean((2, 4))
    np.testing.assert_allclose(
        features["block2_conv1"], np.maximum(average.convolutions[2](pooled), 0), rtol=1e-4, atol=1e-3
    )
    assert np.all(features["block2_conv1"].shape == np.array([2, 18, 17, 128]))
    assert np.any(largest(IMAGES)["block2_conv1"] != features["block2_conv1"])


def test_it_ends_after_the_deepest_layer_asked_for():
    extractor = VGG19StyleExtractor(["block1_conv2", "block2_conv1"], None)
    assert [layer.name for layer in extractor.convolutions] == ["block1_conv1", "block1_conv2", "block2_conv1"]
    assert not extractor.trainable_variables


def test_unknown_layer():
    with pytest.raises(ValueError, match=r"must be some of block1_conv1, .*block5_conv4. Received: block3_conv5\."):
        VGG19StyleExtractor(["block3_conv5"], None)


def test_unknown_pooling():
    with pytest.raises(ValueError, match="`pooling` must be 'max' or 'average'. Received: pooling='mean'."):
        VGG19StyleExtractor(weights=None, pooling="mean")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no VGG19 weights at .*nowhere.h5. Name 'imagenet', or a file"):
        VGG19StyleExtractor(weights=tmp_path / "nowhere.h5")


def test_broken_file(tmp_path):
    (tmp_path / "broken.h5").write_bytes(b"not HDF5")
    with pytest.raises(ValueError, match=r"broken.h5 does not hold VGG19's weights as Keras publishes them"):
        VGG19StyleExtractor(["block1_conv1"], tmp_path / "broken.h5")

"""Perceptual networks as SavedModels: half the bytes, the same features."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfstyle.artifacts import read_metadata
from tfstyle.models.perceptual import extractor_weights
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor
from tfstyle.saved.archive import ExportError
from tfstyle.saved.extractor import export_extractor
from tfstyle.saved.registry import load_saved_model

IMAGES = np.random.default_rng(0).random((2, 17, 22, 3)).astype("float32")
LAYERS = ("stage2_conv2", "stage3_conv1")


@pytest.fixture(scope="module")
def extractor():
    """A student as a training leaves it; not to be changed."""
    extractor = LightStyleExtractor(LAYERS, None, trainable=True, dtype="mixed_bfloat16")
    random = np.random.default_rng(1)
    extractor.set_weights([value + random.normal(0, 0.05, value.shape) for value in extractor.get_weights()])
    return extractor


@pytest.fixture(scope="module")
def folder(extractor, tmp_path_factory):
    """It, exported; not to be changed."""
    folder = tmp_path_factory.mktemp("exported") / "light"
    export_extractor(extractor, folder, {"license": "CC0-1.0"})
    return folder


def test_signature_and_metadata(folder):
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    (images,) = signature.structured_input_signature[1].values()
    assert (images.name, images.dtype, images.shape.as_list()) == ("images", tf.float32, [None, None, None, 3])
    shapes = {name: (spec.dtype, spec.shape.as_list()) for name, spec in signature.structured_outputs.items()}
    assert shapes == {
        name: (tf.float32, [None, None, None, channels]) for name, channels in zip(LAYERS, (96, 128), strict=True)
    }
    metadata = read_metadata(folder)
    assert metadata["family"] == "light_style_extractor"
    assert metadata["layer_names"] == list(LAYERS)
    assert metadata["license"] == "CC0-1.0"
    assert LightStyleExtractor.from_config(metadata["config"]).dtype_policy.name == "float32"


def test_features_are_those_of_weights_rounded_to_half(extractor, folder):
    rounded = LightStyleExtractor(LAYERS, None)
    rounded.set_weights([value.astype("float16").astype("float32") for value in extractor.get_weights()])
    loaded = load_saved_model(folder)
    assert loaded.layer_names == LAYERS
    features = loaded(IMAGES)
    assert tuple(features) == LAYERS
    for name, maps in rounded(IMAGES).items():
        np.testing.assert_allclose(features[name], maps, rtol=1e-4, atol=1e-4 * np.max(maps))
        full = LightStyleExtractor(LAYERS, None)
        full.set_weights(extractor.get_weights())
        expected = full(IMAGES)[name]
        assert 0 < np.linalg.norm(features[name] - expected) / np.linalg.norm(expected) < 2e-3


def test_it_takes_two_bytes_a_weight(extractor, folder):
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert 2 * extractor.count_params() < size < 2 * extractor.count_params() + 100_000


def test_vgg19_to_block5_conv1_has_room_in_27_megabytes():
    extractor = VGG19StyleExtractor(["block5_conv1"], None)
    assert 2 * extractor.count_params() + 500_000 < 27_000_000  # the graph takes less than half a megabyte


def test_gradients_reach_the_images(folder):
    images = tf.constant(IMAGES)
    loaded = load_saved_model(folder)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(loaded(images)["stage3_conv1"])
    assert np.any(tape.gradient(total, images))


def test_a_keras_model_from_it(folder):
    features = load_saved_model(folder)(IMAGES)
    again = LightStyleExtractor(["stage2_conv2"], weights=folder)  # needs fewer layers than there are
    np.testing.assert_allclose(
        again(IMAGES)["stage2_conv2"], features["stage2_conv2"], rtol=1e-4, atol=1e-4 * np.max(features["stage2_conv2"])
    )
    with pytest.raises(
        ValueError, match="has no layer 'stage3_conv2', which .* Its layers: stage1_conv1, .*conv1_head"
    ):
        LightStyleExtractor(["stage3_conv2"], weights=folder)
    with pytest.raises(
        ValueError, match="is of the family 'light_style_extractor'; VGG19StyleExtractor needs 'vgg19_style_"
    ):
        VGG19StyleExtractor(["block1_conv1"], weights=folder)


def test_weights_that_ship_are_found_by_name(folder, monkeypatch):
    shipped = folder.with_name("light_style_extractor")
    folder_of_shipped = {"saved_models_folder": lambda: folder.parent, "list_names": lambda: (shipped.name,)}
    for name, function in folder_of_shipped.items():
        monkeypatch.setattr(extractor_weights.artifacts, name, function)
    shipped.symlink_to(folder)
    one, two = LightStyleExtractor(LAYERS), LightStyleExtractor(LAYERS, weights=folder)
    for left, right in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_features_that_rounding_spoils_are_not_exported(extractor, tmp_path, monkeypatch):
    monkeypatch.setattr("tfstyle.saved.extractor.HALF_TOLERANCE", 1e-7)
    with pytest.raises(ExportError, match=r"features \w+ differ from the model's by 0.0\d% at 97x131"):
        export_extractor(extractor, tmp_path / "spoiled")
    assert not (tmp_path / "spoiled").exists()


def test_wrong_images(folder):
    loaded = load_saved_model(folder)
    with pytest.raises(
        ValueError, match=r"must be float in \[0, 1\], of shape .* Received: images.shape=\(17, 22, 3\)"
    ):
        loaded(IMAGES[0])
    with pytest.raises(ValueError, match="images.dtype=uint8"):
        loaded(IMAGES.astype("uint8"))


STRANGER = """
import sys
import numpy as np
sys.modules["tfstyle"] = None  # makes `import tfstyle` raise
import tensorflow as tf
folder, images, output = sys.argv[1:]
model = tf.saved_model.load(folder)
np.savez(output, **model.signatures["serving_default"](images=tf.constant(np.load(images))))
"""


@pytest.mark.slow
def test_a_process_without_tfstyle(folder, tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    arguments = [folder, tmp_path / "images.npy", tmp_path / "features.npz"]
    subprocess.run([sys.executable, "-c", STRANGER, *map(str, arguments)], cwd=tmp_path, check=True, timeout=300)
    expected = load_saved_model(folder)(IMAGES)
    with np.load(tmp_path / "features.npz") as features:
        assert set(features.files) == set(LAYERS)
        for name in features.files:
            np.testing.assert_allclose(features[name], expected[name], rtol=1e-5, atol=1e-5)

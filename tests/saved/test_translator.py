"""Translators as SavedModels: images in, images out, of any size, for any program."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.artifacts import read_metadata
from tfstyle.models.translation.resnet_translator import ResNetTranslator
from tfstyle.models.translation.unet_generator import UNetGenerator
from tfstyle.saved.registry import export_model, export_run
from tfstyle.saved.translator import LoadedTranslator, export_translator
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.run_directory import RunDirectory
from tfstyle.training.translator_config import TranslatorConfig
from tfstyle.training.translator_trainer import description

IMAGES = np.random.default_rng(0).random((2, 13, 18, 3), np.float32)
TRANSLATORS = {
    "unet": lambda: UNetGenerator((4, 6, 8), dtype="mixed_bfloat16"),
    "resnet": lambda: ResNetTranslator((4, 6), num_residual_blocks=1),
}


@pytest.fixture(scope="module", params=TRANSLATORS)
def translator(request):
    """A Keras model with weights as after a training; not to be changed."""
    model, random = TRANSLATORS[request.param](), np.random.default_rng(1)
    model.set_weights([value + random.normal(0, 0.1, value.shape) for value in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def folder(translator, tmp_path_factory):
    """It, exported; not to be changed."""
    folder = tmp_path_factory.mktemp("exported") / "drawings"
    export_translator(translator, folder, {"license": "CC0-1.0"})
    return folder


@pytest.fixture(scope="module")
def loaded(folder):
    return tfstyle.load(folder)


def rounded_to_half(translator):
    """The same network in float32, with weights as float16 holds them."""
    full = type(translator).from_config({**translator.get_config(), "dtype": "float32"})
    full.set_weights([value.astype("float16").astype("float32") for value in translator.get_weights()])
    return full


def test_signatures_and_metadata(translator, folder, loaded):
    signatures = tf.saved_model.load(str(folder)).signatures
    for name, dtype in (("serving_default", tf.float32), ("translate_uint8", tf.uint8)):
        (inputs,) = signatures[name].structured_input_signature[1].values()
        assert (inputs.name, inputs.dtype, inputs.shape.as_list()) == ("images", dtype, [None, None, None, 3])
        assert signatures[name].structured_outputs["images"].dtype == dtype
    metadata = read_metadata(folder)
    assert (metadata["family"], metadata["name"], metadata["license"]) == ("translator", "drawings", "CC0-1.0")
    assert metadata["class"] == type(translator).__name__
    assert isinstance(loaded, LoadedTranslator)


@pytest.mark.parametrize("size", [(1, 1), (13, 18), (16, 32), (5, 70)])
def test_images_of_any_size_are_those_of_weights_rounded_to_half(translator, loaded, size):
    images = np.random.default_rng(0).random((2, *size, 3), np.float32)
    expected = (rounded_to_half(translator)(2 * images - 1).numpy() + 1) / 2
    np.testing.assert_allclose(loaded(images), expected, atol=1e-5)
    levels = np.rint(255 * images).astype(np.uint8)
    again = loaded(levels)
    assert (again.dtype, again.shape) == (np.uint8, images.shape)
    assert np.abs(again - 255 * loaded(levels / np.float32(255))).max() <= 0.5 + 1e-2


def test_weights_take_two_bytes(folder, translator):
    size = (folder / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert 2 * translator.count_params() < size < 2 * translator.count_params() + 20_000


def test_strength_goes_from_the_photograph_to_its_translation(loaded):
    full = loaded(IMAGES)
    np.testing.assert_allclose(loaded.painter()(IMAGES), full, atol=1e-6)
    np.testing.assert_array_equal(loaded.painter(strength=0.0)(IMAGES), IMAGES)
    np.testing.assert_allclose(loaded.painter(None, 0.25)(IMAGES), 0.75 * IMAGES + 0.25 * full, atol=1e-6)
    np.testing.assert_allclose(tfstyle.stylize(IMAGES[0], loaded, None), full[0], atol=1e-5)


def test_mistakes(loaded):
    with pytest.raises(ValueError, match="drawings has no styles: pass None. Received: styles='waves'"):
        loaded.painter("waves")
    with pytest.raises(ValueError, match=r"`strength` must lie in \[0, 1\]. Received: strength=1.5"):
        loaded.painter(strength=1.5)
    with pytest.raises(ValueError, match="`stroke_size` must be 1. Received: stroke_size=2"):
        loaded.painter(stroke_size=2)
    with pytest.raises(ValueError, match="uint8 in 0 to 255, or float in .*with values from -1"):
        loaded(2 * IMAGES - np.float32(1.1))


def test_it_can_be_trained_on(translator, folder):
    for again in (tfstyle.load_pretrained(folder), type(translator).from_preset(folder)):
        assert type(again) is type(translator)
        np.testing.assert_array_equal(again(IMAGES), rounded_to_half(translator)(IMAGES))


@pytest.mark.slow
def test_a_stranger_needs_no_tfstyle(folder, loaded, tmp_path):
    code = f"""
import numpy as np, sys, tensorflow as tf
model = tf.saved_model.load({str(folder)!r})
images = np.load("images.npy")
np.save("translated.npy", model.signatures["serving_default"](images=tf.constant(images))["images"])
assert "tfstyle" not in sys.modules
"""
    np.save(tmp_path / "images.npy", IMAGES)
    process = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert process.returncode == 0, process.stderr
    np.testing.assert_allclose(np.load(tmp_path / "translated.npy"), loaded(IMAGES), atol=1e-5)


def test_a_run_is_exported_with_its_average(translator, tmp_path):
    """As a trainer leaves it: the average of the generator, beside networks that are not exported."""
    run = RunDirectory(tmp_path / "run")
    run.start(TranslatorConfig())
    network = description(translator)
    run.write_model({"family": "translator", "config": {"generator": network}, "method": "pix2pix"})
    full = rounded_to_half(translator)
    average = MovingAverage(full)
    checkpoint = tf.train.Checkpoint(step=tf.Variable(7, dtype=tf.int64), average=average.variables)
    tf.train.CheckpointManager(checkpoint, str(run.path / "checkpoints"), max_to_keep=1).save()
    export_run(run.path, tmp_path / "model")
    metadata = json.loads((tmp_path / "model" / "assets.extra" / "metadata.json").read_text())
    assert (metadata["method"], metadata["trained_steps"]) == ("pix2pix", 7)
    np.testing.assert_allclose(tfstyle.load(tmp_path / "model")(IMAGES), (full(2 * IMAGES - 1) + 1) / 2, atol=1e-5)


def test_the_registry_exports_any_translator(translator, tmp_path):
    export_model(translator, tmp_path / "model")
    assert read_metadata(tmp_path / "model")["class"] == type(translator).__name__

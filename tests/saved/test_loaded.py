"""Loaded models are copied, pickled and sent to other processes, and refuse images of another range."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle import artifacts
from tfstyle.artifacts import ArtifactError
from tfstyle.models.gan.dense_gan import DenseGenerator
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.saved.extractor import export_extractor
from tfstyle.saved.generator import export_generator
from tfstyle.saved.style_bank import LoadedStyleBank

IMAGES = np.random.default_rng(0).random((2, 17, 19, 3), np.float32)


@pytest.fixture(scope="module")
def loaded(bank, styler, tmp_path_factory):
    """Name -> loaded model, and a function of it that gives an array."""
    folder = tmp_path_factory.mktemp("loaded")
    export_generator(DenseGenerator((4, 4, 1), 3, (4,)), folder / "generator")
    export_extractor(LightStyleExtractor(("stage2_conv2",), weights=None), folder / "extractor")
    return {
        "bank": (bank, lambda model: model(IMAGES, model.style_weights({"waves": 1.0}))),
        "styler": (styler, lambda model: model(IMAGES, model.encode_style(IMAGES))),
        "generator": (tfstyle.load(folder / "generator"), lambda model: model.generate(2)),
        "extractor": (tfstyle.load(folder / "extractor"), lambda model: model(IMAGES)["stage2_conv2"].numpy()),
    }


NAMES = ("bank", "styler", "generator", "extractor")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_another_of_the_same(loaded, name, again):
    model, use = loaded[name]
    other = again(model)
    assert type(other) is type(model) and other is not model
    assert other.metadata == model.metadata and other.folder == model.folder
    np.testing.assert_array_equal(use(other), use(model))


def test_a_deep_copy_has_metadata_of_its_own_and_weights_in_common(bank):
    other = copy.deepcopy([bank, bank])
    assert other[0] is other[1]
    other[0].metadata["name"] = "changed"
    assert bank.metadata["name"] == "tiny_bank"
    assert other[0]._saved_model is bank._saved_model


def test_a_pickle_is_a_place(bank, bank_folder, tmp_path, monkeypatch):
    data = pickle.dumps(bank)
    assert len(data) < 1000 and str(bank_folder).encode() in data
    monkeypatch.setattr(artifacts, "saved_models_folder", lambda: bank_folder.parent)
    assert str(bank_folder).encode() not in pickle.dumps(bank)  # the name alone: it ships elsewhere, too
    monkeypatch.setattr(artifacts, "list_names", lambda folder=None: ())
    with pytest.raises(ArtifactError, match="There is no model 'style_bank'"):
        pickle.loads(pickle.dumps(bank))


def test_what_was_read_from_no_folder(bank):
    with pytest.raises(TypeError, match="LoadedStyleBank was not loaded from a folder and cannot be pickled. Use"):
        pickle.dumps(LoadedStyleBank(bank._saved_model, bank.metadata))


def paint(model, images):
    return model(images, model.style_weights({"waves": 1.0}))


@pytest.mark.slow
def test_another_process_that_was_spawned(bank):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        painted = pool.apply(paint, (bank, IMAGES))
    np.testing.assert_array_equal(painted, paint(bank, IMAGES))


@pytest.mark.parametrize("name", ["bank", "styler", "extractor"])
def test_images_of_another_range_are_refused(loaded, name):
    model, _ = loaded[name]
    second = {"bank": [[[0.0, 1.0, 0.0]]], "styler": [np.zeros((1, 4), np.float32)], "extractor": []}[name]
    for images in (2 * IMAGES - 1, 255 * IMAGES, np.where(IMAGES > 0.99, np.nan, IMAGES)):
        with pytest.raises(ValueError, match=r"float in \[0, 1\]. Received: images.dtype=float32 with values from "):
            model(images, *second)
    for overshoot in (0.25, 0.58):
        model((1 + 2 * overshoot) * IMAGES - overshoot, *second)
    if name == "styler":
        with pytest.raises(ValueError, match=r"`style_images` must be .*with values from -"):
            model.encode_style(2 * IMAGES - 1)


def test_pixels_that_are_optimized_may_leave_the_range(loaded):
    extractor, _ = loaded["extractor"]
    pixels = tf.Variable(2 * IMAGES - 1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(extractor(pixels)["stage2_conv2"])
    assert np.any(tape.gradient(loss, pixels))

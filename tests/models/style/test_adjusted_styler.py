import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.models.style.adjusted_styler import AdjustedStyler
from tfstyle.saved.styler import export_styler
from tfstyle.zoo import load_pretrained

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((2, 18, 26, 3)).astype("float32")
PAINTING = RANDOM.random((1, 24, 32, 3)).astype("float32")


@pytest.fixture(scope="module")
def styler():
    keras.utils.set_random_seed(0)
    return AdjustedStyler(None, num_discriminants=4, filters=(4, 4, 4, 4), num_residual_blocks=1)


@pytest.fixture(scope="module")
def folder(styler, tmp_path_factory):
    """A SavedModel as version 0.1.0 wrote it."""
    folder = tmp_path_factory.mktemp("models") / "old"
    export_styler(styler, folder)
    file = folder / "assets.extra/metadata.json"
    metadata = json.loads(file.read_text())
    del metadata["class"]
    file.write_text(json.dumps(metadata))
    return folder


def test_the_styler_of_version_0_1_0_is_loaded(styler, folder):
    again = load_pretrained(folder)
    assert type(again) is AdjustedStyler
    vectors = again.encode_style(PAINTING)
    np.testing.assert_allclose(vectors, styler.encode_style(PAINTING), rtol=1e-2, atol=1e-2)
    painted = again(IMAGES, vectors, tf.ones((1,)))
    np.testing.assert_allclose(painted, styler(IMAGES, vectors, tf.ones((1,))), atol=0.03)  # weights of 16 bits
    assert np.abs(painted - IMAGES).max() > 0.01


def test_the_styler_of_version_0_1_0_refines_unless_told_not_to(folder):
    """Its signature `encode_style` refines, and `glance_at_style` does not."""
    loaded = tfstyle.load(folder)
    assert not loaded.refines
    glance = loaded._signatures["encode_style"]
    refined = lambda style_images: {"style_vectors": glance(style_images=style_images)["style_vectors"] + 1}  # noqa: E731
    loaded._signatures = {**loaded._signatures, "encode_style": refined, "glance_at_style": glance}
    assert loaded.refines and loaded.can_refine
    vectors = loaded.encode_style(PAINTING, refine=False)
    np.testing.assert_allclose(loaded.encode_style(PAINTING), vectors + 1)
    np.testing.assert_allclose(loaded.encode_style(PAINTING, refine=True), vectors + 1)

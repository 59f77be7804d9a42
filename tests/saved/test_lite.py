"""Models for LiteRT."""

import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.artifacts import LITE_MODEL, ArtifactError, find_model
from tfstyle.models.style.plain_style_bank import PlainStyleBank
from tfstyle.models.style.style_bank import StyleBank
from tfstyle.saved import lite_bank
from tfstyle.saved.archive import ExportError
from tfstyle.saved.lite import convert_to_lite, make_lite
from tfstyle.saved.lite_bank import LiteStyleBank
from tfstyle.saved.registry import load_saved_model
from tfstyle.saved.style_bank import export_style_bank

pytest.importorskip("ai_edge_litert")

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((2, 37, 50, 3), np.float32)


def spread(bank):
    """Weights that make the styles of an untrained bank differ."""
    random = np.random.default_rng(1)
    bank.set_weights([value + random.normal(0, 0.3, value.shape) for value in bank.get_weights()])
    return bank


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A small bank with its model for LiteRT."""
    folder = tmp_path_factory.mktemp("lite") / "bank"
    export_style_bank(spread(PlainStyleBank(["identity", "waves", "stars"], (4, 6, 4), 1)), folder)
    return folder


def compare(folder, **variation):
    bank, lite = load_saved_model(folder), LiteStyleBank(folder)
    weights = np.array([[0.2, 0.8, 0.0], [0.0, 0.0, 1.0]], np.float32)
    painted = lite(IMAGES, weights, **variation)
    assert painted.dtype == np.float32
    np.testing.assert_allclose(painted, bank(IMAGES, weights, **variation), atol=2 / 255)
    return painted


def test_a_bank_by_litert_paints_the_same_pixels_at_any_size(exported):
    compare(exported)
    bank, lite = load_saved_model(exported), LiteStyleBank(exported)
    photo = np.rint(255 * RANDOM.random((70, 33, 3))).astype(np.uint8)
    expected = tfstyle.stylize(photo, bank, {"waves": 1, "stars": 2}, strength=0.6)
    stylized = tfstyle.stylize(photo, lite, {"waves": 1, "stars": 2}, strength=0.6)
    assert stylized.dtype == np.uint8
    assert np.abs(stylized.astype(int) - expected).max() <= 2


def test_the_shipped_bank_has_one():
    bank, lite = tfstyle.load("style_bank"), LiteStyleBank("style_bank")
    assert lite.style_names == bank.style_names
    weights = bank.style_weights({bank.style_names[1]: 1})
    np.testing.assert_allclose(lite(IMAGES, weights), bank(IMAGES, weights), atol=2 / 255)


@pytest.mark.slow
def test_noise_strokes_and_seeds_are_converted(tmp_path):
    bank = StyleBank(["identity", "waves", "stars"], (4, 6, 4), 1, learned_stroke_sizes=(0.5, 1.0))
    export_style_bank(spread(bank), tmp_path / "bank")
    painted = compare(tmp_path / "bank", seed=3, stroke_size=0.7)
    assert np.abs(painted - compare(tmp_path / "bank", seed=4, stroke_size=0.7)).max() > 0.05
    assert np.abs(painted - compare(tmp_path / "bank", seed=3, stroke_size=1.0)).max() > 0.05


def test_a_browser_gets_a_fixed_size(tmp_path):
    from ai_edge_litert.interpreter import Interpreter

    bank = spread(PlainStyleBank(["identity", "waves"], (4, 6, 4), 1))
    runner = Interpreter(model_content=convert_to_lite(bank, (24, 32))).get_signature_runner("stylize")
    assert runner.get_input_details()["images"]["shape_signature"].tolist() == [1, 24, 32, 3]
    assert runner.get_output_details()["images"]["shape_signature"].tolist() == [1, 24, 32, 3]


@pytest.mark.slow
def test_other_families_are_converted():
    """The conversion compares the results itself."""
    from tfstyle.models.gan.dense_gan import DenseGenerator
    from tfstyle.models.style.adain import AdaINStyler
    from tfstyle.models.translation import ResNetTranslator

    models = [
        (AdaINStyler(None, (64, 64)), {"encode_style", "stylize"}),
        (ResNetTranslator((4, 6, 8), 1), {"translate"}),
        (DenseGenerator(), {"generate"}),
    ]
    from ai_edge_litert.interpreter import Interpreter

    for model, names in models:
        interpreter = Interpreter(model_content=convert_to_lite(model))
        assert set(interpreter.get_signature_list()) == names


def test_a_bank_that_cannot_be_converted_is_exported_without(exported, monkeypatch, caplog):
    def refuse(*_):
        raise ExportError("Conv9D cannot be converted")

    monkeypatch.setattr("tfstyle.saved.lite.convert_to_lite", refuse)
    assert make_lite(None) == {}
    assert "without a model for LiteRT: Conv9D" in caplog.text


def test_a_wrong_conversion_is_noticed(exported, monkeypatch):
    from tfstyle.saved import lite

    content = (exported / LITE_MODEL).read_bytes()
    any_size = tf.TensorSpec((1, None, None, 3), tf.float32, name="images")
    other = spread(spread(PlainStyleBank(["identity", "waves", "stars"], (4, 6, 4), 1)))
    with pytest.raises(ExportError, match="images of the model for LiteRT differ by"):
        lite._check(content, lite._signatures(other, lite.half_module(other), any_size))


def test_what_is_missing_is_said(bank_folder, exported, monkeypatch):
    with pytest.raises(ArtifactError, match=r"has no assets.extra/model.tflite. Export it again"):
        LiteStyleBank(bank_folder)
    monkeypatch.setattr(lite_bank, "RUNTIME", "a_package_that_does_not_exist")
    with pytest.raises(ArtifactError, match=r'pip install "tfstyle\[lite\]"'):
        LiteStyleBank(find_model(exported))

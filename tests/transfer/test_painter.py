"""What photographs are stylized with."""

import json
import sys

import numpy as np
import pytest

import tfstyle
from tfstyle.images import load_image, save_image
from tfstyle.transfer.painter import PainterOptions, make_painter, plan_painter
from tfstyle.transfer.stylize import StylizeError


@pytest.fixture
def paintings(tmp_path):
    files = [tmp_path / name for name in ("red.png", "blue.png")]
    for file, color in zip(files, ((250, 30, 60), (20, 90, 200)), strict=True):
        save_image(file, np.full((8, 9, 3), color, np.uint8))
    return [str(file) for file in files]


def test_a_plan_says_how_it_paints(bank_folder, photo_file, bank):
    plan = plan_painter(PainterOptions(["waves=3", "starry_night"], str(bank_folder), strength=0.5))
    assert plan.recipe == "Stylized by the model tiny_bank; styles: waves 0.75, starry_night 0.25; strength: 0.5"
    photo = load_image(photo_file)
    expected = tfstyle.stylize(photo, bank, {"waves": 3, "starry_night": 1}, 0.5)
    np.testing.assert_array_equal(make_painter(plan)(photo), expected)


def test_an_embedding_is_computed_once_and_saved(styler_folder, styler, paintings, photo_file, tmp_path):
    options = PainterOptions(paintings, str(styler_folder), seed=3, save_style=tmp_path / "new" / "style.npy")
    paint = make_painter(plan_painter(options))
    embeddings = styler.encode_style([load_image(file) for file in paintings])
    expected = styler.vary_style(embeddings.mean(axis=0), 3)[0]
    np.testing.assert_allclose(np.load(tmp_path / "new" / "style.npy"), expected, atol=1e-5)
    photo = load_image(photo_file)
    np.testing.assert_allclose(paint(photo), tfstyle.stylize(photo, styler, expected), atol=1)


def test_refinement_is_logged_not_printed(styler_folder, paintings, monkeypatch, caplog, capsys):
    from tfstyle.saved.styler import LoadedStyler

    monkeypatch.setattr(LoadedStyler, "refines", True)
    with caplog.at_level("INFO", "tfstyle"):
        make_painter(plan_painter(PainterOptions(paintings, str(styler_folder))))
    assert [record.getMessage() for record in caplog.records] == [
        "refining the style embedding: about ten seconds for each painting"
    ]
    assert capsys.readouterr() == ("", "")


def test_a_model_that_stylizes_nothing(styler_folder, tmp_path, monkeypatch):
    folder = tmp_path / "generator"
    (folder / "assets.extra").mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    (folder / "assets.extra" / "metadata.json").write_text(
        json.dumps({"name": "digits", "family": "generator", "task": "generate digits"})
    )
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # none of this needs it
    with pytest.raises(StylizeError, match="is a generator, which does not stylize photographs. Use a style bank"):
        plan_painter(PainterOptions(["waves"], str(folder)))


def test_a_bank_without_noise_and_with_one_size_of_strokes(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # none of this needs it
    styles, folder = ["klimt_mada_primavesi"], tmp_path / "style_bank"
    metadata = tfstyle.artifacts.read_metadata(tfstyle.artifacts.find_model("style_bank"))
    (folder / "assets.extra").mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    plain = {**metadata, "has_noise": False, "stroke_sizes": [1.0]}  # as of the bank of version 0.1.0
    (folder / "assets.extra" / "metadata.json").write_text(json.dumps(plain))
    tfstyle.artifacts.write_manifest(tmp_path)
    monkeypatch.setattr(tfstyle.artifacts, "saved_models_folder", lambda: tmp_path)
    with pytest.raises(StylizeError, match="style_bank has no noise, which a seed would vary"):
        plan_painter(PainterOptions(styles, "style_bank", seed=1))
    with pytest.raises(StylizeError, match="The strokes of style_bank are of one size. Received: stroke_size=2"):
        plan_painter(PainterOptions(styles, "style_bank", stroke_size=2))


def test_a_place_for_the_embedding_that_cannot_be_written(styler_folder, paintings, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(tfstyle.images.ImageError, match="file is not a folder"):
        plan_painter(PainterOptions(paintings, str(styler_folder), save_style=tmp_path / "file" / "style.npy"))

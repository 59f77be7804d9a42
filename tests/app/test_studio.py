"""What the page asks for, without the page."""

import numpy as np
import pytest

import tfstyle
from tests.app.hostile import ACCEPTED, REFUSED
from tests.conftest import STYLES
from tfstyle.app.checks import StudioError
from tfstyle.app.examples import CAPTIONS, draw_hills, example_captions
from tfstyle.app.studio import Studio
from tfstyle.data.drawn_scenes import DrawnScenes
from tfstyle.errors import TfstyleError
from tfstyle.images import image_grid, load_image, read_tags, resize_longest_side, to_uint8
from tfstyle.saved.family import GENERATE, STYLIZE
from tfstyle.transfer.painter import PainterOptions, plan_painter


def reduced(file, size=256):
    return resize_longest_side(load_image(file, longest_side=size), size)


def test_own_models_are_found_by_what_they_do(studio):
    assert studio.names(STYLIZE, has_named_styles=True) == ["style_bank"]
    assert studio.names(STYLIZE, has_named_styles=False) == ["adain"]
    assert studio.names(GENERATE) == ["generator"]
    assert studio.style_names("style_bank") == list(STYLES[1:])
    assert [name for _, name in studio.thumbnails("style_bank")] == list(STYLES[1:])


def test_a_photograph_is_painted_and_tagged_as_by_the_command(studio, files, bank, bank_folder):
    photo, _ = files
    result = studio.paint(photo, ["waves", "starry_night"], "style_bank", 0.5, 1.2, 3, True, size=256)
    before = reduced(photo)
    np.testing.assert_array_equal(result.before, before)
    styles = [("waves", 1.0), ("starry_night", 1.0)]
    np.testing.assert_array_equal(result.after, tfstyle.stylize(before, bank, styles, 0.5, True, None, 1.2, 3))
    np.testing.assert_array_equal(load_image(result.file), result.after)
    options = PainterOptions(["waves", "starry_night"], str(bank_folder), strength=0.5, stroke_size=1.2, seed=3)
    expected = {"Software": f"tfstyle {tfstyle.__version__}", "Description": plan_painter(options).recipe}
    assert read_tags(result.file) == expected


def test_a_mask_says_where(studio, files, half_mask):
    photo, paintings = files
    for styles, model in ((["waves"], "style_bank"), (paintings[:1], "adain")):
        whole = studio.paint(photo, styles, model, size=256)
        part = studio.paint(photo, styles, model, mask=half_mask, size=256)
        width = part.after.shape[1]
        np.testing.assert_allclose(part.after[:, : width // 4], whole.after[:, : width // 4], atol=1)
        np.testing.assert_array_equal(part.after[:, -width // 4 :], part.before[:, -width // 4 :])
        assert "in mask.png" in read_tags(part.file)["Description"]
    with pytest.raises(TfstyleError, match="another aspect ratio"):
        studio.paint(photo, ["waves"], "style_bank", mask=np.ones((9, 90), np.float32))


def test_a_style_is_encoded_once(studio, files, monkeypatch):
    photo, paintings = files
    encode = type(studio.model("adain")).encode_style
    calls = []
    monkeypatch.setattr(type(studio.model("adain")), "encode_style", lambda *args: calls.append(1) or encode(*args))
    pictures = [studio.paint(photo, paintings[1:2], "adain", strength, size=256).after for strength in (0.3, 1.0)]
    assert len(calls) == 1
    assert (pictures[0] != pictures[1]).any()


def test_controls_are_those_of_the_model(studio):
    assert studio.controls("adain").stroke_sizes == (0.5, 2.0)
    assert studio.controls("adain").has_seed
    shipped = Studio()
    controls, metadata = shipped.controls("style_bank"), shipped.metadata["style_bank"]
    shipped.close()
    assert (controls.stroke_sizes is None) == (len(metadata.get("stroke_sizes", [1.0])) == 1)
    assert controls.has_seed == bool(metadata.get("has_noise"))


def test_restoring(studio, files, half_mask):
    photo, _ = files
    before = reduced(photo)
    repaired = studio.restore(photo, "inpainter", mask=half_mask, size=256)
    width = before.shape[1]
    np.testing.assert_array_equal(repaired.after[:, width // 2 + 2 :], before[:, width // 2 + 2 :])
    assert (repaired.after[:, : width // 2 - 2] != before[:, : width // 2 - 2]).any()
    assert read_tags(repaired.file)["Description"] == "Repaired by the model inpainter"
    with pytest.raises(StudioError, match="Paint over what shall be filled"):
        studio.restore(photo, "inpainter", size=256)


def test_generating(studio):
    grid, file = studio.generate("generator", 3, 5, "cross")
    images = studio.model("generator").generate(3, 5, labels=1)
    np.testing.assert_array_equal(load_image(file), to_uint8(image_grid(list(images))))
    factor = grid.shape[0] // load_image(file).shape[0]
    np.testing.assert_array_equal(grid[::factor, ::factor], load_image(file))
    assert factor > 1
    assert read_tags(file)["Description"] == "model: generator; seed: 5"
    assert studio.generate("generator", 2, 5, None, 4)[0].shape[1] > grid.shape[1]


def test_words_are_drawn_as_by_the_command(studio):
    lines = ["a red ring", "two rings above a cross"]
    grid, file = studio.illustrate("illustrator", f"{lines[0]}\n\n  {lines[1]} ", 4, 5)
    illustrator = studio.model("illustrator")
    images = illustrator(lines * 2, illustrator.draw_latents(4, 5)).numpy()
    np.testing.assert_array_equal(load_image(file), to_uint8(image_grid(list(images), 2)))
    assert grid.shape[0] > load_image(file).shape[0]
    assert read_tags(file)["Description"] == "model: illustrator; seed: 5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a red bird", "the model does not know the word 'bird'. "),
        ("a blu ring", "Near words that it knows: blue."),
        (" \n ", "Write what to draw, or take one of the examples."),
        (None, "Write what to draw"),
        ("...", "a text has 1 to 6 words. Received: '...', 0 words."),
        ("a red ring above a blue cross", "a text has 1 to 6 words"),
        ("ring " * 100, "at most 64 lines of at most 300 letters"),
        ("ring\n" * 65, "at most 64 lines"),
    ],
)
def test_words_that_cannot_be_drawn(studio, text, message):
    with pytest.raises(TfstyleError) as error:
        studio.illustrate("illustrator", text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_example_captions_are_those_that_a_model_reads(studio):
    assert studio.captions("illustrator") == []  # it knows no green
    drawn = DrawnScenes(32)
    assert example_captions(drawn.vocabulary, drawn.num_words) == list(CAPTIONS)
    assert example_captions(drawn.vocabulary, 8) == [text for text in CAPTIONS if len(text.split()) <= 8] != []


def test_a_map(studio, files):
    _, paintings = files
    assert studio.style_map(paintings, "adain").shape[-1] == 3
    with pytest.raises(StudioError, match="3 to 60 paintings. Received: 2 paintings"):
        studio.style_map(paintings[:2], "adain")
    with pytest.raises(StudioError, match="all the same"):
        studio.style_map(paintings[:1] * 3, "adain")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"photo": None}, "Choose a photograph: drop one on the page"),
        ({"styles": []}, "Choose a style of the gallery"),
        ({"styles": ["/etc/passwd"]}, "Choose styles of style_bank. They are: waves, starry_night"),
        ({"model": "../secret"}, "There is no model '../secret'. Models: "),
        ({"model": "generator"}, "generator is a model to generate images from noise, which this part"),
        ({"model": "adain", "styles": [None]}, "Choose a painting"),
        ({"strength": 7}, "The strength must be a number from 0 to 1. Received: 7"),
        ({"strength": float("nan")}, "The strength must be a number from 0 to 1. Received: nan"),
        ({"stroke_size": "wide"}, "The stroke size must be a number from 0.5 to 2"),
        ({"seed": -1}, "The seed must be a whole number from 0 to 2147483647. Received: -1"),
        ({"seed": 1.5}, "The seed must be a whole number"),
        ({"size": 10**9}, "The longest side must be a whole number from 256 to 4096"),
    ],
)
def test_mistakes_in_words(studio, files, changes, message):
    request = {"photo": files[0], "styles": ["waves"], "model": "style_bank", "size": 256, **changes}
    with pytest.raises(TfstyleError) as error:
        studio.paint(**request)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_uploads_are_refused_in_one_line(studio, files, tmp_path, name):
    content, message = REFUSED[name]
    file = tmp_path / name
    file.write_bytes(content)
    for request in (
        lambda: studio.paint(str(file), ["waves"], "style_bank"),
        lambda: studio.paint(files[0], [str(file)], "adain"),
        lambda: studio.style_map([files[0], files[0], str(file)], "adain"),
    ):
        with pytest.raises(TfstyleError, match=message) as error:
            request()
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ACCEPTED)
def test_odd_pictures_are_painted(studio, tmp_path, name):
    file = tmp_path / name
    file.write_bytes(ACCEPTED[name])
    result = studio.paint(str(file), ["waves"], "style_bank", size=256)
    assert result.after.shape == result.before.shape == load_image(result.file).shape
    assert b"<script" not in result.file.read_bytes()


def test_only_the_newest_results_are_kept(studio, files, monkeypatch):
    monkeypatch.setattr("tfstyle.app.studio.RESULTS_KEPT", 2)
    results = [studio.generate("generator", 1)[1] for _ in range(3)]
    assert [file.exists() for file in results] == [False, True, True]


def test_files_end_with_the_studio():
    studio = Studio()
    photo = studio.photographs()[0]
    assert photo.exists()
    studio.close()
    assert not photo.exists()


def test_a_drawn_photograph():
    hills = draw_hills(48, 64)
    assert hills.shape == (48, 64, 3)
    assert hills[:8].mean() > hills[-8:].mean() + 50  # the sky is bright

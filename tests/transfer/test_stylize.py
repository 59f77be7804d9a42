from pathlib import Path

import numpy as np
import pytest

from tfstyle.images import load_image, read_tags, save_image, to_float
from tfstyle.transfer.masks import MaskError
from tfstyle.transfer.stylize import (
    Failure,
    Job,
    StylizeError,
    describe_recipe,
    plan_jobs,
    stylize,
    stylize_file,
    stylize_files,
)


@pytest.fixture
def photo(photo_file):
    return load_image(photo_file)


# Arrays


def test_the_whole_style_is_what_the_bank_paints(bank, photo):
    painting = stylize(photo, bank, "waves")
    expected = np.asarray(bank(to_float(photo)[None], [[0, 1, 0]]))[0]
    assert painting.dtype == np.uint8
    assert painting.shape == photo.shape
    np.testing.assert_array_equal(painting, np.rint(expected * 255).astype(np.uint8))
    assert np.abs(painting.astype(int) - photo).mean() > 5


def test_strength_and_weights_make_one_row(bank, photo):
    painting = stylize(to_float(photo), bank, {"waves": 3, "starry_night": 1}, strength=0.4)
    expected = np.asarray(bank(to_float(photo)[None], [[0.6, 0.3, 0.1]]))[0]
    assert painting.dtype == np.float32
    np.testing.assert_allclose(painting, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda photo: photo[..., 0], "(height, width, 3)"),
        (lambda photo: photo.astype("float32"), "float in [0, 1]. Received: dtype=float32 with values up to"),
        (lambda photo: "photo.jpg", "tfstyle.load_image('photo.jpg')"),
    ],
)
def test_what_is_no_photograph_is_refused(bank, photo, change, message):
    with pytest.raises(ValueError) as error:
        stylize(change(photo), bank, "waves")
    assert message in str(error.value)


def test_a_name_is_no_bank(photo):
    with pytest.raises(ValueError, match=r"tfstyle.load\('style_bank'\)"):
        stylize(photo, "style_bank", "waves")


def test_strength_zero_is_the_photograph_itself(bank, photo):
    assert stylize(photo, bank, "waves", strength=0) is photo
    assert stylize(photo, bank, "waves", strength=0, preserve_color=True) is photo


@pytest.mark.parametrize("styles", ["waves", {"waves": 1, "starry_night": 2}])
def test_colors_are_kept_also_where_styles_blend(bank, photo, styles):
    photo = to_float(photo)
    plain, kept = (stylize(photo, bank, styles, preserve_color=keep) for keep in (False, True))
    # The difference of two channels is a color without its light (in YIQ, a combination of I and Q).
    np.testing.assert_allclose(kept[..., 0] - kept[..., 1], photo[..., 0] - photo[..., 1], atol=1e-6)
    np.testing.assert_allclose(kept[..., 2] - kept[..., 1], photo[..., 2] - photo[..., 1], atol=1e-6)
    assert np.abs(plain - kept).mean() > 0.01
    assert np.abs(photo - kept).mean() > 0.01


def test_alpha_is_carried_and_hidden_colors_do_not_matter(bank, photo):
    alpha = np.full((*photo.shape[:2], 1), 255, np.uint8)
    alpha[:10] = 0
    alpha[10:12] = 100
    one = np.concatenate([photo, alpha], axis=-1)
    other = one.copy()
    other[:10, :, :3] = 77
    painting = stylize(one, bank, "waves")
    np.testing.assert_array_equal(painting[..., 3:], alpha)
    np.testing.assert_array_equal(painting, stylize(other, bank, "waves"))


def test_a_single_pixel(bank):
    assert stylize(np.zeros((1, 1, 3), np.uint8), bank, "waves").shape == (1, 1, 3)


# Networks that paint like any painting


def test_a_painting_or_its_vector(styler, photo):
    painting = np.full((9, 5, 3), 200, np.uint8)
    vector = styler.encode_style(painting)[0]
    expected = styler(to_float(photo)[None], vector, 0.6)[0]
    for style in (painting, to_float(painting), vector, [(painting, 2.0)], [(vector, 1), (painting, 3)]):
        painted = stylize(to_float(photo), styler, style, strength=0.6)
        np.testing.assert_allclose(painted, expected, atol=1e-5)
    assert np.abs(expected - to_float(photo)).mean() > 0.05
    assert stylize(photo, styler, vector, strength=0) is photo
    assert stylize(photo, styler, vector).dtype == np.uint8


def test_what_is_no_style_is_refused(styler, bank, photo):
    with pytest.raises(ValueError, match=r"tfstyle.load_image\('monet.jpg'\)"):
        stylize(photo, styler, "monet.jpg")
    with pytest.raises(
        ValueError, match="The styles of tiny_bank have names. Received: ndarray. The styles are: ident"
    ):
        stylize(photo, bank, photo)
    with pytest.raises(ValueError, match=r"a list of \(style, weight\)"):
        stylize(photo, bank, ["waves", "starry_night"])


def test_pairs_of_a_bank(bank, photo):
    pairs = [("waves", 1), ("starry_night", 1), ("waves", 2)]
    expected = stylize(photo, bank, {"waves": 3, "starry_night": 1})
    np.testing.assert_array_equal(stylize(photo, bank, pairs), expected)


# Masks


def test_each_region_in_its_style(bank, styler, photo):
    masks = np.zeros((2, *photo.shape[:2]), np.float32)
    masks[0, :, :10] = 1
    masks[1, :, 20:] = 1
    masks[0, 0, :4] = 0.25  # a soft edge to the photograph
    vectors = np.eye(4, dtype=np.float32)[:2]
    for model, styles in ((bank, ["waves", {"starry_night": 1}]), (styler, list(vectors))):
        painted = stylize(photo, model, styles, masks=masks)
        left, right = (stylize(photo, model, style) for style in styles)
        np.testing.assert_array_equal(painted[1:, :10], left[1:, :10])
        np.testing.assert_array_equal(painted[:, 20:], right[:, 20:])
        np.testing.assert_array_equal(painted[:, 10:20], photo[:, 10:20])
        mixture = 0.25 * left[0, :4] + 0.75 * photo[0, :4]
        np.testing.assert_allclose(painted[0, :4], mixture, atol=1.1)


def test_masks_that_overlap_share(bank, photo):
    masks = np.ones((2, *photo.shape[:2]), np.float32)
    photo = to_float(photo)
    painted = stylize(photo, bank, ["waves", "starry_night"], masks=masks)
    expected = (stylize(photo, bank, "waves") + stylize(photo, bank, "starry_night")) / 2
    np.testing.assert_allclose(painted, expected, atol=1e-6)


def test_masks_with_colors_and_alpha_kept(bank, photo):
    rgba = to_float(np.dstack([photo, np.full(photo.shape[:2], 90, np.uint8)]))
    masks = np.zeros((1, *photo.shape[:2]), np.float32)
    masks[0, :9] = 1
    painted = stylize(rgba, bank, ["waves"], preserve_color=True, masks=masks)
    np.testing.assert_allclose(painted[9:], rgba[9:], atol=1e-6)
    whole = stylize(rgba, bank, "waves", preserve_color=True)
    np.testing.assert_allclose(painted[:9], whole[:9], atol=1e-6)


@pytest.mark.parametrize(
    ("styles", "masks", "message"),
    [
        ("waves", np.ones((1, 28, 40)), r"a list of one style for each mask. Received: str, masks.shape=\(1, 28, 40\)"),
        (["waves"], np.ones((2, 28, 40)), r"Received: 1 styles, masks.shape=\(2, 28, 40\)"),
        (["waves"], np.ones((1, 40, 28)), r"height and width.*masks.shape=\(1, 40, 28\), photo.shape=\(28, 40, 3\)"),
        (["waves"], np.full((1, 28, 40), 255, np.uint8), r"float in \[0, 1\]. Received: dtype=uint8"),
        (["waves"], np.full((1, 28, 40), 1.5), "values from 1.5 to 1.5"),
        (["waves"], np.full((1, 28, 40), np.nan), "values from nan to nan"),
    ],
)
def test_masks_that_do_not_fit(bank, photo, styles, masks, message):
    with pytest.raises(ValueError, match=message):
        stylize(photo, bank, styles, masks=masks)


# Files


@pytest.fixture
def album(tmp_path):
    """Folder with a.png, b.gif, sub/a.png and notes.txt; working there."""
    folder = tmp_path / "album"
    for name in ("a.png", "b.png", "sub/a.png"):
        save_image(folder / name, np.zeros((2, 2, 3), np.uint8))
    (folder / "b.png").rename(folder / "b.gif")
    (folder / "notes.txt").touch()
    return folder


def outputs(jobs, folder):
    return {job.photo.relative_to(folder).as_posix(): job.output.as_posix() for job in jobs}


def test_a_folder_keeps_its_shape(album):
    jobs, failures = plan_jobs([album], "out")
    assert outputs(jobs, album) == {"a.png": "out/a.png", "b.gif": "out/b.png", "sub/a.png": "out/sub/a.png"}
    assert not failures


def test_one_photo_goes_to_a_file_or_a_folder(album):
    assert plan_jobs([album / "a.png"], "x.jpg")[0] == [Job(album / "a.png", type(album)("x.jpg"))]
    assert outputs(plan_jobs([album / "a.png"], "x")[0], album) == {"a.png": "x/a.png"}
    assert outputs(plan_jobs([album / "a.png"], album / "sub" / "new")[0], album) == {
        "a.png": (album / "sub/new/a.png").as_posix()
    }


def test_what_lies_in_the_output_folder_is_no_photograph(album):
    save_image(album / "painted" / "a.png", np.zeros((2, 2, 3), np.uint8))
    jobs, failures = plan_jobs([album], album / "painted")
    assert set(outputs(jobs, album)) == {"b.gif", "sub/a.png"}
    assert [failure.source for failure in failures] == [album / "a.png"]


@pytest.mark.parametrize(
    ("sources", "output", "message"),
    [
        (["a.png", "b.gif"], "out.png", "several photos need a folder"),
        (["."], "out.jpg", "several photos need a folder"),
        (["a.png"], "out.xyz", "unknown extension '.xyz'. Use one of .png"),
        (["a.png"], "README", "is a file without extension"),
    ],
)
def test_outputs_that_do_not_fit(album, monkeypatch, sources, output, message):
    monkeypatch.chdir(album)
    (album / "README").touch()
    with pytest.raises(StylizeError, match=message):
        plan_jobs(sources, output)


def test_existing_outputs_are_refused(album, tmp_path):
    save_image(tmp_path / "out" / "a.png", np.zeros((2, 2, 3), np.uint8))
    jobs, failures = plan_jobs([album], tmp_path / "out")
    assert set(outputs(jobs, album)) == {"b.gif", "sub/a.png"}
    assert [failure.source for failure in failures] == [album / "a.png"]
    assert "exists already. Add --overwrite" in failures[0].reason
    assert len(plan_jobs([album], tmp_path / "out", overwrite=True)[0]) == 3


def test_photographs_are_never_outputs(album):
    jobs, failures = plan_jobs([album / "a.png", album / "b.gif"], album, overwrite=True)
    assert outputs(jobs, album) == {"b.gif": (album / "b.png").as_posix()}
    assert failures == [Failure(album / "a.png", f"{album / 'a.png'}: is one of the photos. Name another output.")]
    jobs, failures = plan_jobs([album / "a.png"], album / "sub" / ".." / "a.png", overwrite=True)
    assert not jobs
    assert "is one of the photos" in failures[0].reason


def test_two_photographs_of_one_output(album):
    jobs, failures = plan_jobs([album / "a.png", album / "sub" / "a.png"], "out")
    assert [job.photo for job in jobs] == [album / "a.png"]
    assert [failure.source for failure in failures] == [album / "sub" / "a.png"]
    assert f"its output out/a.png is that of {album / 'a.png'}" in failures[0].reason


def test_a_photograph_named_twice_is_done_once(album):
    jobs, failures = plan_jobs([album / "a.png", album / "sub" / ".." / "a.png"], "out")
    assert len(jobs) == 1
    assert not failures


def test_a_missing_source_does_not_stop_the_others(album):
    jobs, failures = plan_jobs([album / "missing.png", album / "a.png"], "out")
    assert len(jobs) == 1
    assert [failure.source for failure in failures] == [album / "missing.png"]


def test_a_file_is_painted_and_says_how(photo_file, tmp_path):
    job = Job(photo_file, tmp_path / "painting.png")
    stylize_file(job, lambda photo: 255 - photo, "Made with love")
    np.testing.assert_array_equal(load_image(job.output), 255 - load_image(photo_file))
    tags = read_tags(job.output)
    assert tags["Software"].startswith("tfstyle 0.")
    assert tags["Description"] == "Made with love"


def test_recipes_are_one_line():
    pairs = [("waves", 2.0), ("starry_night", 1.0), ("waves", 1.0)]
    assert describe_recipe("bank", pairs, strength=0.5) == (
        "Made with the model bank; styles: waves 0.75, starry_night 0.25; strength: 0.5"
    )
    masks = [Path("masks/sky.png"), Path("sea.png"), Path("land.png")]
    assert describe_recipe("bank", pairs, masks) == (
        "Made with the model bank; styles: waves in sky.png, starry_night in sea.png, waves in land.png; strength: 1"
    )


def test_transparency_is_kept_where_the_format_can(photo, tmp_path):
    alpha = np.arange(photo.shape[0] * photo.shape[1]).reshape(*photo.shape[:2], 1) % 256
    source = tmp_path / "transparent.png"
    save_image(source, np.concatenate([photo, alpha.astype(np.uint8)], axis=-1))
    stylize_file(Job(source, tmp_path / "kept.png"), np.copy, "", keep_alpha=True)
    np.testing.assert_array_equal(load_image(tmp_path / "kept.png", keep_alpha=True)[..., 3:], alpha)
    stylize_file(Job(source, tmp_path / "laid.png"), np.copy, "")
    assert load_image(tmp_path / "laid.png", keep_alpha=True)[..., 3].min() == 255
    with pytest.raises(StylizeError, match=r"kept.jpg: this format has no transparency to keep. Write a .png"):
        stylize_file(Job(source, tmp_path / "kept.jpg"), np.copy, "", keep_alpha=True)


def test_too_little_memory_is_said_with_the_cure(photo_file, tmp_path):
    def paint(photo):
        raise MemoryError

    [(_, reason)] = stylize_files([Job(photo_file, tmp_path / "out.png")], paint, "")
    assert reason == f"{photo_file}: not enough memory for 40x28 pixels. Add --size to make it smaller."


def test_masks_of_other_proportions_fail_for_their_photograph_alone(photo_file, tmp_path):
    def paint(photo):
        raise MaskError("other proportions")

    [(_, reason)] = stylize_files([Job(photo_file, tmp_path / "out.png")], paint, "")
    assert reason == "other proportions"


def test_mistakes_of_ours_are_not_hidden(photo_file, tmp_path):
    with pytest.raises(TypeError):
        list(stylize_files([Job(photo_file, tmp_path / "out.png")], None, ""))

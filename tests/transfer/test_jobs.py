"""Stylizing files."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import draw_photo
from tfstyle.images import load_image, read_tags, save_image
from tfstyle.transfer import jobs as jobs_module
from tfstyle.transfer.jobs import Failure, Job, describe_recipe, plan_jobs, stylize_file, stylize_files
from tfstyle.transfer.masks import MaskError
from tfstyle.transfer.stylize import StylizeError, stylize


@pytest.fixture
def photo(photo_file):
    return load_image(photo_file)


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
        (["a.png", "b.gif"], "out.png", "several photographs need a folder"),
        (["."], "out.jpg", "several photographs need a folder"),
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
    assert "already exists. Name another output, or pass overwrite=True" in failures[0].reason
    assert len(plan_jobs([album], tmp_path / "out", overwrite=True)[0]) == 3


def test_photographs_are_never_outputs(album):
    jobs, failures = plan_jobs([album / "a.png", album / "b.gif"], album, overwrite=True)
    assert outputs(jobs, album) == {"b.gif": (album / "b.png").as_posix()}
    assert failures == [Failure(album / "a.png", f"{album / 'a.png'}: is one of the photographs. Name another output.")]
    jobs, failures = plan_jobs([album / "a.png"], album / "sub" / ".." / "a.png", overwrite=True)
    assert not jobs
    assert "is one of the photographs" in failures[0].reason


def test_two_photographs_of_one_output(album):
    jobs, failures = plan_jobs([album / "a.png", album / "sub" / "a.png"], "out")
    assert [job.photo for job in jobs] == [album / "a.png"]
    assert [failure.source for failure in failures] == [album / "sub" / "a.png"]
    assert f"its output out/a.png is the output of {album / 'a.png'}" in failures[0].reason


def test_a_photograph_named_twice_is_done_once(album):
    jobs, failures = plan_jobs([album / "a.png", album / "sub" / ".." / "a.png"], "out")
    assert len(jobs) == 1
    assert not failures


def test_a_symbolic_link_to_a_photograph_is_done_too(album):
    (album / "link.png").symlink_to(album / "a.png")
    jobs, failures = plan_jobs([album], "out")
    assert set(outputs(jobs, album)) == {"a.png", "b.gif", "link.png", "sub/a.png"}
    assert not failures
    # What a link points to is a photograph, too: it is never an output.
    (album / "other").symlink_to(album / "sub")
    jobs, failures = plan_jobs([album / "link.png"], album / "a.png", overwrite=True)
    assert not jobs
    assert "is one of the photographs" in failures[0].reason


def test_an_output_folder_that_cannot_be_written(album, monkeypatch):
    (album / "file").touch()
    with pytest.raises(StylizeError, match=r"file/new: cannot be written \(.*file is not a folder\)"):
        plan_jobs([album], album / "file" / "new")
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: False)  # permissions do not bind an administrator
        for output in ("out", "out/a.png"):
            with pytest.raises(StylizeError, match=rf"^{output}: cannot be written \(no permission"):
                plan_jobs([album / "a.png"], output)
    # One folder of several: the others are done.
    folder = album.parent / "out"
    (folder / "sub").mkdir(parents=True)
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "sub" and allowed(path, mode))
    jobs, failures = plan_jobs([album], folder)
    assert set(outputs(jobs, album)) == {"a.png", "b.gif"}
    assert [failure.source for failure in failures] == [album / "sub" / "a.png"]


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
    assert describe_recipe("the model bank", pairs, strength=0.5, seed=None) == (
        "Stylized by the model bank; styles: waves 0.75, starry_night 0.25; strength: 0.5"
    )
    masks = [Path("masks/sky.png"), Path("sea.png"), Path("land.png")]
    assert describe_recipe("the model bank", pairs, masks, extractor="light") == (
        "Stylized by the model bank; styles: waves 2 in sky.png, starry_night in sea.png, waves in land.png; "
        "extractor: light"
    )


def test_transparency_is_kept_where_the_format_can(photo, tmp_path):
    alpha = np.arange(photo.shape[0] * photo.shape[1]).reshape(*photo.shape[:2], 1) % 256
    source = tmp_path / "transparent.png"
    save_image(source, np.concatenate([photo, alpha.astype(np.uint8)], axis=-1))
    stylize_file(Job(source, tmp_path / "kept.png"), np.copy, "", keep_alpha=True)
    np.testing.assert_array_equal(load_image(tmp_path / "kept.png", keep_alpha=True)[..., 3:], alpha)
    stylize_file(Job(source, tmp_path / "laid.png"), np.copy, "")
    assert load_image(tmp_path / "laid.png", keep_alpha=True)[..., 3].min() == 255
    with pytest.raises(StylizeError, match=r"kept.jpg: this format cannot store transparency. Write a .png"):
        stylize_file(Job(source, tmp_path / "kept.jpg"), np.copy, "", keep_alpha=True)


def test_too_little_memory_is_said_with_the_cure(photo_file, tmp_path):
    def paint(photo):
        raise MemoryError

    [(_, reason)] = stylize_files([Job(photo_file, tmp_path / "out.png")], paint, "")
    assert reason == f"{photo_file}: not enough memory for 40x28 pixels. Pass size=N for a smaller output."


def test_masks_of_other_proportions_fail_for_their_photograph_alone(photo_file, tmp_path):
    def paint(photo):
        raise MaskError("other proportions")

    [(_, reason)] = stylize_files([Job(photo_file, tmp_path / "out.png")], paint, "")
    assert reason == "other proportions"


def test_mistakes_of_ours_are_not_hidden(photo_file, tmp_path):
    with pytest.raises(TypeError):
        list(stylize_files([Job(photo_file, tmp_path / "out.png")], None, ""))


def test_several_photographs_are_painted_at_once_and_results_come_in_order(tmp_path, monkeypatch):
    """A broken file stops nothing, and the files are those of one after another."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    for number in range(6):
        save_image(tmp_path / "photos" / f"{number}.png", np.full((4, 5, 3), number, np.uint8))
    (tmp_path / "photos" / "3.png").write_bytes(b"broken")
    jobs, _ = plan_jobs([tmp_path / "photos"], tmp_path / "out")
    second_is_painted = threading.Event()

    def paint(photo):
        if photo[0, 0, 0] == 0:
            assert second_is_painted.wait(5)  # for ever, if it were one after another
        second_is_painted.set()
        return 255 - photo

    results = list(stylize_files(jobs, paint, "test"))
    assert [job.photo.name for job, _ in results] == [f"{number}.png" for number in range(6)]
    assert [reason is None for _, reason in results] == [True] * 3 + [False] + [True] * 2
    for job, reason in results:
        if reason is None:
            stylize_file(Job(job.photo, tmp_path / "alone.png"), paint, "test", overwrite=True)
            assert job.output.read_bytes() == (tmp_path / "alone.png").read_bytes()


def test_threads_paint_the_pixels_of_one_after_another(bank, tmp_path):
    for number in range(4):
        save_image(tmp_path / "photos" / f"{number}.png", draw_photo(40 + number, 56, number))
    jobs, _ = plan_jobs([tmp_path / "photos"], tmp_path / "out")
    list(stylize_files(jobs, lambda photo: stylize(photo, bank, "waves"), "test"))
    for job in jobs:
        np.testing.assert_array_equal(load_image(job.output), stylize(load_image(job.photo), bank, "waves"))


def test_a_large_photograph_is_alone_in_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs_module, "TOGETHER", 10)
    for number in range(3):
        save_image(tmp_path / f"{number}.png", np.full((4, 5, 3), number, np.uint8))
    jobs, _ = plan_jobs([tmp_path], tmp_path / "out")
    events = []
    for name in ("load_image", "save_image"):
        original = getattr(jobs_module, name)
        monkeypatch.setattr(
            jobs_module, name, lambda *a, original=original, name=name, **o: [original(*a, **o), events.append(name)][0]
        )
    assert [reason for _, reason in stylize_files(jobs, lambda photo: photo, "test")] == [None] * 3
    assert events == ["load_image", "save_image"] * 3


def test_what_is_begun_is_finished_when_the_caller_stops(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    for number in range(5):
        save_image(tmp_path / f"{number}.png", np.zeros((4, 5, 3), np.uint8))
    jobs, _ = plan_jobs([tmp_path], tmp_path / "out")
    results = stylize_files(jobs, lambda photo: photo, "test")
    next(results)
    results.close()
    assert not list((tmp_path / "out").glob(".tfstyle*"))
    assert 1 <= len(list((tmp_path / "out").iterdir())) < 5

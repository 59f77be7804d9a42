"""`tfstyle stylize`, `evaluate --video` and `live` with clips, from end to end."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av", reason="the extra `video`")
pytest.importorskip("cv2", reason="the extra `video`")

import tfstyle
from tests.video.clips import moving_square, read_clip, write_clip
from tfstyle.commands.clips import timestamp
from tfstyle.images import load_image
from tfstyle.video import Clip

FRAMES = moving_square(6)


@pytest.fixture
def clip(shipped):
    return write_clip(Path("clip.mp4"), FRAMES, sound="aac")


def test_a_clip_frame_by_frame(run, clip, bank):
    code, out, err = run("stylize", clip, "--style", "waves", "--smooth", 0, "--output", "new/out.mkv")
    assert (code, out, err) == (0, ["clip.mp4 -> new/out.mkv"], [])
    painted, times, sound = read_clip("new/out.mkv")
    originals, times_before, _ = read_clip(clip)
    assert (painted.shape, sound) == (originals.shape, ["aac"])
    np.testing.assert_allclose(times, times_before, atol=2e-3)
    expected = tfstyle.stylize(originals[3], bank, "waves")
    assert np.abs(painted[3].astype(float) - expected).mean() < 10


def test_a_part_in_another_size_without_sound(run, clip):
    arguments = ("--start", "0:00.08", "--end", 0.16, "--size", 32, "--smooth", 0, "--no-sound", "--quality", 50)
    assert run("stylize", clip, "--style", "waves", *arguments, "--output", "out.mp4")[0] == 0
    painted, _, sound = read_clip("out.mp4")
    assert (painted.shape, sound) == ((2, 24, 32, 3), [])


@pytest.mark.slow
def test_steady_by_default_and_measured(run, clip):
    assert run("stylize", clip, "--style", "waves", "--output", "steady.mp4")[0] == 0
    assert run("stylize", clip, "--style", "waves", "--smooth", 0, "--output", "plain.mp4")[0] == 0
    code, out, err = run("evaluate", "--video", clip, "plain.mp4", "steady.mp4", "--report", "new/report.json")
    assert (code, err, len(out)) == (0, [], 2)
    assert "steady.mp4: flicker 0.0" in out[1] and "fine texture" in out[1]
    clips = json.loads(Path("new/report.json").read_text())["clips"]
    assert 0 < clips["steady.mp4"]["painted_error"] < clips["plain.mp4"]["painted_error"]


@pytest.mark.slow
def test_animations_and_photographs_side_by_side(run, shipped):
    pictures = [Image.fromarray(frame) for frame in FRAMES]
    pictures[0].save("a.gif", save_all=True, append_images=pictures[1:], duration=80)
    pictures[0].save("photo.png")
    assert run("stylize", "a.gif", "--style", "waves", "--smooth", 0, "--output", "out.gif")[0] == 0
    assert run("stylize", "a.gif", "--style", "waves", "--smooth", 0, "--output", "out.webp")[0] == 0
    for name in ("out.gif", "out.webp"):
        with Image.open(name) as picture:
            assert picture.n_frames == len(FRAMES), name
    assert run("stylize", "a.gif", "--style", "waves", "--output", "out.png")[0] == 0  # its first frame
    assert load_image("out.png").shape == (48, 64, 3)
    write_clip("clip.mp4", FRAMES[:2])
    code, out, _ = run("stylize", "clip.mp4", "photo.png", "--style", "waves", "--smooth", 0, "--output", "all")
    assert (code, out) == (0, ["clip.mp4 -> all/clip.mp4", "photo.png -> all/photo.png"])


def test_one_line_for_each_mistake(run, clip):
    Path("text.mp4").write_text("not a clip\n" * 50)
    Path("half.mp4").write_bytes(clip.read_bytes()[:1500])
    style = ("--style", "waves", "--smooth", 0)
    for arguments, message in {
        ("text.mp4", "--output", "out.mp4"): "text.mp4: not a clip that FFmpeg can read",
        ("half.mp4", "--output", "out.mp4"): "half.mp4: not a clip that FFmpeg can read, or damaged at the start",
        ("missing.mp4", "--output", "out.mp4"): "missing.mp4: no such file",
        (clip, "--output", "clip.mp4"): "clip.mp4: is the clip itself",
        (clip, "--output", "out.xyz"): "no video container has the extension '.xyz'",
        (clip, "--output", "out.webm"): "webm cannot hold the sound of clip.mp4 (aac)",
        (clip, "--output", "out.mp4", "--start", 9): "clip.mp4: has no frames after 9.0 s",
        (clip, "--output", "out.mp4", "--start", 2, "--end", 1): "--end must be later than --start",
        (clip, "--output", "out.mp4", "--keep-alpha"): "--keep-alpha is for photographs",
        (clip, clip, "--output", "out.mp4"): "several clips need a folder",
        (clip, "--output", "out.mp4", "--start", "noon"): "argument --start: invalid time value: 'noon'",
        (clip, "--output", "out.mp4", "--smooth", 1): "must be at least 0 and less than 1, not 1",
    }.items():
        code, out, err = run("stylize", *arguments, *style)
        assert code == 2 and out == [] and len(err) == 1, (arguments, out, err)
        assert message in err[0], err
    assert "add --no-sound to leave the sound out" in run("stylize", clip, *style, "--output", "out.webm")[2][0]
    assert not Path("out.mp4").exists()
    assert run("evaluate", "--video", clip)[2] == [
        "tfstyle: --video takes the original and the clips painted from it: --video clip.mp4 painted.mp4"
    ]


def test_what_is_cut_off_is_painted_and_reported(run, shipped):
    noisy = np.random.default_rng(0).integers(0, 255, (60, 32, 32, 3)).astype(np.uint8)
    data = write_clip(Path("whole.mkv"), noisy).read_bytes()
    Path("cut.mkv").write_bytes(data[: len(data) // 3])
    code, out, err = run("stylize", "cut.mkv", "--style", "waves", "--smooth", 0, "--output", "out.mkv")
    assert (code, out, len(err)) == (2, ["cut.mkv -> out.mkv"], 1)
    assert "cut.mkv: cut off:" in err[0] or "cut.mkv: damaged after" in err[0]
    assert "What can be read is in out.mkv" in err[0]
    assert 5 < len(read_clip("out.mkv")[0]) < 40


def test_ctrl_c_leaves_what_was_painted(run, shipped, monkeypatch):
    write_clip("clip.mp4", moving_square(30, step=1))
    monkeypatch.setattr("tfstyle.transfer.video.stylize_video", stopped_after_five)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
    code, _, err = run("stylize", "clip.mp4", "--style", "waves", "--smooth", 0, "--output", "out.mp4")
    signal.signal(signal.SIGINT, before)
    assert (code, err) == (130, ["tfstyle: stopped after 5 frames, which are in out.mp4"])
    with Clip("out.mp4") as clip:
        assert sum(1 for _ in clip) == 5


def stopped_after_five(frames, model, **_):
    """Paints nothing, and the user presses Ctrl-C."""
    for number, frame in enumerate(frames):
        if number == 5:
            os.kill(os.getpid(), signal.SIGINT)
        yield frame


def test_live_with_a_file_as_camera(run, clip, monkeypatch):
    from tests.transfer.test_live import Screen

    screen = Screen("n", "s")
    monkeypatch.setattr("tfstyle.video.window.Window", lambda title: screen)
    code, out, err = run("live", "--style", "waves", "--camera", clip, "--size", 32, "--snapshots", "shots")
    assert (code, err) == (0, [])
    assert out[0].startswith("6 frames, ")
    assert screen.captions[0].startswith("waves ") and screen.captions[1].startswith("starry_night ")
    assert len(list(Path("shots").iterdir())) == 1
    assert run("live", "--style", "waves", "--camera", "missing.mp4")[2][0].startswith("tfstyle: missing.mp4: no such")


@pytest.mark.slow
def test_clips_are_translated_too(run, clip):
    from tfstyle.models.translation import UNetGenerator
    from tfstyle.saved.translator import export_translator

    export_translator(UNetGenerator((4, 6)), "drawings")
    code, out, err = run("translate", clip, "--model", "drawings", "--strength", 0.5, "--output", "out.mp4")
    assert (code, out, err) == (0, ["clip.mp4 -> out.mp4"], [])
    painted, originals = read_clip("out.mp4")[0], read_clip(clip)[0]
    expected = tfstyle.stylize(originals[0], tfstyle.load("drawings"), None, strength=0.5)
    assert np.abs(painted[0].astype(float) - expected).mean() < 12


def test_times():
    assert [timestamp(text) for text in ("90", "1:30", "0:01:30.5")] == [90, 90, 90.5]

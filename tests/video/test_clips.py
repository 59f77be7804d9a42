"""Reading and writing clips."""

import re
import resource

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av", reason="the extra `video`")

from tests.video.clips import copy_clip, moving_square, read_clip, write_clip
from tfstyle.video import Clip, ClipWriter, VideoError, is_clip

FRAMES = moving_square()


@pytest.fixture
def clip_file(tmp_path):
    return write_clip(tmp_path / "clip.mp4", FRAMES, sound="aac")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".avi", ".ts"])
def test_frames_times_and_sound_are_kept(clip_file, suffix):
    output = clip_file.with_name(f"copy{suffix}")
    copy_clip(clip_file, output)
    before, times_before, sound_before = read_clip(clip_file)
    after, times, sound = read_clip(output)
    assert after.shape == before.shape and sound == sound_before == ["aac"]
    assert np.abs(after.astype(float) - before).mean() < 6
    np.testing.assert_allclose(np.diff(times), np.diff(times_before), atol=2e-3)
    assert sorted(path.name for path in clip_file.parent.iterdir()) == ["clip.mp4", f"copy{suffix}"]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".webm"])
def test_without_sound(clip_file, suffix):
    output = clip_file.with_name(f"copy{suffix}")
    copy_clip(clip_file, output, sound=None)
    with Clip(output) as clip:
        frames = list(clip)
    assert len(frames) == len(FRAMES)
    assert [round(float(frame.time), 2) for frame in frames] == [round(0.04 * number, 2) for number in range(8)]
    assert np.abs(frames[5].image.astype(float) - FRAMES[5]).mean() < 16


def test_an_animation_goes_in_with_its_durations(tmp_path):
    pictures = [Image.fromarray(frame) for frame in FRAMES[:4]]
    for name in ("a.gif", "a.webp"):
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=[100, 200, 50, 80])
        with Clip(tmp_path / name) as clip:
            frames = list(clip)
        assert [float(frame.time) for frame in frames] == [0, 0.1, 0.3, 0.35]
        copy_clip(tmp_path / name, tmp_path / f"{name}.mp4", sound=None)
        np.testing.assert_allclose(read_clip(tmp_path / f"{name}.mp4")[1], [0, 0.1, 0.3, 0.35], atol=0.011)


def test_a_variable_rate_is_kept(tmp_path):
    times = [0, 40, 90, 200, 240, 300, 320, 400]
    write_clip(tmp_path / "clip.mp4", FRAMES, times=times)
    copy_clip(tmp_path / "clip.mp4", tmp_path / "copy.mp4")
    np.testing.assert_allclose(read_clip(tmp_path / "copy.mp4")[1], np.array(times) / 1000, atol=1e-3)


@pytest.mark.parametrize("color_range", [1, 2])
def test_color_range_and_matrix_are_kept(tmp_path, color_range):
    plain = np.full((2, 32, 48, 3), (200, 60, 30), np.uint8)
    write_clip(tmp_path / "clip.mp4", plain, color_range=color_range, colorspace=1)
    clip, _ = copy_clip(tmp_path / "clip.mp4", tmp_path / "copy.mp4")
    with Clip(tmp_path / "copy.mp4") as copied:
        assert (copied.format.color_range, copied.format.colorspace) == (color_range, 1)
        assert copied.format.color_range == clip.format.color_range
    np.testing.assert_allclose(read_clip(tmp_path / "copy.mp4")[0][0, 16, 24], (200, 60, 30), atol=4)


def test_a_rotated_clip_stands_upright(tmp_path):
    image = np.zeros((32, 48, 3), np.uint8)
    image[:, :24] = 255  # the left half
    write_clip(tmp_path / "clip.mp4", [image] * 3, rotation=90)
    copy_clip(tmp_path / "clip.mp4", tmp_path / "copy.mp4")
    frames, _, _ = read_clip(tmp_path / "copy.mp4")
    assert frames.shape == (3, 48, 32, 3)
    assert frames[0, -8:].mean() > 200 > 50 > frames[0, :8].mean()  # turned counterclockwise, it is below


def test_a_part_with_its_sound(clip_file, tmp_path):
    clip, writer = copy_clip(clip_file, tmp_path / "part.mp4", start=0.08, end=0.2, sound_end=0.12)
    frames, times, sound = read_clip(tmp_path / "part.mp4")
    assert (len(frames), writer.num_frames, clip.num_frames) == (3, 3, 3)
    assert float(clip.origin) == 0.08 and sound == ["aac"] and times[0] == pytest.approx(0, abs=0.03)
    assert np.abs(frames[0].astype(float) - read_clip(clip_file)[0][2]).mean() < 6
    with pytest.raises(VideoError, match="`end` must be later than `start`"):
        Clip(clip_file, start=2, end=1)
    with pytest.raises(VideoError, match="has no frames after 5.0 s"):
        Clip(clip_file, start=5)


def test_odd_sizes_and_10_bits(tmp_path):
    write_clip(tmp_path / "clip.mkv", FRAMES[:, :33, :47], codec="ffv1", pix_fmt="yuv444p10le", options={})
    clip, writer = copy_clip(tmp_path / "clip.mkv", tmp_path / "copy.mp4")
    assert clip.format.bits == 10
    frames, _, _ = read_clip(tmp_path / "copy.mp4")
    assert frames.shape[1:3] == (34, 48)
    assert "48x34 pixels instead of 47x33" in writer.note
    assert np.abs(frames[3, :33, :47].astype(float) - FRAMES[3, :33, :47]).mean() < 12


def cut(path, output, share):
    data = path.read_bytes()
    output.write_bytes(data[: int(len(data) * share)])
    return output


def test_a_truncated_clip_says_so_and_gives_what_it_has(tmp_path):
    noisy = np.random.default_rng(0).integers(0, 255, (60, 32, 32, 3)).astype(np.uint8)
    for name, options in {"a.mkv": None, "b.mp4": {"movflags": "+faststart"}}.items():
        whole = write_clip(tmp_path / name, noisy, container_options=options)
        part = cut(whole, tmp_path / f"cut_{name}", 0.5)
        clip, writer = copy_clip(part, tmp_path / f"copy_{name}", sound=None)
        assert 0 < writer.num_frames < 50
        assert "cut off" in clip.truncation or "damaged after" in clip.truncation
        assert len(read_clip(tmp_path / f"copy_{name}")[0]) == writer.num_frames
    clip, _ = copy_clip(tmp_path / "a.mkv", tmp_path / "copy.mkv", sound=None)
    assert clip.truncation == ""


def test_formats_that_do_not_state_their_length(tmp_path):
    """The header of an AVI counts its frames; a GIF ends with a mark."""
    noisy = np.random.default_rng(0).integers(0, 255, (60, 32, 32, 3)).astype(np.uint8)
    write_clip(tmp_path / "a.avi", noisy)
    pictures = [Image.fromarray(frame) for frame in noisy[:8]]
    pictures[0].save(tmp_path / "b.gif", save_all=True, append_images=pictures[1:], duration=80)
    for name, message in (("a.avi", r"cut off: 1.\d s of 2.4 s"), ("b.gif", r"cut off: 0.\d s can be read")):
        with Clip(tmp_path / name) as clip:
            assert len(list(clip)) == (60 if name == "a.avi" else 8) and clip.truncation == ""
        with Clip(cut(tmp_path / name, tmp_path / f"cut_{name}", 0.55)) as clip:
            assert 0 < len(list(clip)) < 40
        assert re.match(message, clip.truncation)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "is empty"),
        (b"not a clip\n" * 99, "not a clip that FFmpeg can read"),
    ],
)
def test_what_is_no_clip(tmp_path, content, message):
    if content is not None:
        (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(VideoError, match=message):
        Clip(tmp_path / "clip.mp4")


def test_a_clip_without_frames_and_sound_without_a_clip(tmp_path):
    import av

    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        stream.layout = "mono"
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate = 48000
        container.mux(stream.encode(silence) + stream.encode())
    with pytest.raises(VideoError, match="has no video"):
        Clip(tmp_path / "sound.mp4")
    with av.open(str(tmp_path / "empty.mp4"), "w", options={"movflags": "+empty_moov+frag_keyframe"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(VideoError, match="has no frames"):
        Clip(tmp_path / "empty.mp4")


def test_a_container_that_cannot_hold_the_sound(clip_file):
    with pytest.raises(VideoError, match=r"webm cannot hold the sound of .*aac.*Name an .mkv"):
        copy_clip(clip_file, clip_file.with_name("copy.webm"))
    with pytest.raises(VideoError, match=r"mpeg cannot hold the sound of .*aac"):  # its header says so
        copy_clip(clip_file, clip_file.with_name("copy.mpg"))
    for suffix in (".xyz", ".jpg"):
        with pytest.raises(VideoError, match=f"no video container has the extension '{suffix}'"):
            copy_clip(clip_file, clip_file.with_name(f"copy{suffix}"), sound=None)
    assert [path.name for path in clip_file.parent.iterdir()] == ["clip.mp4"]
    copy_clip(clip_file, clip_file.with_name("copy.mkv"))
    with pytest.raises(VideoError, match="already exists"):
        copy_clip(clip_file, clip_file.with_name("copy.mkv"))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".gif", ".webp"])
def test_on_a_full_disk_the_clip_so_far_can_be_played(tmp_path, suffix):
    noisy = np.random.default_rng(0).integers(0, 255, (100, 64, 64, 3)).astype(np.uint8)
    write_clip(tmp_path / "clip.mkv", noisy, rate=10)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    output = tmp_path / f"copy{suffix}"
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))  # as if the disk were full: EFBIG
        with pytest.raises(
            VideoError, match=r"cannot be written \(.*free space. What was written so far can be played"
        ):
            copy_clip(tmp_path / "clip.mkv", output, sound=None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with Clip(output) as clip:
        num_frames = sum(1 for _ in clip)
    assert num_frames >= 15  # at most the last two seconds are missing; an animation has larger frames


def test_what_stops_leaves_a_clip_that_can_be_played(tmp_path):
    write_clip(tmp_path / "clip.mp4", FRAMES)

    def paint(image, calls=[]):  # noqa: B006 - counts the calls
        calls.append(1)
        if len(calls) > 5:
            raise KeyboardInterrupt
        return image

    with pytest.raises(KeyboardInterrupt):
        copy_clip(tmp_path / "clip.mp4", tmp_path / "copy.mp4", paint)
    assert len(read_clip(tmp_path / "copy.mp4")[0]) == 5


def test_nothing_painted_is_no_file(tmp_path):
    write_clip(tmp_path / "clip.mp4", FRAMES[:2])
    with Clip(tmp_path / "clip.mp4") as clip, ClipWriter(tmp_path / "new" / "copy.mp4", clip.format):
        pass
    assert not list((tmp_path / "new").iterdir())


def test_a_large_photograph_is_no_clip_and_no_warning(tmp_path, monkeypatch, recwarn):
    Image.fromarray(FRAMES[0]).save(tmp_path / "photo.jpg")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", FRAMES[0].shape[0] * FRAMES[0].shape[1] - 1)  # Pillow warns
    assert not is_clip(tmp_path / "photo.jpg", "out.jpg")
    assert not recwarn.list


def test_what_a_file_is_counts_and_not_only_its_name(clip_file, tmp_path):
    renamed = clip_file.rename(tmp_path / "clip.jpg")
    (tmp_path / "text.mp4").write_text("text")
    (tmp_path / "text.txt").write_text("text")
    Image.fromarray(FRAMES[0]).save(tmp_path / "photo.png")
    (tmp_path / "photo.png").rename(tmp_path / "photo.mp4")
    Image.fromarray(FRAMES[0]).save(tmp_path / "still.gif")
    others = [Image.fromarray(frame) for frame in FRAMES[1:]]
    Image.fromarray(FRAMES[0]).save(tmp_path / "moving.gif", save_all=True, append_images=others)
    assert is_clip(renamed, "out.mp4")
    assert is_clip(tmp_path / "text.mp4", "out.mp4")  # an error says what is wrong with it
    assert is_clip(tmp_path / "missing.mp4", "out.mp4")
    assert is_clip(tmp_path / "moving.gif", "out.gif") and is_clip(tmp_path / "moving.gif", "out.mp4")
    assert not is_clip(tmp_path / "moving.gif", "out.png") and not is_clip(tmp_path / "moving.gif", "folder")
    for name in ("text.txt", "photo.mp4", "still.gif"):
        assert not is_clip(tmp_path / name, "out.mp4"), name

"""A camera in a style: the keys, and the window."""

import os
import shutil
import subprocess
import time

import numpy as np
import pytest

pytest.importorskip("av", reason="the extra `video`")
pytest.importorskip("cv2", reason="the extra `video`")

from tests.conftest import draw_photo
from tests.video.clips import moving_square, write_clip
from tfstyle.images import load_image, read_tags
from tfstyle.transfer.live import LivePainter, paint_live
from tfstyle.video import VideoError
from tfstyle.video.camera import camera_frames


class Screen:
    """A window that is not shown: after each frame the next keys are pressed."""

    def __init__(self, *keys):
        self._keys, self.shown, self.captions, self.is_open = list(keys), [], [], True

    def show(self, image, caption):
        self.shown.append(image)
        self.captions.append(caption)

    def pressed(self):
        return list(self._keys.pop(0)) if self._keys else []

    def close(self):
        self.is_open = False


class Colors:
    """A model that paints in a plain color, its style; it notes what it was asked for."""

    stroke_sizes = (0.5, 2.0)

    def __init__(self):
        self.asked = []

    def painter(self, style, strength, stroke_size):
        self.asked.append((style, strength, round(stroke_size, 2)))
        return lambda images: (1 - strength) * images + strength * np.full_like(images, style / 255)


STYLES = [("red", 200), ("blue", 100)]


def test_keys_change_style_strength_and_stroke_size(tmp_path):
    model = Colors()
    screen = Screen("n", "n", "p", "-", "+", "]", "[", "[x", "s", "q")
    painter = LivePainter(model, STYLES, smooth=0, snapshots=tmp_path / "new")
    num_frames, rate = paint_live([draw_photo(48, 64)] * 20, painter, screen, size=32)
    assert num_frames == 10 and rate > 0 and not screen.is_open
    assert [style for style, _, _ in model.asked[:4]] == [200, 100, 200, 100]
    assert [strength for _, strength, _ in model.asked[4:6]] == [0.9, 1.0]
    assert [size for _, _, size in model.asked[6:]] == [1.19, 1.0, 0.84]
    assert {image.shape for image in screen.shown} == {(24, 32, 3)}
    assert screen.shown[0].max() == 200 and screen.shown[1].max() == 100
    assert screen.captions[0].startswith("red   strength 1.0   strokes 1 ") and "q: quit" in screen.captions[0]
    (snapshot,) = (tmp_path / "new").iterdir()
    np.testing.assert_array_equal(load_image(snapshot), screen.shown[8])
    assert read_tags(snapshot)["Description"] == "Stylized live; style: blue"
    assert f"saved {snapshot.name}" in screen.captions[-1]


def test_smooth_frames_follow_one_another():
    painter = LivePainter(Colors(), [("half", 128)], strength=0.5, smooth=0.5)
    screen = Screen()
    paint_live(moving_square(3), painter, screen, size=64)
    assert len(screen.shown) == 3


def test_closing_the_window_ends_it():
    screen = Screen()
    screen.is_open = False
    assert paint_live([draw_photo(20, 20)] * 9, LivePainter(Colors(), STYLES, smooth=0), screen, 20)[0] == 1
    assert paint_live([], LivePainter(Colors(), STYLES), Screen()) == (0, 0.0)


def test_a_clip_in_the_place_of_a_camera(tmp_path):
    write_clip(tmp_path / "clip.mp4", moving_square(3))
    assert [frame.shape for frame in camera_frames(tmp_path / "clip.mp4")] == [(48, 64, 3)] * 3
    with pytest.raises(VideoError, match="There is no camera 97"):
        next(camera_frames(97))


@pytest.fixture
def screen(monkeypatch):
    """A virtual screen."""
    if not shutil.which("Xvfb"):
        pytest.skip("Xvfb is not installed")
    pytest.importorskip("tkinter")
    name = f":{100 + os.getpid() % 400}"
    process = subprocess.Popen(["Xvfb", name, "-screen", "0", "640x480x24"], stderr=subprocess.DEVNULL)
    for _ in range(100):
        if os.path.exists(f"/tmp/.X11-unix/X{name[1:]}"):
            break
        time.sleep(0.1)
    monkeypatch.setenv("DISPLAY", name)
    yield name
    process.terminate()
    process.wait()


def test_the_window_shows_frames_and_gives_keys(screen):
    from PIL import ImageGrab

    from tfstyle.video.window import Window

    window = Window("tfstyle")
    image = np.zeros((120, 160, 3), np.uint8)
    image[:, :80] = (250, 10, 20)
    window.show(image, "caption")
    window._root.geometry("+0+0")
    window._root.focus_force()  # there is no window manager
    window._root.update()
    window._root.event_generate("<Key>", keysym="n")
    window._root.event_generate("<Key>", keysym="Escape")
    window.show(image, "caption")
    assert window.pressed() == ["n", "escape"] and window.pressed() == []
    pixels = np.asarray(ImageGrab.grab(xdisplay=screen))
    assert (np.abs(pixels.astype(int) - (250, 10, 20)).max(axis=-1) < 3).sum() >= 80 * 110
    window.close()
    window.close()
    assert not window.is_open
    window.show(image, "nobody sees it")


def test_without_a_screen(monkeypatch):
    pytest.importorskip("tkinter")
    from tfstyle.video.window import Window

    monkeypatch.setenv("DISPLAY", ":4711")
    with pytest.raises(VideoError, match="No window can be opened"):
        Window("tfstyle")

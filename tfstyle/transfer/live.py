"""Painting what a camera sees."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import tfstyle
from tfstyle.images import resize_longest_side, save_image, to_float, to_uint8
from tfstyle.transfer.video import SteadyPainter

STRENGTH_STEP = 0.1
STROKE_STEP = 2**0.25
KEYS = "n, p: style   + -: strength   ] [: stroke size   s: snapshot   q: quit"
FLOW_SIZE = 192  # pixels, the longest side: a camera waits for nobody
RECENT = 20  # frames over which the rate is averaged


class View(Protocol):
    """Where frames are shown: `tfstyle.video.window.Window`."""

    is_open: bool

    def show(self, image: np.ndarray, caption: str) -> None:
        """Shows a frame and a line of text."""

    def pressed(self) -> list[str]:
        """The keys that were pressed since the last call."""

    def close(self) -> None:
        """Closes the view."""


class LivePainter:
    """Paints frames in a style that keys change.

    Args:
        model: a loaded model, as `tfstyle.load` returns it.
        styles: sequence of `(name, style)`, which the keys n and p go through; a style is as in `tfstyle.stylize`.
        strength: float in [0, 1].
        stroke_size: float in [0.5, 2].
        smooth: float in [0, 1), as in `stylize_video`; the noise does not travel here.
        snapshots: folder for snapshots.

    Attributes:
        is_done: bool, whether the key q was pressed.

    Call arguments:
        frame: uint8 array of shape `(height, width, 3)`, RGB in [0, 255].

    Returns:
        uint8 array of the shape of `frame`.
    """

    def __init__(
        self,
        model: Any,
        styles: Sequence[tuple[str, Any]],
        strength: float = 1.0,
        stroke_size: float = 1.0,
        smooth: float = 0.5,
        snapshots: str | Path = ".",
    ):
        self._model, self._styles = model, list(styles)
        self._number, self._strength, self._smooth = 0, strength, smooth
        sizes = getattr(model, "stroke_sizes", (1.0,))  # a style embedding has the strokes of its painting
        self._smallest, self._largest = min(sizes), max(sizes)
        self._stroke_size = min(max(stroke_size, self._smallest), self._largest)
        self._snapshots = Path(snapshots)
        self._painted: np.ndarray | None = None
        self._saved = ""
        self.is_done = False
        self._begin()

    def _begin(self):
        """Takes the style and the numbers as they are now; what was painted before is forgotten."""
        _, style = self._styles[self._number]
        paint = self._model.painter(style, self._strength, self._stroke_size)
        self._paint = SteadyPainter(
            lambda frame, displacements, share: paint(frame[None])[0],
            self._smooth,
            flow_size=FLOW_SIZE,
            moves_noise=False,
        )
        self._paint_alone = paint

    @property
    def caption(self) -> str:
        """The style and the numbers, on one line."""
        name, _ = self._styles[self._number]
        return f"{name}   strength {self._strength:.1f}   strokes {self._stroke_size:.2g}   {self._saved}"

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        if self._smooth:
            self._painted = self._paint(frame)
        else:
            self._painted = to_uint8(self._paint_alone(to_float(frame)[None]))[0]
        return self._painted

    def press(self, key: str) -> None:
        """Does what a key stands for (`KEYS`); other keys do nothing."""
        if key in ("q", "escape"):
            self.is_done = True
        elif key == "s":
            self._save()
        elif key in ("n", "p"):
            self._number = (self._number + (1 if key == "n" else -1)) % len(self._styles)
            self._begin()
        elif key in ("+", "=", "-"):
            step = -STRENGTH_STEP if key == "-" else STRENGTH_STEP
            self._strength = round(min(max(self._strength + step, 0.0), 1.0), 2)
            self._begin()
        elif key in ("]", "["):
            factor = STROKE_STEP if key == "]" else 1 / STROKE_STEP
            self._stroke_size = min(max(self._stroke_size * factor, self._smallest), self._largest)
            self._begin()

    def _save(self):
        if self._painted is None:
            return
        name, _ = self._styles[self._number]
        file = self._snapshots / f"{name}_{time.strftime('%Y%m%d_%H%M%S')}.png"
        number = 1
        while file.exists():
            number += 1
            file = file.with_stem(f"{file.stem.rpartition('-')[0] or file.stem}-{number}")
        tags = {"Software": f"tfstyle {tfstyle.__version__}", "Description": f"Stylized live; style: {name}"}
        save_image(file, self._painted, tags=tags)
        self._saved = f"saved {file.name}"


def paint_live(frames: Iterable[np.ndarray], painter: LivePainter, view: View, size: int = 384) -> tuple[int, float]:
    """Paints and shows frames until they end, the view is closed, or the key q is pressed.

    Args:
        frames: iterable of uint8 arrays of shape `(height, width, 3)`, such as `camera_frames`.
        painter: `LivePainter`.
        view: where they are shown.
        size: integer, longest side at which they are painted.

    Returns:
        Number of frames, and frames per second from the second one on: the first compiles the network.
    """
    moments: list[float] = []
    for frame in frames:
        if max(frame.shape[:2]) != size:
            frame = resize_longest_side(frame, size)
        painted = painter(frame)
        recent = moments[-RECENT:]
        rate = f"{(len(recent) - 1) / (recent[-1] - recent[0]):.0f} fps   " if len(recent) > 1 else ""
        view.show(painted, f"{painter.caption}   {rate}{KEYS}")
        moments.append(time.monotonic())
        for key in view.pressed():
            painter.press(key)
        if painter.is_done or not view.is_open:
            break
    view.close()
    seconds = moments[-1] - moments[0] if len(moments) > 1 else 0.0
    return len(moments), (len(moments) - 1) / seconds if seconds else 0.0

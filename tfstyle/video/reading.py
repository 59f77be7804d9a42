"""Reading clips frame by frame: videos by PyAV, animated WebP by Pillow."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfstyle.video.clip import ClipFormat, Frame, VideoError, import_package, in_seconds, reason_of

USUAL_RATE = Fraction(25)
# Of the length that the file states, what may be missing at the end before it counts as cut off.
LEAST_MISSING, LEAST_SHARE_MISSING = 0.5, 0.05


class Clip:
    """A clip, whose frames are read one at a time.

    Args:
        path: file: any container and codec that FFmpeg reads, or an animated GIF or WebP.
        start: seconds from the beginning; frames before it are skipped.
        end: seconds from the beginning, or None; frames from there on are not read.

    Attributes:
        format: `ClipFormat` of its frames.
        num_frames: integer, about how many frames will be read; 0 if the file does not say.
        origin: time of the first frame that is read, in seconds of the file's own clock.
        truncation: string, once all frames were read: why there are fewer than the file states; empty if there are not.

    Yields:
        `Frame`, upright, in the order of time.

    Raises:
        VideoError: if the file is missing, is not a clip, or has no frame to read.

    Example:

    ```python
    with Clip("clip.mp4", start=2, end=4) as clip:
        for frame in clip:
            print(float(frame.time), frame.image.shape)
    ```
    """

    def __init__(self, path: str | Path, start: float = 0.0, end: float | None = None):
        self.path = Path(path)
        # As fractions of small numbers, so that 0.4 is the time of the tenth frame of 25 a second.
        self.start = Fraction(start).limit_denominator(1_000_000)
        self.end = None if end is None else Fraction(end).limit_denominator(1_000_000)
        self.truncation = ""
        if end is not None and end <= start:
            raise VideoError(f"`end` must be later than `start`. Received: start={start:g}, end={end:g}.")
        try:
            with open(self.path, "rb") as file:
                is_empty = not file.read(1)
        except FileNotFoundError:
            raise VideoError(f"{path}: no such file. Check the name and the folder.") from None
        except OSError as error:
            raise VideoError(f"{path}: cannot be read ({error.strerror}). Check the name.") from None
        if is_empty:
            raise VideoError(f"{path}: is empty. Download or save the file again.")
        self._source: Any = _WebPSource(self.path) if _is_webp(self.path) else _VideoSource(self.path, start)
        self._frames = self._read()
        try:
            first = next(self._frames, None)
            if first is None:
                past = f" after {in_seconds(start)}" if start else ""
                raise VideoError(f"{path}: has no frames{past}{self._why()}. Name another clip.")
        except BaseException:
            self.close()
            raise
        self._frames = _chain(first, self._frames)
        self.origin = self._source.first_time + self._skipped
        self.format: ClipFormat = self._source.describe(first.image)
        length = self._source.length
        self.num_frames = max(1, round((self._until(length) - self._skipped) * self.format.rate)) if length else 0

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    def __enter__(self) -> "Clip":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._source.close()

    def _why(self) -> str:
        return f" ({self.truncation})" if self.truncation else ""

    def _until(self, length):
        return length if self.end is None else min(length, self.end)

    def _read(self) -> Iterator[Frame]:
        """Frames from `start` to `end`, with times from the first of them."""
        origin: Fraction | None = None
        shown_until = Fraction(0)
        is_cut = False
        damage = (import_package("av").error.FFmpegError, OSError, EOFError, SyntaxError, ValueError)  # also Pillow's
        try:
            for time, duration, image in self._source.frames():
                if self.end is not None and time >= self.end:
                    is_cut = True
                    break
                shown_until = time + duration
                if shown_until <= self.start and duration > 0:
                    continue
                if origin is None:
                    origin = self._skipped = time
                yield Frame(image, time - origin, duration)
        except damage as error:
            self.truncation = f"damaged after {in_seconds(shown_until)}: {reason_of(error)}"
            return
        length = self._source.length
        if length and not is_cut:
            missing = float(self._until(length) - shown_until)
            if missing > max(LEAST_MISSING, LEAST_SHARE_MISSING * float(length)):
                self.truncation = f"cut off: {in_seconds(shown_until)} of {in_seconds(length)} can be read"
        if not (is_cut or self.truncation) and _is_unfinished_gif(self.path):
            self.truncation = f"cut off: {in_seconds(shown_until)} can be read"


def _chain(first, rest):
    yield first
    yield from rest


def _is_webp(path):
    with open(path, "rb") as file:
        beginning = file.read(12)
    return beginning[:4] == b"RIFF" and beginning[8:] == b"WEBP"


def _is_unfinished_gif(path):
    """Whether a GIF, which does not state its length, lacks the mark of its end: an empty block and a semicolon."""
    with open(path, "rb") as file:
        if file.read(4) != b"GIF8":
            return False
        file.seek(max(os.path.getsize(path) - 1024, 0))
        return b"\0;" not in file.read()  # some programs write more after it


class _VideoSource:
    """Frames of the first video stream, by FFmpeg."""

    def __init__(self, path, start):
        self.av = av = import_package("av")
        try:
            self.container = av.open(str(path))
        except (av.error.FFmpegError, OSError) as error:
            raise VideoError(
                f"{path}: not a clip that FFmpeg can read, or damaged at the start ({reason_of(error)}). Convert it, "
                "or download it again."
            ) from None
        cover = av.stream.Disposition.attached_pic
        streams = [stream for stream in self.container.streams.video if not stream.disposition & cover]
        if not streams or self.container.format.name == "tty":
            self.container.close()
            raise VideoError(f"{path}: has no video. Name another clip.")
        self.stream = streams[0]
        self.stream.thread_type = "AUTO"
        self.time_base = self.stream.time_base or Fraction(1, 1000)
        self.first_time = (self.stream.start_time or 0) * self.time_base
        if self.stream.duration:
            self.length = self.stream.duration * self.time_base
        else:
            self.length = Fraction(self.container.duration or 0, av.time_base)
        if self.container.format.name == "avi":  # FFmpeg measures what is there; the header counts what should be
            self.length = max(self.length, self.stream.frames / self.rate)
        if start > 0:
            self.container.seek(int((start + self.first_time) / self.time_base), stream=self.stream)
        self.decoded = None

    def frames(self) -> Iterator[tuple[Fraction, Fraction, np.ndarray]]:
        """Yields time, duration and image."""
        time = -1 / self.rate
        for frame in self.container.decode(self.stream):
            self.decoded = self.decoded or frame
            duration = (frame.duration or 0) * self.time_base or 1 / self.rate
            time = time + duration if frame.pts is None else frame.pts * self.time_base - self.first_time
            yield time, duration, self.upright_rgb(frame)

    @property
    def rate(self) -> Fraction:
        return self.stream.average_rate or self.stream.guessed_rate or USUAL_RATE

    def upright_rgb(self, frame) -> np.ndarray:
        colorspace = None
        if not frame.format.is_rgb and frame.colorspace == 2:
            colorspace = ClipFormat(frame.height, frame.width, self.rate, self.time_base).matrix
        if any(component.is_alpha for component in frame.format.components):
            rgba = frame.to_ndarray(format="rgba")
            alpha = rgba[..., 3:].astype(np.uint16)
            image = ((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)  # on white
        else:
            image = frame.reformat(format="rgb24", src_colorspace=colorspace).to_ndarray()
        return np.ascontiguousarray(np.rot90(image, frame.rotation // 90))

    def describe(self, image) -> ClipFormat:
        frame, stream = self.decoded, self.stream
        height, width = image.shape[:2]
        pixel_aspect = stream.sample_aspect_ratio or Fraction(1)
        return ClipFormat(
            height,
            width,
            rate=self.rate,
            time_base=self.time_base,
            pixel_aspect=1 / pixel_aspect if frame.rotation % 180 else pixel_aspect,
            bits=max(component.bits for component in frame.format.components),
            colorspace=2 if frame.format.is_rgb else int(frame.colorspace),
            color_range=0 if frame.format.is_rgb else int(frame.color_range),
            color_primaries=int(frame.color_primaries),
            color_transfer=int(frame.color_trc),
        )

    def close(self) -> None:
        self.container.close()


class _WebPSource:
    """Frames of an animated WebP, which FFmpeg does not decode, by Pillow."""

    def __init__(self, path):
        try:
            self.picture = Image.open(path, formats=["WEBP"])
        except OSError as error:
            raise VideoError(f"{path}: damaged ({reason_of(error)}). Download or save it again.") from None
        self.first_time = self.length = Fraction(0)

    def frames(self) -> Iterator[tuple[Fraction, Fraction, np.ndarray]]:
        time = Fraction(0)
        for number in range(self.picture.n_frames):
            self.picture.seek(number)
            self.picture.load()
            duration = Fraction(self.picture.info.get("duration") or 100, 1000)
            rgba = self.picture.convert("RGBA")
            white = Image.new("RGBA", rgba.size, "white")
            yield time, duration, np.array(Image.alpha_composite(white, rgba).convert("RGB"))
            time += duration

    def describe(self, image) -> ClipFormat:
        duration = Fraction(self.picture.info.get("duration") or 100, 1000)
        height, width = image.shape[:2]
        return ClipFormat(height, width, rate=1 / duration, time_base=Fraction(1, 1000))

    def close(self) -> None:
        self.picture.close()

"""Writing clips frame by frame, so that what was written so far can be played whatever happens."""

import contextlib
import io
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfstyle.images import WRITE_FORMATS, ImageError, check_writable
from tfstyle.video.clip import ClipFormat, VideoError, import_package, reason_of

KEYFRAME_SECONDS = 2  # a full disk costs at most the frames since the last keyframe
NAMES_OF_CONTAINERS = {".m4v": "mp4", ".ts": "mpegts", ".mts": "mpegts", ".m2ts": "mpegts"}
FRAGMENTED = (".mp4", ".m4v", ".mov")
# Written in fragments that can be played at once; when the file ends, it becomes an ordinary one.
FRAGMENTS = {"movflags": "+hybrid_fragmented+frag_keyframe+default_base_moof"}
CODECS = {".webm": "libvpx-vp9", ".gif": "gif", ".webp": "libwebp_anim"}
USUAL_CODEC = "libx264"
SILENT = (".gif", ".webp")


class ClipWriter:
    """Writes a clip, one frame at a time.

    The file has a temporary name until it is closed. If the writing fails or is interrupted, what was written so far is
    kept and can be played; without a frame nothing is kept.

    Args:
        path: file. The extension selects the container, and H.264, VP9 (.webm) or what the container usually holds.
        clip_format: `ClipFormat` of the original, whose rate, colors and shape of pixels are kept.
        quality: integer in [1, 100].
        sound: file whose sound is copied without decoding it, or None.
        sound_origin: time in the sound's file of the first frame.
        sound_end: time from there at which the sound ends, or None.
        overwrite: whether to replace an existing file.
        comment: string, stored in the file if the container can.

    Attributes:
        num_frames: integer, number of frames written.
        note: string, what the user should know about the output; empty if there is nothing.

    Raises:
        VideoError: if the extension is unknown, the file exists or cannot be written, the container cannot hold the
            sound, or the disk is full.

    Example:

    ```python
    with Clip("clip.mp4") as clip, ClipWriter("gray.mp4", clip.format, sound=clip.path) as writer:
        for frame in clip:
            gray = frame.image.mean(axis=-1, keepdims=True).astype("uint8").repeat(3, axis=-1)
            writer.write(gray, frame.time, frame.duration)
    ```
    """

    def __init__(
        self,
        path: str | Path,
        clip_format: ClipFormat,
        quality: int = 95,
        sound: str | Path | None = None,
        sound_origin: Fraction = Fraction(0),
        sound_end: Fraction | None = None,
        overwrite: bool = False,
        comment: str = "",
    ):
        self.path, self.clip_format = Path(path), clip_format
        self.num_frames, self.note = 0, ""
        check_output(path, overwrite)
        self._av = import_package("av")
        self._quality, self._comment = quality, comment
        self._suffix = self.path.suffix.lower()
        self._part = self.path.with_name(f".{self.path.stem}.part{self.path.suffix}")
        self._stream: Any = None
        self._last_tick = -1
        self._sound: _Sound | None = None
        with self._errors():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._container = self._open()
            try:
                if sound is not None and self._suffix not in SILENT:
                    self._sound = _Sound(self._av, sound, self._container, sound_origin, sound_end, self.path)
            except BaseException:
                self._container.close()
                self._part.unlink(missing_ok=True)
                raise

    def _open(self):
        options = FRAGMENTS if self._suffix in FRAGMENTED else {"loop": "0"} if self._suffix in SILENT else {}
        try:
            if self._suffix in WRITE_FORMATS and self._suffix not in SILENT:
                raise ValueError("FFmpeg would write one image for all frames")
            return self._av.open(str(self._part), "w", format=NAMES_OF_CONTAINERS.get(self._suffix), options=options)
        except ValueError:
            raise VideoError(
                f"{self.path}: no video container has the extension {self._suffix!r}. "
                "Use .mp4, .mkv, .webm, .mov, .gif or .webp."
            ) from None

    def write(self, image: np.ndarray, time: Fraction, duration: Fraction = Fraction(0)) -> None:
        """Writes a frame.

        Args:
            image: uint8 array of shape `(height, width, 3)`, RGB in [0, 255]; of the same size for all frames.
            time: seconds from the first frame, which grows.
            duration: seconds for which it is shown, if that is known.

        Raises:
            VideoError: if the disk is full, or the encoder fails.
        """
        with self._errors():
            if self._stream is None:
                self._begin(*image.shape[:2])
            frame = self._frame(image)
            tick = max(round(time / self._time_base), self._last_tick + 1)
            frame.pts, frame.time_base, frame.duration = tick, self._time_base, round(duration / self._time_base)
            self._last_tick = tick
            if self._sound:
                self._sound.copy_until(time + duration)
            self._container.mux(self._stream.encode(frame))
            self.num_frames += 1

    def _begin(self, height, width):
        """Adds the stream, once the size of the frames is known."""
        codec = CODECS.get(self._suffix, USUAL_CODEC)
        if codec == USUAL_CODEC and "h264" not in self._container.supported_codecs:
            codec = self._container.default_video_codec
        # An encoder wants to know a rate; the times of the frames are what counts.
        rate = min(max(self.clip_format.rate, Fraction(1)), Fraction(240)).limit_denominator(100_000)
        try:
            self._stream = stream = self._container.add_stream(codec, rate=rate)
        except (ValueError, LookupError):
            raise VideoError(
                f"{self.path}: there is no encoder for {codec}. Name an .mp4, .mkv or .webm file."
            ) from None
        self._time_base = Fraction(1, 100) if self._suffix == ".gif" else self.clip_format.time_base
        self._is_planar = self._suffix not in SILENT
        # With color at half the resolution, sides are even: an odd one gets its last row or column twice.
        self._padding = (height % 2, width % 2) if self._is_planar else (0, 0)
        if any(self._padding):
            padded = height + self._padding[0], width + self._padding[1]
            self.note = (
                f"{self.path}: is {padded[1]}x{padded[0]} pixels instead of {width}x{height}, because {codec} needs "
                "even sides."
            )
        context = stream.codec_context
        stream.height, stream.width = height + self._padding[0], width + self._padding[1]
        stream.time_base = context.time_base = self._time_base
        if context.codec.name.startswith("mpeg") or self._suffix == ".avi":  # these know constant rates only
            stream.time_base = context.time_base = self._time_base = 1 / rate.limit_denominator(65535)
        context.max_b_frames = 0  # with them, the first frame of a file in fragments comes late
        context.gop_size = max(1, round(KEYFRAME_SECONDS * rate))
        stream.pix_fmt = {".gif": "pal8", ".webp": "bgra"}.get(self._suffix, "yuv420p")
        stream.options = self._options(codec)
        if self._is_planar:
            context.sample_aspect_ratio = self.clip_format.pixel_aspect
            context.color_range = self.clip_format.color_range
            context.colorspace = self.clip_format.colorspace
            context.color_primaries = self.clip_format.color_primaries
            context.color_trc = self.clip_format.color_transfer
        if self._sound:
            self._sound.add_streams()
        if self._comment:
            self._container.metadata["comment"] = self._comment

    def _options(self, codec):
        quality = self._quality
        if codec in ("libx264", "libx265"):
            return {"crf": str(round(40 - 0.24 * quality)), "preset": "fast"}  # 17 at 95: no difference to be seen
        if codec == "libvpx-vp9":
            return {"crf": str(round(52 - 0.3 * quality)), "b": "0", "deadline": "realtime", "cpu-used": "5"}
        if codec == "libwebp_anim":
            return {"quality": str(quality), "compression_level": "2"}
        if codec == "gif":
            return {}
        self._stream.bit_rate = 1000 * quality * max(1, self._stream.height * self._stream.width // 10_000)
        return {}

    def _frame(self, image):
        make = self._av.VideoFrame.from_ndarray
        if self._suffix == ".gif":
            picture = Image.fromarray(image).quantize(dither=Image.Dither.FLOYDSTEINBERG)
            palette = np.full((256, 4), 255, np.uint8)  # alpha, red, green, blue
            colors = np.asarray(picture.getpalette("RGB"), np.uint8).reshape(-1, 3)
            palette[: len(colors), 1:] = colors
            return make((np.asarray(picture), palette), format="pal8")
        if self._suffix == ".webp":
            return make(np.ascontiguousarray(image), format="rgb24").reformat(format="bgra")
        rows, columns = self._padding
        image = np.pad(image, ((0, rows), (0, columns), (0, 0)), mode="edge")
        frame = make(np.ascontiguousarray(image), format="rgb24")
        frame = frame.reformat(
            format="yuv420p",
            dst_colorspace=self.clip_format.matrix,
            dst_color_range=self.clip_format.color_range or 1,
        )
        # The tags are those of the original, also where it had none.
        frame.colorspace, frame.color_range = self.clip_format.colorspace, self.clip_format.color_range
        return frame

    def __enter__(self) -> "ClipWriter":
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self.close()
        else:
            with contextlib.suppress(VideoError):
                self.close()

    def close(self) -> None:
        """Ends the file and gives it its name; without a frame it is removed.

        Raises:
            VideoError: if the disk is full.
        """
        if self._container is None:
            return
        container, self._container = self._container, None
        try:
            with self._errors():
                try:
                    if self.num_frames:
                        container.mux(self._stream.encode())
                        if self._sound:
                            self._sound.copy_until(None, container)
                finally:
                    container.close()
        finally:
            if self._sound:
                self._sound.close()
            if self.num_frames:
                if self._suffix == ".webp":
                    cut_webp(self._part)
                os.replace(self._part, self.path)
            else:
                self._part.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Turns errors of FFmpeg into lines for the user."""
        try:
            yield
        except VideoError:
            raise
        except (self._av.error.FFmpegError, OSError) as error:
            done = " What was written so far can be played." if self.num_frames else ""
            raise VideoError(
                f"{self.path}: cannot be written ({reason_of(error)}). Check the folder and the free space.{done}"
            ) from error


def cut_webp(path: str | Path) -> None:
    """Cuts an animated WebP that ends in the middle of a frame after the last whole one, so that it can be read.

    Args:
        path: file, which is left as it is if it is complete.
    """
    with open(path, "r+b") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(4)
        if int.from_bytes(file.read(4), "little") + 8 == length:
            return
        end = 12  # "RIFF", the size of what follows, "WEBP"; then chunks: a name, the size, and an even number of bytes
        while end + 8 <= length:
            file.seek(end + 4)
            size = int.from_bytes(file.read(4), "little")
            if end + 8 + size > length:
                break
            end += 8 + size + size % 2
        file.truncate(end)
        file.seek(4)
        file.write((end - 8).to_bytes(4, "little"))


def check_output(path: str | Path, overwrite: bool = False) -> None:
    """Checks, before any work is done, that a clip can be written.

    Raises:
        VideoError: if the file exists, is a folder, or cannot be written.
    """
    path = Path(path)
    if path.is_dir():
        raise VideoError(f"{path}: is a folder. Add a file name.")
    if path.exists() and not overwrite:
        raise VideoError(f"{path}: already exists. Name another output, or pass overwrite=True.")
    try:
        check_writable(path)
    except ImageError as error:
        raise VideoError(str(error)) from None


class _Sound:
    """The sound of a clip, copied packet by packet beside the frames."""

    def __init__(self, av, source, container, origin, end, path):
        self._av, self._origin, self._container = av, origin, container
        self._end = end
        self._input = av.open(str(source))
        self._sources = self._input.streams.audio
        for stream in self._sources:
            try:
                with av.open(io.BytesIO(), "w", format=container.format.name) as trial:
                    trial.add_stream_from_template(stream)
                    trial.start_encoding()
            except (ValueError, NotImplementedError, OSError, av.error.FFmpegError):  # by the container
                codec = stream.codec_context.codec.canonical_name
                self._input.close()
                raise VideoError(
                    f"{path}: {container.format.name} cannot hold the sound of {source} ({codec}). Name an .mkv file, "
                    "or pass no_sound=True to leave the sound out."
                ) from None
        self._packets = self._input.demux(*self._sources) if self._sources else iter(())
        self._next = None

    def add_streams(self) -> None:
        """Adds the streams of the sound to the output, after that of the frames."""
        self._streams = {stream.index: self._container.add_stream_from_template(stream) for stream in self._sources}

    def copy_until(self, time, container=None) -> None:
        """Copies what is heard before a time, in seconds from the first frame; None for all."""
        limit = self._end if time is None else time if self._end is None else min(time, self._end)
        while True:
            packet = self._next or self._read()
            self._next = None
            if packet is None:
                return
            heard = packet.pts * packet.time_base - self._origin
            if limit is not None and heard >= limit:
                self._next = packet
                return
            if heard < 0:  # before the first frame; at the start of a file this is where the decoder of AAC warms up
                continue
            shift = round(self._origin / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.pts - shift
            packet.stream = self._streams[packet.stream.index]
            (container or self._container).mux(packet)

    def _read(self):
        try:
            return next((packet for packet in self._packets if packet.pts is not None), None)
        except self._av.error.FFmpegError:  # a truncated file has less sound
            return None

    def close(self) -> None:
        self._input.close()

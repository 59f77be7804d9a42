"""Which files are clips. Nothing heavy is imported for the usual ones."""

import warnings
from pathlib import Path

from PIL import Image

from tfstyle.video.clip import import_package

VIDEO_EXTENSIONS = (
    *(".3g2", ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"),
    *(".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv", ".y4m"),
)
ANIMATION_EXTENSIONS = (".gif", ".webp")
STILL_BRANDS = (
    *(b"avif", b"avis", b"heic", b"heim", b"heis", b"heix"),
    *(b"hevc", b"hevm", b"hevs", b"hevx", b"mif1", b"msf1"),
)
# Where a container writes its name: offset -> beginnings of video files.
MARKS = {
    0: (
        *(b"\x1a\x45\xdf\xa3", b"OggS", b"FLV", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"YUV4MPEG2"),
        *(b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x06\x0e\x2b\x34"),
    ),
    4: (b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot"),
    8: (b"AVI ", b"AVIX"),
}
NOT_CLIPS = ("tty", "image2", "ico", "srt", "ass", "webvtt")  # FFmpeg's names of formats that are text or stills


def is_video(path: str | Path) -> bool:
    """Whether a file is a video, or is named like one and is no image.

    Args:
        path: file, which may be missing.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            beginning = file.read(377)
    except OSError:
        return path.suffix.lower() in VIDEO_EXTENSIONS
    if beginning[4:8] == b"ftyp":
        return beginning[8:12] not in STILL_BRANDS
    if any(beginning.startswith(marks, offset) for offset, marks in MARKS.items()):
        return True
    if beginning[:1] == b"\x47" and beginning[188:189] == b"\x47" and beginning[376:] == b"\x47":  # MPEG-TS
        return True
    if num_pictures(path):
        return False
    return path.suffix.lower() in VIDEO_EXTENSIONS or _is_known_to_ffmpeg(path)


def num_pictures(path: str | Path) -> int:
    """Number of pictures in an image file: more than 1 for an animation, 0 if it is no image that Pillow knows."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as picture:  # Pillow warns of large ones
            return getattr(picture, "n_frames", 1)
    except Exception:  # on damaged files Pillow raises nearly anything
        return 0


def is_clip(path: str | Path, output: str | Path) -> bool:
    """Whether a file is stylized frame by frame: a video, or an animation whose output is one too.

    Args:
        path: file, which may be missing.
        output: the output that was asked for.
    """
    if is_video(path):
        return True
    moves = Path(output).suffix.lower() in (*VIDEO_EXTENSIONS, *ANIMATION_EXTENSIONS)
    return moves and num_pictures(path) > 1


def _is_known_to_ffmpeg(path):
    """Whether FFmpeg finds a video in a file of a rare format."""
    try:
        av = import_package("av")
        with av.open(str(path)) as container:
            name = container.format.name
            return bool(container.streams.video) and name not in NOT_CLIPS and not name.endswith("_pipe")
    except Exception:  # not a clip, for whatever reason
        return False

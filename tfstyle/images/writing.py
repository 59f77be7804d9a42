"""Writing image files atomically: still images and animations."""

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from tfstyle.atomic import write_atomically
from tfstyle.images.arrays import ImageError, check_image, to_picture, to_uint8
from tfstyle.images.reading import EXIF_TAGS, StrPath, lay_on_white

WRITE_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".avif": "AVIF",
}
WITHOUT_ALPHA = ("JPEG", "BMP")


def save_image(
    path: StrPath, image: Any, overwrite: bool = False, quality: int = 95, tags: Mapping[str, str] | None = None
) -> None:
    """Writes an image file atomically.

    The file is written under a temporary name and renamed when it is complete. If writing fails, an existing file is
    not changed. Missing folders are created.

    Args:
        path: file. The extension selects the format: .png, .jpg, .jpeg, .webp, .tif, .tiff, .bmp or .avif.
        image: uint8 array, or float array in [0, 1] (clipped), of shape `(height, width, channels)` with 1, 3 or 4
            channels. JPEG and BMP have no alpha: the image is composited on white.
        overwrite: whether to replace an existing file.
        quality: 1 to 100, for JPEG, WebP and AVIF. The other formats are lossless.
        tags: texts to store in the file, by name: "Description", "Software", "Author" or "Copyright". PNG stores them
            as text chunks, JPEG, WebP, TIFF and AVIF as EXIF. BMP cannot store them.

    Raises:
        ImageError: if the extension or a tag is unknown, the file exists, the array is not an image, or writing fails.
    """
    path = Path(path)
    file_format = WRITE_FORMATS.get(path.suffix.lower())
    if file_format is None:
        raise ImageError(f"{path}: unknown extension {path.suffix!r}. Use one of {', '.join(WRITE_FORMATS)}.")
    if not 1 <= quality <= 100:
        raise ImageError(f"{path}: `quality` must lie in 1 to 100. Received: quality={quality}.")
    unknown = sorted(set(tags or {}) - set(EXIF_TAGS))
    if unknown:
        raise ImageError(f"{path}: unknown tags {', '.join(unknown)}. Use {', '.join(EXIF_TAGS)}.")
    if path.is_dir():
        raise ImageError(f"{path}: is a folder. Add a file name.")
    if path.exists() and not overwrite:
        raise ImageError(f"{path}: already exists. Choose another name, or pass overwrite=True.")
    try:
        picture = to_picture(to_uint8(check_image(image)))
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
    _write_whole(path, _encode(path, picture, file_format, quality, tags or {}))


def _encode(path: Path, picture: Image.Image, file_format: str, quality: int, tags: Mapping[str, str]) -> bytes:
    options: dict[str, Any] = {}
    if file_format in ("JPEG", "WEBP", "AVIF"):
        options["quality"] = quality
    if file_format in ("JPEG", "AVIF"):
        options["subsampling"] = "4:4:4"  # styles have saturated strokes side by side
    if file_format == "TIFF":
        options["compression"] = "tiff_adobe_deflate"
    if file_format == "PNG":
        options["compress_level"] = 3  # a painting takes a third of the time of Pillow's 6, and 7 % more bytes
    if tags and file_format == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        for name, text in tags.items():
            options["pnginfo"].add_text(name, text)
    elif tags and file_format != "BMP":
        options["exif"] = Image.Exif()
        for name, text in tags.items():
            options["exif"][EXIF_TAGS[name]] = text.encode("utf-8")  # Pillow would turn "ü" of a str into "?"
    if picture.mode == "RGBA" and file_format in WITHOUT_ALPHA:
        picture = lay_on_white(picture, picture.getchannel("A"))
    buffer = io.BytesIO()
    try:
        picture.save(buffer, file_format, **options)
    except (OSError, ValueError, KeyError) as error:  # KeyError: a Pillow without this format
        raise ImageError(
            f"{path}: cannot be written as {file_format} ({error}). Use .png, or a smaller image."
        ) from error
    return buffer.getvalue()


def save_animation(path: StrPath, frames: Sequence[Any], durations: Sequence[int], overwrite: bool = False) -> None:
    """Writes an animated GIF atomically. It loops forever.

    Args:
        path: file that ends in .gif.
        frames: sequence of uint8 arrays, or float arrays in [0, 1], of shape `(height, width, 1 or 3)` and one size.
        durations: sequence of integers, milliseconds for each frame.
        overwrite: whether to replace an existing file.

    Raises:
        ImageError: if there is no frame, frames differ in size, the file exists, or writing fails.
    """
    path = Path(path)
    if path.suffix.lower() != ".gif":
        raise ImageError(f"{path}: an animation is a GIF. Name a file that ends in .gif.")
    if path.exists() and not overwrite:
        raise ImageError(f"{path}: already exists. Choose another name, or pass overwrite=True.")
    images = [to_uint8(check_image(frame)) for frame in frames]
    if not images or len({image.shape for image in images}) > 1 or len(durations) != len(images):
        raise ImageError(
            f"{path}: an animation needs frames of one size and a duration for each. "
            f"Received: {len(images)} frames of shapes={sorted({image.shape for image in images})}, "
            f"{len(durations)} durations."
        )
    # Each frame has its own palette: a common one gives late frames the colors of early ones.
    pictures = [to_picture(image).convert("RGB").quantize(dither=Image.Dither.FLOYDSTEINBERG) for image in images]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:], duration=list(durations), loop=0)
    _write_whole(path, buffer.getvalue())


def check_writable(path: StrPath) -> None:
    """Checks that a file can be created, before any work is done for it.

    Args:
        path: file. Its folder may be missing, if it can be created.

    Raises:
        ImageError: if the folder is not writable, or there is a file in its place.
    """
    path = Path(path)
    folder = path.absolute().parent
    while not folder.exists() and not folder.is_symlink() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise ImageError(f"{path}: cannot be written ({folder} is not a folder). Name another output.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ImageError(
            f"{path}: cannot be written (no permission to write to {folder}). "
            "Name another output, or make the folder writable."
        )


def _write_whole(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        reason = error.strerror or error
        raise ImageError(
            f"{path}: cannot be written ({reason}). Check the folder, its permissions and the free space."
        ) from error

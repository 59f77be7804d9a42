"""Image files out, whole or not at all."""

import contextlib
import io
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

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
}
WITHOUT_ALPHA = ("JPEG", "BMP")


def save_image(
    path: StrPath, image: Any, overwrite: bool = False, quality: int = 95, tags: Mapping[str, str] | None = None
) -> None:
    """Writes an image file, whole or not at all.

    The file is written beside its place under another name and moved there when it is complete: if anything fails, an
    older file of that name is as it was. Missing folders are made.

    Args:
        path: file; its extension chooses the format: .png, .jpg, .jpeg, .webp, .tif, .tiff or .bmp.
        image: uint8 array, or float array in [0, 1] (values outside are clipped), of shape `(height, width, channels)`
            with 1, 3 or 4 channels. JPEG and BMP have no alpha: there the image is laid on white.
        overwrite: whether to replace an existing file.
        quality: 1 to 100, for JPEG and WebP. The others lose nothing.
        tags: texts to write into the file under "Description", "Software", "Author" or "Copyright": as text chunks in
            PNG, as EXIF in JPEG, WebP and TIFF. BMP has no place for them and goes without.

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
        raise ImageError(f"{path}: exists already. Choose another name, or pass overwrite=True.")
    try:
        picture = to_picture(to_uint8(check_image(image)))
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
    _write_whole(path, _encode(path, picture, file_format, quality, tags or {}))


def _encode(path: Path, picture: Image.Image, file_format: str, quality: int, tags: Mapping[str, str]) -> bytes:
    options: dict[str, Any] = {}
    if file_format in ("JPEG", "WEBP"):
        options["quality"] = quality
    if file_format == "JPEG":
        options["subsampling"] = "4:4:4"  # styles are made of saturated strokes beside each other
    if file_format == "TIFF":
        options["compression"] = "tiff_adobe_deflate"
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
    except (OSError, ValueError) as error:
        raise ImageError(
            f"{path}: cannot be written as {file_format} ({error}). Try .png or a smaller image."
        ) from error
    return buffer.getvalue()


def _write_whole(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".tfstyle-{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # or a power cut may leave an empty file under the new name
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        reason = error.strerror or error
        raise ImageError(
            f"{path}: cannot be written ({reason}). Check the folder, its permissions and the free space."
        ) from error

"""Reading image files: formats, orientation, color profiles, and lists of files."""

import contextlib
import io
import math
import os
import threading
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from tfstyle.images.arrays import ImageError, to_uint8

StrPath = str | os.PathLike[str]
READ_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "JPEG2000", "HEIF")
# Every extension of these formats: a folder shows the same files that can be named. A test compares with Pillow's.
READ_EXTENSIONS = (
    *(".apng", ".avif", ".avifs", ".bmp", ".gif", ".png", ".tif", ".tiff", ".webp"),
    *(".jfif", ".jpe", ".jpeg", ".jpg"),
    *(".j2c", ".j2k", ".jp2", ".jpc", ".jpf", ".jpx"),
    *(".heic", ".heics", ".heif", ".heifs", ".hif"),
)
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
# The names are those of PNG's registered keywords, the numbers those of the same fields in EXIF.
EXIF_TAGS = {"Description": 0x010E, "Software": 0x0131, "Author": 0x013B, "Copyright": 0x8298}
# More than any phone photographs, less than Pillow's own limit (178 956 970): 450 MB as RGB.
DEFAULT_MAX_PIXELS = 150_000_000
SPARE = 1.5  # sides of a JPEG decoded at a reduced size, relative to the size that is needed


def load_image(
    path: StrPath,
    keep_alpha: bool = False,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    longest_side: int | None = None,
) -> np.ndarray:
    """Reads an image file, as an image viewer shows it.

    The format is detected from the content: JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF, JPEG 2000 or HEIF. HEIF (`.heic`)
    needs the extra `heif`: `pip install "tfstyle[heif]"`. Only the first frame or page is read. The EXIF orientation
    is applied, and colors are converted to sRGB with the embedded color profile; a damaged profile or damaged EXIF is
    ignored. CMYK without a profile is converted by the plain formula.

    Values of more than 8 bits are scaled, not clipped: 16-bit gray by 65535; 32-bit integers by 255 or 65535, the
    smaller one that fits; floats in [0, 1] by 1; other integers or floats by their own minimum and maximum. Pillow
    drops the low bytes of 16-bit RGB.

    Args:
        path: file.
        keep_alpha: whether to return the alpha channel, which is opaque if the file has none. Otherwise the image is
            composited on white.
        max_pixels: largest `width * height` to read, or None for no limit. A file of a few kilobytes can ask for
            gigabytes of memory.
        longest_side: size to which the image will be resized, as by `resize_longest_side`, or None. A JPEG is then
            decoded at a half, a quarter or an eighth of its size, several times faster, if both sides can be divided
            and at least 1.5 times this size is left.

    Returns:
        uint8 array of shape `(height, width, 3)`, RGB in [0, 255], or `(height, width, 4)` with `keep_alpha`.

    Raises:
        ImageError: if the file is missing, not an image, damaged, larger than `max_pixels`, or in a format whose
            package is not installed.
    """
    path = Path(path)
    picture = _decode(path, max_pixels, longest_side)
    profile = picture.info.get("icc_profile")
    try:
        picture, alpha = _split_alpha(picture)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
    picture = _to_srgb(picture, profile)
    if keep_alpha:
        picture.putalpha(255 if alpha is None else alpha)
    elif alpha is not None:
        picture = lay_on_white(picture, alpha)
    return np.array(picture)


def read_tags(path: StrPath) -> dict[str, str]:
    """Reads the tags that `save_image` writes: "Description", "Software", "Author", "Copyright".

    Returns:
        Dict of name -> text, for the tags that the file has. EXIF texts that are not UTF-8 are read as Latin-1.

    Raises:
        ImageError: as in `load_image`.
    """
    picture = _decode(Path(path), max_pixels=DEFAULT_MAX_PIXELS)
    exif = picture.getexif()
    tags = {name: _decode_exif_text(exif[number]) for name, number in EXIF_TAGS.items() if number in exif}
    texts = getattr(picture, "text", {})  # PNG only
    return tags | {name: str(texts[name]) for name in EXIF_TAGS if name in texts}


def read_size(path: StrPath) -> tuple[int, int]:
    """Height and width of an image file as it is stored, before the EXIF orientation is applied.

    Only the beginning of the file is read.

    Raises:
        ImageError: if the file is missing or its size cannot be read.
    """
    try:
        with open(path, "rb") as file, _pillow_settings.reading(None):
            picture = Image.open(file, formats=READ_FORMATS[:-1])
            return picture.height, picture.width
    except Exception as error:  # as in `load_image`, which says more
        raise ImageError(f"{path}: the size cannot be read ({error}).") from error


def list_images(folder_or_files: StrPath | Iterable[StrPath], recursive: bool = True) -> list[Path]:
    """Lists image files.

    Args:
        folder_or_files: a folder, a file, or a sequence of both. Of a folder, the files with the extension of an image
            are listed (`READ_EXTENSIONS`, in any case); hidden files and folders are skipped. A file that is named is
            listed whatever its extension.
        recursive: whether to search subfolders. Symbolic links to folders are not followed.

    Returns:
        Sorted list of paths without duplicates, at least one.

    Raises:
        ImageError: if a file or folder is missing or cannot be read, or there is no image.
    """
    if isinstance(folder_or_files, str | os.PathLike):
        folder_or_files = [folder_or_files]
    sources = [Path(source) for source in folder_or_files]
    found: set[Path] = set()
    for source in sources:
        if source.is_dir():
            found.update(_images_in_folder(source, recursive))
        elif source.exists():
            found.add(source)
        else:
            raise ImageError(f"{source}: no such file or folder. Check the name.")
    if not found:
        names = ", ".join(map(str, sources)) or "an empty list"
        raise ImageError(f"{names}: no images found. Image files end in one of {', '.join(READ_EXTENSIONS)}.")
    return sorted(found)


def _images_in_folder(folder: Path, recursive: bool) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise ImageError(f"{error.filename}: the folder cannot be read ({error.strerror}). Check its permissions.")

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and name.lower().endswith(READ_EXTENSIONS):
                yield Path(parent, name)


class _PillowSettings:
    """Silences Pillow's warnings, and lifts its pixel limit if asked, while an image is read.

    Both are global to the process. They change when the first of several threads starts to read, and are restored when
    the last one finishes, so that threads do not wait for one another and never leave the settings changed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._num_readers = 0
        self._filters: Any = None
        self._limit: int | None = None

    @contextlib.contextmanager
    def reading(self, max_pixels: int | None) -> Iterator[None]:
        with self._lock:
            if self._num_readers == 0:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
                self._limit = Image.MAX_IMAGE_PIXELS
            self._num_readers += 1
            # Pillow warns above its limit and raises above twice that.
            if self._limit is not None and (max_pixels is None or max_pixels > 2 * self._limit):
                Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            with self._lock:
                self._num_readers -= 1
                if self._num_readers == 0:
                    self._filters.__exit__(None, None, None)
                    Image.MAX_IMAGE_PIXELS = self._limit


_pillow_settings = _PillowSettings()


def _decode(path: Path, max_pixels: int | None, longest_side: int | None = None) -> Image.Image:
    """Reads a file into memory with the orientation applied, in Pillow's mode."""
    if path.is_dir():
        raise ImageError(f"{path}: is a folder. Name an image file in it.")
    try:
        with open(path, "rb") as file, _pillow_settings.reading(max_pixels):
            return _decode_file(path, file, max_pixels, longest_side)
    except FileNotFoundError:
        raise ImageError(f"{path}: no such file. Check the name and the folder.") from None
    except OSError as error:  # of `open`: the decoder's own have become ImageErrors
        raise ImageError(f"{path}: cannot be read ({error.strerror}). Check the name and the permissions.") from None


def _in_millions(number: int | None) -> str:
    """`150 million` for 150000000; other numbers are written out."""
    return f"{number // 10**6} million" if number and number % 10**6 == 0 else str(number)


def _decode_file(path: Path, file: BinaryIO, max_pixels: int | None, longest_side: int | None) -> Image.Image:
    header = file.read(12)
    if not header:
        raise ImageError(f"{path}: is empty. Download or save the file again.")
    is_heif = header[4:8] == b"ftyp" and header[8:12] in HEIF_BRANDS
    try:
        if is_heif:
            from pillow_heif import register_heif_opener

            register_heif_opener()
        picture: Image.Image = Image.open(file, formats=READ_FORMATS if is_heif else READ_FORMATS[:-1])
        if max_pixels is not None and picture.width * picture.height > max_pixels:
            raise Image.DecompressionBombError
        if longest_side is not None:
            _reduce(picture, longest_side)
        picture.load()
    except Image.DecompressionBombError:
        raise ImageError(
            f"{path}: has more than {_in_millions(max_pixels)} pixels. Resize it, or pass a larger `max_pixels` in "
            "Python if you trust the file."
        ) from None
    except UnidentifiedImageError:
        raise ImageError(
            f"{path}: not an image in a supported format ({', '.join(READ_FORMATS)}), or damaged at the start. "
            "Convert it to PNG or JPEG."
        ) from None
    except ImportError:
        raise ImageError(
            f'{path}: HEIF images need the package pillow-heif. Run pip install "tfstyle[heif]", or convert the '
            "image to JPEG."
        ) from None
    except MemoryError:
        raise ImageError(f"{path}: not enough memory to read it. Resize it.") from None
    except Exception as error:  # decoders raise nearly anything on damaged data: SyntaxError, struct.error, ...
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{path}: damaged or incomplete ({reason}). Download or save the file again.") from error
    with contextlib.suppress(Exception):  # damaged EXIF does not make the image unreadable
        ImageOps.exif_transpose(picture, in_place=True)
    return picture


def _reduce(picture: Image.Image, longest_side: int) -> None:
    """Has a JPEG decoded at a fraction of its size. Other formats ignore it."""
    width, height = picture.size
    for factor in (8, 4, 2):
        if width % factor == height % factor == 0 and max(width, height) >= SPARE * factor * longest_side:
            picture.draft(None, (width // factor, height // factor))
            return


def _split_alpha(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Splits a picture of any mode into 8-bit colors (modes L, RGB, CMYK, LAB) and alpha (mode L, or None)."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.asarray(picture)
        transparent = picture.info.get("transparency")
        alpha = None if transparent is None else Image.fromarray(to_uint8((values != transparent) * 1.0))
        return Image.fromarray(_scale_to_uint8(values)), alpha
    if picture.has_transparency_data:
        mode = "LA" if picture.mode in ("1", "L", "LA") else "RGBA"
        *colors, alpha = picture.convert(mode).split()
        return Image.merge(mode[:-1], colors), alpha
    if picture.mode == "1":
        return picture.convert("L"), None
    return (picture if picture.mode in ("L", "CMYK", "LAB") else picture.convert("RGB")), None


def _scale_to_uint8(values: np.ndarray) -> np.ndarray:
    """Scales 16-bit, 32-bit or float values to uint8, as documented in `load_image`."""
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ImageError("holds values that are not finite numbers. Replace them and save the file again.")
    full_scales = {"u": (65535,), "i": (255, 65535), "f": (1,)}[values.dtype.kind]
    full_scale = next((full for full in full_scales if low >= 0 and high <= full), None)
    if full_scale is not None:
        low, high = 0.0, float(full_scale)
    return to_uint8((values.astype(np.float64) - low) / (high - low or 1.0))


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Converts a picture of mode L, RGB, CMYK or LAB to sRGB, by its color profile if that fits."""
    if profile:
        # A damaged profile, or one for another mode, is ignored, as image viewers do.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if picture.mode == "L" and source.profile.xcolor_space.strip() == "RGB":
                picture = picture.convert("RGB")
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
    return picture.convert("RGB")


def lay_on_white(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    """Composites a picture on white."""
    background = Image.new("RGB", picture.size, "white")
    background.paste(picture, mask=alpha)
    return background


def _decode_exif_text(value: object) -> str:
    """Decodes an EXIF text as UTF-8 if possible: Pillow decodes Latin-1, but most programs write UTF-8."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    with contextlib.suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return text.rstrip("\0")

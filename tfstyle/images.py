"""Reading, writing and resizing images: the only place where files and value ranges are converted.

An image is a NumPy array of shape `(height, width, channels)` with 1 (gray), 3 (RGB) or 4 (RGB and alpha) channels, in
one of three ranges: uint8 in [0, 255], as in files; float in [0, 1], as networks for style take and give it; float in
[-1, 1] ("signed"), as a generator ending in tanh gives it. Colors are sRGB, alpha is not premultiplied.
"""

import contextlib
import io
import math
import os
import secrets
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageDraw, ImageFont, ImageOps, PngImagePlugin, UnidentifiedImageError

StrPath = str | os.PathLike[str]

READ_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
READ_EXTENSIONS = (".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
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
# The names are those of PNG's registered keywords, the numbers those of the same fields in EXIF.
EXIF_TAGS = {"Description": 0x010E, "Software": 0x0131, "Author": 0x013B, "Copyright": 0x8298}
# More than any phone photographs, less than Pillow's own limit (178 956 970): 450 MB as RGB.
DEFAULT_MAX_PIXELS = 150_000_000


class ImageError(ValueError):
    """An image that cannot be read, written or converted; the message is one line for the user, with the cure."""


# Reading


def load_image(path: StrPath, keep_alpha: bool = False, max_pixels: int | None = DEFAULT_MAX_PIXELS) -> np.ndarray:
    """Reads an image file as the picture that a viewer would show.

    The format is told from the content: JPEG, PNG, WebP, TIFF, BMP, GIF or AVIF; of several frames or pages the first.
    The picture is turned upright (EXIF orientation) and brought to sRGB by its embedded color profile; a damaged
    profile or damaged EXIF is ignored. CMYK without a profile is converted by the plain formula.

    More than 8 bits are scaled, not clipped: 16-bit gray by 65535; 32-bit integers by 255 or 65535, whichever holds
    them all; floats in [0, 1] by 1; any other integers or floats from their own minimum and maximum. 16-bit RGB loses
    its low bytes in Pillow.

    Args:
        path: file.
        keep_alpha: whether to return the alpha channel, opaque where the file has none. Otherwise transparent pixels
            are laid on white.
        max_pixels: largest width times height to read, or None for no limit: a file of a few kilobytes can ask for
            gigabytes of memory.

    Returns:
        uint8 array of shape `(height, width, 3)`, RGB in [0, 255], or `(height, width, 4)` with `keep_alpha`.

    Raises:
        ImageError: if the file is missing, not an image, damaged, or larger than `max_pixels`.
    """
    path = Path(path)
    picture = _decode(path, max_pixels)
    profile = picture.info.get("icc_profile")
    try:
        picture, alpha = _split_alpha(picture)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
    picture = _to_srgb(picture, profile)
    if keep_alpha:
        picture.putalpha(255 if alpha is None else alpha)
    elif alpha is not None:
        picture = _lay_on_white(picture, alpha)
    return np.array(picture)


def read_tags(path: StrPath) -> dict[str, str]:
    """Reads the texts that `save_image` writes: "Description", "Software", "Author", "Copyright".

    Returns:
        The tags that the file has, by name. EXIF texts that are not UTF-8 are read as Latin-1.

    Raises:
        ImageError: as `load_image`.
    """
    picture = _decode(Path(path), max_pixels=DEFAULT_MAX_PIXELS)
    exif = picture.getexif()
    tags = {name: _decode_exif_text(exif[number]) for name, number in EXIF_TAGS.items() if number in exif}
    texts = getattr(picture, "text", {})  # PNG only
    return tags | {name: str(texts[name]) for name in EXIF_TAGS if name in texts}


def list_images(folder_or_files: StrPath | Iterable[StrPath], recursive: bool = True) -> list[Path]:
    """Lists image files.

    Args:
        folder_or_files: a folder, a file, or several of either. In a folder those files count that have an image's
            extension (`READ_EXTENSIONS`, in any case); hidden files and folders are skipped. A file named itself counts
            whatever its extension.
        recursive: whether to look into the folders of a folder. Links to folders are not followed.

    Returns:
        Sorted paths without repetition, at least one.

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
        raise ImageError(f"{names}: no images found. Files must end in one of {', '.join(READ_EXTENSIONS)}.")
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
    """Silences Pillow's warnings, and lifts its limit of pixels where asked, while an image is being read.

    Both belong to the whole process. They are changed when the first of several threads begins to read and restored
    when the last has finished, so that threads neither wait for one another nor leave the settings changed.
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


def _decode(path: Path, max_pixels: int | None) -> Image.Image:
    """Reads a file into memory, turned upright, in whatever mode Pillow gives it."""
    if path.is_dir():
        raise ImageError(f"{path}: is a folder. Name an image file in it.")
    try:
        with open(path, "rb") as file, _pillow_settings.reading(max_pixels):
            return _decode_file(path, file, max_pixels)
    except FileNotFoundError:
        raise ImageError(f"{path}: no such file. Check the name and the folder.") from None
    except OSError as error:  # of `open`: the decoder's own have become ImageErrors
        raise ImageError(f"{path}: cannot be read ({error.strerror}). Check the name and the permissions.") from None


def _in_millions(number: int | None) -> str:
    """`150 million` for 150000000; what is no round number of millions stays as it is."""
    return f"{number // 10**6} million" if number and number % 10**6 == 0 else str(number)


def _decode_file(path: Path, file: BinaryIO, max_pixels: int | None) -> Image.Image:
    if not file.read(1):
        raise ImageError(f"{path}: is empty. Fetch or save the file again.")
    try:
        picture: Image.Image = Image.open(file, formats=READ_FORMATS)
        if max_pixels is not None and picture.width * picture.height > max_pixels:
            raise Image.DecompressionBombError
        picture.load()
    except Image.DecompressionBombError:
        raise ImageError(
            f"{path}: has more than {_in_millions(max_pixels)} pixels. Make it smaller (in Python a larger "
            "`max_pixels` reads it, if you trust the file)."
        ) from None
    except UnidentifiedImageError:
        raise ImageError(
            f"{path}: not an image in a known format ({', '.join(READ_FORMATS)}), or damaged at its beginning. "
            "Save it as PNG or JPEG."
        ) from None
    except MemoryError:
        raise ImageError(f"{path}: not enough memory to read it. Make it smaller.") from None
    except Exception as error:  # decoders raise nearly anything on damaged data: SyntaxError, struct.error, ...
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{path}: damaged or incomplete ({reason}). Fetch or save the file again.") from error
    with contextlib.suppress(Exception):  # damaged EXIF is no reason to refuse a picture
        ImageOps.exif_transpose(picture, in_place=True)
    return picture


def _split_alpha(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Separates a picture of any mode into 8-bit colors (modes L, RGB, CMYK, LAB) and alpha (mode L, or None)."""
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
    """Scales 16-bit, 32-bit or float values to uint8, as the docstring of `load_image` says."""
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ImageError("holds values that are not finite numbers. Replace them and save the file again.")
    full_scales = {"u": (65535,), "i": (255, 65535), "f": (1,)}[values.dtype.kind]
    full_scale = next((full for full in full_scales if low >= 0 and high <= full), None)
    if full_scale is not None:
        low, high = 0.0, float(full_scale)
    return to_uint8((values.astype(np.float64) - low) / (high - low or 1.0))


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Converts a picture of mode L, RGB, CMYK or LAB to RGB, by its color profile where that fits."""
    if profile:
        # A profile that is damaged, or made for another kind of picture, is ignored, as viewers do.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if picture.mode == "L" and source.profile.xcolor_space.strip() == "RGB":
                picture = picture.convert("RGB")
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
    return picture.convert("RGB")


def _lay_on_white(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    background = Image.new("RGB", picture.size, "white")
    background.paste(picture, mask=alpha)
    return background


def _decode_exif_text(value: object) -> str:
    """Undoes Pillow's reading of EXIF texts as Latin-1: most programs write UTF-8."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    with contextlib.suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return text.rstrip("\0")


# Writing


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
        picture = _to_picture(to_uint8(_check_image(image)))
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
        picture = _lay_on_white(picture, picture.getchannel("A"))
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


# Value ranges


def to_float(image: Any) -> np.ndarray:
    """Converts uint8 in [0, 255] to float32 in [0, 1]; floats keep their values and become float32.

    Raises:
        ImageError: if the array is neither uint8 nor float.
    """
    image = _check_dtype(image)
    return image.astype(np.float32) / np.float32(255) if image.dtype == np.uint8 else image.astype(np.float32)


def to_uint8(image: Any) -> np.ndarray:
    """Converts floats in [0, 1] to uint8 in [0, 255], clipping and rounding to the nearest; uint8 passes unchanged.

    Raises:
        ImageError: if the array is neither uint8 nor float, or holds NaN.
    """
    image = _check_dtype(image)
    if image.dtype == np.uint8:
        return image
    values = image.astype(np.float32)
    num_nan = np.count_nonzero(np.isnan(values))
    if num_nan:
        raise ImageError(
            f"{num_nan} of {values.size} values are not numbers (NaN). The computation that made the image has "
            "diverged: try a smaller learning rate or step, or float32."
        )
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def to_signed(images: Any) -> Any:
    """Converts [0, 1] to [-1, 1], the range of tanh. Takes float arrays and tensors of any shape.

    Raises:
        ImageError: if the values are integers.
    """
    return _check_float(images) * 2.0 - 1.0


def from_signed(images: Any) -> Any:
    """Converts [-1, 1] to [0, 1], without clipping. Takes float arrays and tensors of any shape.

    Raises:
        ImageError: if the values are integers.
    """
    return (_check_float(images) + 1.0) / 2.0


def _check_float(images: Any) -> Any:
    if "float" not in str(getattr(images, "dtype", None)):
        raise ImageError(
            "A float array or tensor is needed: `to_float` makes one of uint8. "
            f"Received: dtype={getattr(images, 'dtype', type(images).__name__)}."
        )
    return images


def _check_dtype(image: Any) -> np.ndarray:
    image = np.asarray(image)
    if image.dtype != np.uint8 and "float" not in image.dtype.name:  # NumPy does not count bfloat16 among the floats
        raise ImageError(f"An image must be uint8 in [0, 255] or float in [0, 1]. Received: dtype={image.dtype}.")
    return image


def _check_image(image: Any) -> np.ndarray:
    image = _check_dtype(image)
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4) or 0 in image.shape:
        hint = " Pass one image of the batch, such as images[0]." if image.ndim == 4 else ""
        raise ImageError(
            f"An image must have the shape (height, width, channels) with 1, 3 or 4 channels.{hint} "
            f"Received: shape={image.shape}."
        )
    return image


def _to_picture(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)


# Sizes


def resize_image(image: Any, height: int, width: int) -> np.ndarray:
    """Resizes an image with a Lanczos filter, which is widened when the image shrinks (antialiasing).

    Args:
        image: uint8 or float array of shape `(image_height, image_width, channels)` with 1, 3 or 4 channels. Colors
            are weighted with alpha, so that what is transparent does not bleed into what is not.
        height: integer, at least 1.
        width: integer, at least 1.

    Returns:
        Array of the dtype of `image` and of shape `(height, width, channels)`. Floats stay within the range of their
        channel, where the filter alone would swing beyond it at edges.

    Raises:
        ImageError: if the array is not an image or a side is less than 1.
    """
    image = _check_image(image)
    if height < 1 or width < 1:
        raise ImageError(f"Sides must be at least 1 pixel. Received: height={height}, width={width}.")
    size = (int(width), int(height))
    has_alpha = image.shape[2] == 4
    if image.dtype == np.uint8:
        if has_alpha:  # colors times alpha need more than 8 bits
            return to_uint8(resize_image(to_float(image), height, width))
        resized = np.array(_to_picture(image).resize(size, Image.Resampling.LANCZOS))
        return resized.reshape(height, width, image.shape[2])
    values = image.astype(np.float32)
    if has_alpha:
        values[:, :, :3] *= values[:, :, 3:]
    planes = [Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS) for plane in np.moveaxis(values, -1, 0)]
    resized = np.stack([np.asarray(plane) for plane in planes], axis=-1)
    if has_alpha:
        resized[:, :, :3] /= np.maximum(resized[:, :, 3:], 1e-6)
    bounds = image.astype(np.float32)
    return np.clip(resized, bounds.min(axis=(0, 1)), bounds.max(axis=(0, 1))).astype(image.dtype)


def resize_longest_side(image: Any, size: int) -> np.ndarray:
    """Resizes an image so that its longer side has `size` pixels, up or down, keeping the proportions.

    Args:
        image: as for `resize_image`.
        size: integer, at least 1.

    Returns:
        As `resize_image`; the shorter side is rounded to the nearest pixel and is never less than 1.

    Raises:
        ImageError: as `resize_image`.
    """
    image = _check_image(image)
    height, width = image.shape[:2]
    scale = size / max(height, width)
    if scale <= 0:
        raise ImageError(f"`size` must be at least 1 pixel. Received: size={size}.")
    return resize_image(image, max(1, round(height * scale)), max(1, round(width * scale)))


# Many images as one


def image_grid(images: Any, num_columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Places images of one size in rows on a white ground.

    Args:
        images: uint8 or float array of shape `(num_images, height, width, channels)`, or a sequence of such images.
        num_columns: integer; by default as many as make the grid about square.
        gap: integer, pixels between two images.

    Returns:
        Array of the dtype of `images` and of shape `(grid_height, grid_width, channels)`.

    Raises:
        ImageError: if there is no image, the sizes differ, or `num_columns` or `gap` is too small.
    """
    shapes = {np.shape(image) for image in images}
    if len(shapes) != 1:
        raise ImageError(f"A grid needs images of one size, at least one. Received: shapes={sorted(shapes)}.")
    images = np.stack([_check_image(image) for image in images])
    num_columns = math.ceil(math.sqrt(len(images))) if num_columns is None else num_columns
    if num_columns < 1 or gap < 0:
        raise ImageError(f"A grid needs a column and no negative gap. Received: num_columns={num_columns}, gap={gap}.")
    num_columns = min(num_columns, len(images))
    num_rows = math.ceil(len(images) / num_columns)
    _, height, width, channels = images.shape
    shape = (num_rows * (height + gap) - gap, num_columns * (width + gap) - gap, channels)
    grid = np.full(shape, 255 if images.dtype == np.uint8 else 1, images.dtype)
    for index, image in enumerate(images):
        top = index // num_columns * (height + gap)
        left = index % num_columns * (width + gap)
        grid[top : top + height, left : left + width] = image
    return grid


def contact_sheet(
    images: Sequence[Any], labels: Sequence[str], num_columns: int | None = None, title: str | None = None
) -> np.ndarray:
    """Places images of any sizes on a white sheet, each above its label.

    Args:
        images: uint8 or float [0, 1] arrays of shape `(height, width, channels)` with 1, 3 or 4 channels. Smaller ones
            are centered in the space of the largest.
        labels: one text an image; where it is wider than the image's space, it is broken into two lines at a space or
            an underscore, and what is still wider is cut short.
        num_columns: integer; by default as many as make the grid about square.
        title: text above all, cut short where it is wider than the sheet.

    Returns:
        uint8 array of shape `(sheet_height, sheet_width, 3)`, RGB.

    Raises:
        ImageError: if there are no images, not as many labels, or an array is not an image.
    """
    if len(images) != len(labels) or not len(labels):
        raise ImageError(f"A label an image is needed. Received: {len(images)} images, {len(labels)} labels.")
    pictures = [_to_picture(to_uint8(_check_image(image))) for image in images]
    height = max(picture.height for picture in pictures)
    width = max(picture.width for picture in pictures)
    margin = max(4, width // 24)
    font = ImageFont.load_default(size=min(max(width // 12, 10), 28))
    texts = [_one_or_two_lines(label, width, font) for label in labels]
    num_lines = max(map(len, texts))
    tiles = []
    for picture, lines in zip(pictures, texts, strict=True):
        tile = Image.new("RGB", (width, height), "white")
        corner = ((width - picture.width) // 2, (height - picture.height) // 2)
        tile.paste(picture.convert("RGB"), corner, picture.getchannel("A") if picture.mode == "RGBA" else None)
        lines = lines + [""] * (num_lines - len(lines))
        tiles.append(np.concatenate([np.asarray(tile), *(_line_of_text(line, width, font) for line in lines)]))
    sheet = image_grid(tiles, num_columns, gap=margin)
    if title is not None:
        title_font = ImageFont.load_default(size=min(max(width // 8, 14), 40))
        sheet = np.concatenate([_line_of_text(title, sheet.shape[1], title_font), sheet])
    return np.pad(sheet, ((margin, margin), (margin, margin), (0, 0)), constant_values=255)


def _one_or_two_lines(text: str, width: int, font: Any) -> list[str]:
    """The text, broken after the last space or underscore that still fits if it is wider than `width`."""
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return [text]
    ends = [end for end in range(1, len(text)) if text[end - 1] in " _" and font.getlength(text[:end].strip()) <= width]
    return [text[: ends[-1]].strip(), text[ends[-1] :]] if ends else [text]


def _line_of_text(text: str, width: int, font: Any) -> np.ndarray:
    """Black text centered on a white strip of the given width, cut short with an ellipsis where it is wider."""
    text = shortened = " ".join(text.split())
    while text and font.getlength(shortened) > width:
        text = text[:-1]
        shortened = text.rstrip() + "…"
    height = sum(font.getmetrics()) * 3 // 2
    strip = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(strip).text((width / 2, height / 2), shortened, fill="black", font=font, anchor="mm")
    return np.asarray(strip)

"""Grids and contact sheets: many images in one."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfstyle.images.arrays import ImageError, as_array, check_image, describe, to_picture, to_uint8


def image_grid(images: Any, num_columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Arranges images of one size in a grid on a white background.

    Args:
        images: uint8 or float array of shape `(num_images, height, width, channels)`, or a sequence of such images.
        num_columns: integer. By default the grid is about square.
        gap: integer, pixels between two images.

    Returns:
        Array of the dtype of `images` and of shape `(grid_height, grid_width, channels)`.

    Raises:
        ImageError: if there is no image, the sizes differ, or `num_columns` or `gap` is too small.
    """
    images = [as_array("images", image) for image in _as_list(images)]
    shapes = {image.shape for image in images}
    if len(shapes) != 1:
        raise ImageError(f"A grid needs at least one image, all of one size. Received: shapes={sorted(shapes)}.")
    images = np.stack([check_image(image) for image in images])
    num_columns = math.ceil(math.sqrt(len(images))) if num_columns is None else num_columns
    if num_columns < 1 or gap < 0:
        raise ImageError(
            f"`num_columns` must be at least 1 and `gap` at least 0. Received: num_columns={num_columns}, gap={gap}."
        )
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
    """Arranges images of any size on a white sheet, each with a label below it.

    Args:
        images: sequence of uint8 arrays, or float arrays in [0, 1], of shape `(height, width, channels)` with 1, 3 or 4
            channels. Each is centered in a cell of the size of the largest.
        labels: one text for each image. A text that is wider than the cell is broken into two lines at a space or an
            underscore, then truncated.
        num_columns: integer. By default the grid is about square.
        title: text above the grid, truncated to its width.

    Returns:
        uint8 array of shape `(sheet_height, sheet_width, 3)`, RGB.

    Raises:
        ImageError: if there are no images, the number of labels differs, or an array is not an image.
    """
    images = _as_list(images)
    if len(images) != len(labels) or not len(labels):
        raise ImageError(
            "A contact sheet needs at least one image, and a label for each. "
            f"Received: images of length {len(images)}, labels of length {len(labels)}."
        )
    pictures = [to_picture(to_uint8(check_image(image))) for image in images]
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


def _as_list(images: Any) -> list[Any]:
    """Images as a list. Raises an ImageError for anything else, such as a number or a path."""
    try:
        if isinstance(images, str | bytes):
            raise TypeError
        return list(images)
    except TypeError:
        raise ImageError(f"`images` must be a sequence of images. Received: {describe(images)}.") from None


def _one_or_two_lines(text: str, width: int, font: Any) -> list[str]:
    """Breaks a text that is wider than `width` after the last space or underscore that fits."""
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return [text]
    ends = [end for end in range(1, len(text)) if text[end - 1] in " _" and font.getlength(text[:end].strip()) <= width]
    return [text[: ends[-1]].strip(), text[ends[-1] :]] if ends else [text]


def _line_of_text(text: str, width: int, font: Any) -> np.ndarray:
    """Draws black text centered on a white strip of the given width, truncated with an ellipsis."""
    text = shortened = " ".join(text.split())
    while text and font.getlength(shortened) > width:
        text = text[:-1]
        shortened = text.rstrip() + "…"
    height = sum(font.getmetrics()) * 3 // 2
    strip = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(strip).text((width / 2, height / 2), shortened, fill="black", font=font, anchor="mm")
    return np.asarray(strip)

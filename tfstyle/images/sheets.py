"""Many images as one."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfstyle.images.arrays import ImageError, check_image, to_picture, to_uint8


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
    images = np.stack([check_image(image) for image in images])
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

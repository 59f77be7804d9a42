"""Checks of what the page sends, with messages for its visitors."""

from typing import Any

import numpy as np

from tfstyle.errors import TfstyleError
from tfstyle.images import load_image, resize_longest_side

MAX_PIXELS = 50_000_000  # of an upload: a page answers several people, a command one
SIZES = (256, 4096)  # longest side of a painting
MOST_LINES, LONGEST_LINE = 64, 300  # of captions


class StudioError(TfstyleError, ValueError):
    """Raised for a request that cannot be met. The message is one line, written for the user."""


def number(what: str, value: Any, low: float, high: float) -> float:
    """Checks a number that came from the page.

    Raises:
        StudioError: if it is none, or outside of `[low, high]`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise StudioError(f"{what} must be a number from {low:g} to {high:g}. Received: {str(value)[:40]}.")
    return float(value)


def whole(what: str, value: Any, low: int, high: int) -> int:
    """Checks a whole number that came from the page.

    Raises:
        StudioError: if it is none, or outside of `[low, high]`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1 or not low <= value <= high:
        raise StudioError(f"{what} must be a whole number from {low} to {high}. Received: {str(value)[:40]}.")
    return int(value)


def captions_of(text: Any) -> list[str]:
    """The captions of a field, one a line.

    Raises:
        StudioError: if there is none, or there are too many or too long ones.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()] if isinstance(text, str) else []
    if not lines:
        raise StudioError("Write what to draw, or take one of the examples.")
    if len(lines) > MOST_LINES or max(map(len, lines)) > LONGEST_LINE:
        raise StudioError(f"The text has at most {MOST_LINES} lines of at most {LONGEST_LINE} letters. Shorten it.")
    return lines


def read_photo(file: Any, size: Any) -> np.ndarray:
    """Reads an uploaded picture, and reduces it to a longest side of `size`. It is never enlarged.

    Args:
        file: path, or None if nothing was uploaded.
        size: integer in `SIZES`.

    Returns:
        uint8 array `(height, width, 3)`, RGB in [0, 255].

    Raises:
        TfstyleError: if it is missing or cannot be read.
    """
    if not file:
        raise StudioError("Choose a photograph: drop one on the page, or take an example.")
    size = whole("The longest side", size, *SIZES)
    photo = load_image(file, max_pixels=MAX_PIXELS, longest_side=size)
    return resize_longest_side(photo, size) if max(photo.shape[:2]) > size else photo

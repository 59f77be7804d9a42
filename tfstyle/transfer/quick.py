"""The choice between TensorFlow and LiteRT: a small job ends before TensorFlow is imported."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfstyle import artifacts
from tfstyle.images import ImageError
from tfstyle.saved.lite_bank import LiteStyleBank, has_lite_model, has_lite_runtime
from tfstyle.transfer.canvas import pixels_of

# LiteRT starts about 4 s earlier, and takes about 1 s more for each million pixels (docs/benchmarks.md).
MAX_PIXELS = 3_000_000


def open_quick_model(name_or_folder: str, photos: Sequence[Path], size: int | None = None, canvas: int = 0) -> Any:
    """Opens a style bank by LiteRT if the job is small, the bank has a model for it, and LiteRT is installed.

    Args:
        name_or_folder: name or folder of the model.
        photos: the photographs of the job.
        size: integer, longest side of the outputs, or None for that of the photographs.
        canvas: integer, longest side up to which photographs are enlarged.

    Returns:
        `LiteStyleBank`, or None if TensorFlow is to be used.
    """
    folder = artifacts.find_model(name_or_folder)
    if not has_lite_model(folder) or not has_lite_runtime() or _num_pixels(photos, size, canvas) > MAX_PIXELS:
        return None
    try:
        return LiteStyleBank(folder)
    except (ImportError, OSError, RuntimeError, ValueError):  # a broken installation or file: TensorFlow may still do
        return None


def _num_pixels(photos: Sequence[Path], size: int | None, canvas: int) -> int:
    """Pixels of all pictures as they are painted, counted only as far as matters."""
    total = 0
    for photo in photos:
        with contextlib.suppress(ImageError):  # it is reported when its turn comes
            total += pixels_of(photo, size, canvas)[1]
        if total > MAX_PIXELS:
            break
    return total

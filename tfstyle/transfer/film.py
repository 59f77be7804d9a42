"""A picture as it comes to be, as an animated GIF."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from tfstyle.images import ImageError, resize_image, resize_longest_side, to_uint8

LONGEST_SIDE = 480  # a GIF of 40 larger frames would have tens of megabytes


class Film:
    """Frames of one proportion, brought to one size.

    Args:
        height: integer, of the finished picture.
        width: integer, of the finished picture.
    """

    def __init__(self, height: int, width: int):
        blank = np.zeros((height, width, 3), np.uint8)
        self.height, self.width = resize_longest_side(blank, min(LONGEST_SIDE, max(height, width))).shape[:2]
        self.frames: list[np.ndarray] = []

    def add(self, image: np.ndarray) -> None:
        """Appends a frame: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`, of any size."""
        self.frames.append(resize_image(to_uint8(image), self.height, self.width))

    def save(self, path: str | Path, seconds: float = 6.0) -> None:
        """Writes an animated GIF, whole or not at all; the last frame stands for two seconds more.

        Args:
            path: file; one that exists is replaced.
            seconds: float, about how long it runs before.

        Raises:
            ImageError: if there is no frame, or the file cannot be written.
        """
        path = Path(path)
        if not self.frames:
            raise ImageError(f"{path}: there is nothing to show yet.")
        # One palette for all would leave the late frames the colors of the early ones; so each gets its own.
        pictures = [Image.fromarray(frame).quantize(dither=Image.Dither.FLOYDSTEINBERG) for frame in self.frames]
        durations = [max(20, round(1000 * seconds / len(pictures)))] * len(pictures)
        durations[-1] += 2000
        buffer = io.BytesIO()
        pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
        partial = path.with_name(f".{path.name}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(buffer.getvalue())
            os.replace(partial, path)
        except OSError as error:
            raise ImageError(f"{path}: cannot be written ({error.strerror or error}).") from error

"""Time-lapse of an optimization, as an animated GIF."""

from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.images import ImageError, resize_image, resize_longest_side, save_animation, to_uint8

LONGEST_SIDE = 480  # a GIF of 40 larger frames has tens of megabytes


class TimeLapse:
    """Frames of one aspect ratio, resized to one size.

    Args:
        height: integer, of the finished image.
        width: integer, of the finished image.
    """

    def __init__(self, height: int, width: int):
        blank = np.zeros((height, width, 3), np.uint8)
        self.height, self.width = resize_longest_side(blank, min(LONGEST_SIDE, max(height, width))).shape[:2]
        self.frames: list[np.ndarray] = []

    def add(self, image: Any) -> None:
        """Appends a frame.

        Args:
            image: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)` and any size.
        """
        self.frames.append(resize_image(to_uint8(image), self.height, self.width))

    def save(self, path: str | Path, seconds: float = 6.0) -> None:
        """Writes an animated GIF atomically. The last frame is shown for two more seconds.

        Args:
            path: file that ends in .gif; an existing one is replaced.
            seconds: approximate duration of the frames.

        Raises:
            ImageError: if there is no frame, or the file cannot be written.
        """
        if not self.frames:
            raise ImageError(f"{path}: the time-lapse has no frames yet.")
        durations = [max(20, round(1000 * seconds / len(self.frames)))] * len(self.frames)
        durations[-1] += 2000
        save_animation(path, self.frames, durations, overwrite=True)

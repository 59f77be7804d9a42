"""A disk cache of resized images, for training with small crops of full-size photographs."""

import hashlib
import io
import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tfstyle.atomic import write_atomically

logger = logging.getLogger(__name__)


class DiskCache:
    """Caches processed images losslessly as PNG files.

    An image file whose size or modification time has changed is processed again, and its entry is replaced. Entries
    are written atomically, so that several trainings can share a folder. The folder can be deleted at any time.

    Args:
        folder: path of the folder, which is created if it does not exist.
        recipe: string that describes the processing. Different recipes have separate entries.
    """

    def __init__(self, folder: str | os.PathLike, recipe: str):
        self.folder, self.recipe = Path(folder), recipe
        self._has_failed = False

    def load(self, path: Path, make: Callable[[Path], np.ndarray]) -> np.ndarray:
        """Returns the cached image of a file, or computes it.

        Args:
            path: path of the image.
            make: function that maps the path to a uint8 array of shape `(height, width, 3)`.

        Returns:
            uint8 array of shape `(height, width, 3)`.
        """
        try:
            entry = self._entry(path)
            with Image.open(entry) as picture:
                return np.asarray(picture.convert("RGB"))
        except (OSError, ValueError, SyntaxError):  # missing or broken
            image = make(path)
        try:
            self._write(self._entry(path), image)
        except OSError as error:
            if not self._has_failed:
                logger.warning("%s cannot be written (%s): training continues without it.", self.folder, error.strerror)
            self._has_failed = True
        return image

    def _entry(self, path: Path) -> Path:
        """Path of the entry of a file. Its name depends on the file and the recipe, and on the state of the file."""
        key = hashlib.sha256(f"{self.recipe} {path.resolve()}".encode()).hexdigest()[:32]
        state = path.stat()
        return self.folder / key[:2] / f"{key}-{state.st_size}-{state.st_mtime_ns}.png"

    def _write(self, entry: Path, image: np.ndarray) -> None:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "PNG", compress_level=1)
        write_atomically(entry, buffer.getvalue(), durable=False)
        for old in entry.parent.glob(f"{entry.name.partition('-')[0]}-*.png"):
            if old != entry:
                old.unlink(missing_ok=True)

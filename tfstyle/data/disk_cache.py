"""Images shrunk once and kept on disk, for sets of full-size photographs of which a training sees small crops."""

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
    """Keeps what is made of image files, as PNG, which loses nothing.

    A file that has changed since, by its size or its time of modification, is read again, and takes the place of what
    was kept of it. Each entry is written atomically, so that several trainings may share a folder. The folder may be
    deleted at any time.

    Args:
        folder: path of the folder, made where it is missing.
        recipe: string, what is made of a file: another recipe makes other entries.
    """

    def __init__(self, folder: str | os.PathLike, recipe: str):
        self.folder, self.recipe = Path(folder), recipe
        self._has_failed = False

    def load(self, path: Path, make: Callable[[Path], np.ndarray]) -> np.ndarray:
        """What is kept of a file, or what is made of it now.

        Args:
            path: path of the image.
            make: function of the path to a uint8 array of shape `(height, width, 3)`.

        Returns:
            uint8 array of shape `(height, width, 3)`.
        """
        try:
            entry = self._entry(path)
            with Image.open(entry) as picture:
                return np.asarray(picture.convert("RGB"))
        except (OSError, ValueError, SyntaxError):  # none yet, or a broken one
            image = make(path)
        try:
            self._write(self._entry(path), image)
        except OSError as error:
            if not self._has_failed:
                logger.warning("%s cannot be written (%s): the training goes on without.", self.folder, error.strerror)
            self._has_failed = True
        return image

    def _entry(self, path: Path) -> Path:
        """Where a file's entry lies: its name tells the file and the recipe, and then the state of the file."""
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

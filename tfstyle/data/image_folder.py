"""A folder of images as a dataset."""

import collections
import copy
import hashlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image, ImageEnhance

from tfstyle.data.disk_cache import DiskCache
from tfstyle.images import ImageError, StrPath, list_images, load_image
from tfstyle.wording import counted


class ImageFolder:
    """The images below a folder, of any sizes and modes; its sub-folders are labels.

    Images are decoded on demand, resized, and cached in memory up to a limit. A file that cannot be read is skipped,
    recorded in `skipped`, and replaced by the next one.

    Args:
        folder: path of a folder, or a sequence of files.
        longest_side: integer or None; larger images are resized to this longest side.
        cache_bytes: integer, memory limit of the cached images.
        shortest_side: integer or None; images with a longer shorter side are resized to this.
        cache_folder: path of a folder for the resized images, so that large files are decoded once and not for each
            crop; None for no such cache. Entries are replaced when a file changes; it can be deleted at any time.

    Attributes:
        paths: list of the files.
        label_names: tuple of the names of the sub-folders, sorted; empty if there are none.
        skipped: dict of path -> reason, the files that could not be read so far.

    Raises:
        ImageError: if the folder does not exist or contains no image.
        ValueError: if there is a `cache_folder`, but no size to resize images to.
    """

    noun = "image"  # what it holds, in messages

    def __init__(
        self,
        folder: StrPath | Iterable[StrPath],
        longest_side: int | None = None,
        cache_bytes: int = 2 * 1024**3,
        shortest_side: int | None = None,
        cache_folder: StrPath | None = None,
    ):
        self.paths = list_images(folder)
        self.longest_side, self.shortest_side = longest_side, shortest_side
        if cache_folder is not None and longest_side is None and shortest_side is None:
            raise ValueError("`cache_folder` needs `longest_side` or `shortest_side`: it stores resized images.")
        recipe = f"longest {longest_side} shortest {shortest_side}"
        self._disk = None if cache_folder is None else DiskCache(cache_folder, recipe)
        self.skipped: dict[Path, str] = {}
        self._cache: collections.OrderedDict[int, np.ndarray] = collections.OrderedDict()
        self._free_bytes = cache_bytes
        self._lock = threading.Lock()
        root = Path(folder) if isinstance(folder, str | Path) else None
        parts = [path.relative_to(root).parts for path in self.paths] if root and root.is_dir() else []
        self.label_names = tuple(sorted({part[0] for part in parts if len(part) > 1}))
        self._labels = [self.label_names.index(part[0]) if len(part) > 1 else -1 for part in parts]

    def fingerprint(self) -> str:
        """The number of files, and a hash of their names and sizes, which is different for other images.

        The names are relative to the common folder of all files, which can therefore be moved.
        """
        paths = [path.absolute() for path in self._files()]
        root = os.path.commonpath([path.parent for path in paths])
        digest = hashlib.sha256(f"{self.longest_side} {self.shortest_side}".encode())
        for path in paths:
            digest.update(f"{path.relative_to(root).as_posix()} {path.stat().st_size}\n".encode())
        return f"{counted(len(paths), 'file')} {digest.hexdigest()[:16]}"

    def split(self, num_held_back: int, seed: int = 0) -> tuple[Self, Self]:
        """Splits the images at random into images for training and images for evaluation.

        Args:
            num_held_back: integer, number for evaluation, at least 1 and less than all.
            seed: integer.

        Returns:
            Two folders of the same kind: images for training, images for evaluation. They share `skipped`.

        Raises:
            ImageError: if one of them would be empty.
        """
        if not 0 < num_held_back < len(self):
            raise ImageError(
                f"Of {counted(len(self), self.noun)}, 1 to {len(self) - 1} can be held back, not {num_held_back}."
            )
        order = np.random.default_rng(seed).permutation(len(self))
        return self._part(np.sort(order[num_held_back:])), self._part(np.sort(order[:num_held_back]))

    def _part(self, indices: np.ndarray) -> Self:
        """Some of the images, with their own cache."""
        part = copy.copy(self)
        part.paths = [self.paths[index] for index in indices]
        part._labels = [self._labels[index] for index in indices] if self._labels else []
        part._cache, part._lock = collections.OrderedDict(), threading.Lock()
        part._free_bytes = self._free_bytes // 2
        return part

    def _files(self) -> list[Path]:
        """All files that the images depend on."""
        return self.paths

    def __len__(self) -> int:
        return len(self.paths)

    def load(self, index: int) -> tuple[np.ndarray, int]:
        """An image and its label.

        Args:
            index: integer in `[0, len(self))`.

        Returns:
            uint8 array of shape `(height, width, 3)`, and the label as an integer, -1 without labels.

        Raises:
            ImageError: if no file of the folder can be read.
        """
        for offset in range(len(self)):
            candidate = (index + offset) % len(self)
            if self.paths[candidate] in self.skipped:
                continue
            try:
                return self._load(candidate), self._labels[candidate] if self._labels else -1
            except ImageError as error:
                with self._lock:
                    self.skipped[self.paths[candidate]] = str(error)
        raise ImageError(none_can_be_read(len(self), next(iter(self.skipped.values()))))

    def _load(self, index):
        with self._lock:
            if index in self._cache:
                return self._cache[index]
        image = self._decode(index)
        with self._lock:
            if index not in self._cache and image.nbytes <= self._free_bytes:
                self._cache[index] = image
                self._free_bytes -= image.nbytes
        return image

    def _decode(self, index: int) -> np.ndarray:
        path = self.paths[index]
        return self._read(path) if self._disk is None else self._disk.load(path, self._read)

    def _read(self, path: Path) -> np.ndarray:
        """Decodes and resizes an image."""
        image = load_image(path)
        height, width = image.shape[:2]
        scale = min(
            1.0 if self.longest_side is None else self.longest_side / max(height, width),
            1.0 if self.shortest_side is None else self.shortest_side / min(height, width),
        )
        if scale >= 1.0:
            return image
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def none_can_be_read(num_images: int, reason: str) -> str:
    """The error message if no image of a folder can be read, with the reason for the first one."""
    if num_images == 1:
        return f"The only image cannot be read: {reason}"
    return f"None of the {num_images} images can be read; the first: {reason}"


def random_crop(
    image: np.ndarray,
    size: int,
    random: np.random.Generator,
    min_scale: float = 1.0,
    max_scale: float = 1.0,
    flip: bool = True,
) -> np.ndarray:
    """A square crop at a random scale and position, resized with antialiasing, possibly mirrored.

    Args:
        image: uint8 array of shape `(height, width, 3)`.
        size: integer, height and width of the crop in pixels.
        random: `numpy.random.Generator`.
        min_scale: float, at least 1; minimum of the scaled image's shorter side, as a multiple of `size`.
        max_scale: float, maximum of the scaled image's shorter side, as a multiple of `size`.
        flip: bool, whether to mirror half of the crops.

    Returns:
        uint8 array of shape `(size, size, 3)`.
    """
    height, width = image.shape[:2]
    scale = np.exp(random.uniform(np.log(min_scale), np.log(max_scale)))
    side = min(height, width) / scale
    left, top = random.uniform(0, width - side), random.uniform(0, height - side)
    box = (left, top, min(left + side, width), min(top + side, height))
    crop = Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC, box=box)
    if flip and random.random() < 0.5:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(crop)


def color_jitter(image: np.ndarray, random: np.random.Generator, amount: float) -> np.ndarray:
    """Changes brightness, contrast and saturation, each by a random factor.

    Args:
        image: uint8 array of shape `(height, width, 3)`.
        random: `numpy.random.Generator`.
        amount: float in [0, 1); the factors lie in `[1 - amount, 1 + amount]`.

    Returns:
        uint8 array of the same shape.
    """
    picture = Image.fromarray(image)
    for enhancer in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        picture = enhancer(picture).enhance(random.uniform(1 - amount, 1 + amount))
    return np.asarray(picture)

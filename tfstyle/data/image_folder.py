"""A folder of images as a training set."""

import collections
import threading
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from tfstyle.images import ImageError, list_images, load_image


class ImageFolder:
    """The images below a folder, of any mix of sizes and modes; its sub-folders are labels.

    Images are decoded when they are asked for and kept in memory, shrunk, up to a limit. A file that cannot be read is
    left out, remembered in `skipped`, and stood in for by the next one.

    Args:
        folder: path of a folder, or a sequence of files.
        longest_side: integer or None; larger images are shrunk to this.
        cache_bytes: integer, how much memory decoded images may take.

    Attributes:
        paths: list of the files.
        label_names: tuple of the names of the sub-folders, sorted; empty if there are none.
        skipped: dict of path -> reason, for the files that could not be read so far.

    Raises:
        ImageError: if there is no such folder, or no image in it.
    """

    def __init__(self, folder, longest_side=None, cache_bytes=2 * 1024**3):
        self.paths = list_images(folder)
        self.longest_side = longest_side
        self.skipped: dict[Path, str] = {}
        self._cache: collections.OrderedDict[int, np.ndarray] = collections.OrderedDict()
        self._free_bytes = cache_bytes
        self._lock = threading.Lock()
        root = Path(folder) if isinstance(folder, str | Path) else None
        parts = [path.relative_to(root).parts for path in self.paths] if root and root.is_dir() else []
        self.label_names = tuple(sorted({part[0] for part in parts if len(part) > 1}))
        self._labels = [self.label_names.index(part[0]) if len(part) > 1 else -1 for part in parts]

    def __len__(self):
        return len(self.paths)

    def load(self, index):
        """An image and its label.

        Args:
            index: integer in `[0, len(self))`.

        Returns:
            uint8 array of shape `(height, width, 3)`, and the label's integer, -1 without one.

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
        raise ImageError(f"None of the {len(self)} images can be read; the first: {next(iter(self.skipped.values()))}")

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

    def _decode(self, index):
        image = load_image(self.paths[index])
        longest = max(image.shape[:2])
        if self.longest_side is not None and longest > self.longest_side:
            scale = self.longest_side / longest
            height, width = (max(1, round(side * scale)) for side in image.shape[:2])
            image = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))
        return image


def shuffled_index(sample, size, seed):
    """Which of `size` images is the `sample`-th of an endless shuffled stream.

    Every image comes once in each epoch. The answer depends on its arguments alone, so a training that resumes at any
    sample sees the images that it would have seen.

    Args:
        sample: integer, number of the sample since the beginning of the training.
        size: integer, number of images.
        seed: integer.

    Returns:
        Integer in `[0, size)`.
    """
    epoch, position = divmod(int(sample), size)
    return int(np.random.default_rng((seed, epoch)).permutation(size)[position])


def random_crop(image, size, random, min_scale=1.0, max_scale=1.0, flip=True):
    """A square crop at a random scale and place, antialiased, possibly mirrored.

    Args:
        image: uint8 array of shape `(height, width, 3)`.
        size: integer, height and width of the crop in pixels.
        random: `numpy.random.Generator`.
        min_scale: float, at least 1; the image's shorter side is scaled to at least this multiple of `size`.
        max_scale: float, and to at most this.
        flip: bool, mirror half of the crops.

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


def color_jitter(image, random, amount):
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

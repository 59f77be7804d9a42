"""Images of one size in memory, as training data of GANs."""

import hashlib
import logging
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from tfstyle.data.image_folder import none_can_be_read
from tfstyle.images import ImageError, StrPath, list_images, load_image, resize_image
from tfstyle.wording import counted

logger = logging.getLogger(__name__)

CHANNELS = (1, 3, 4)
MAX_STRAYS = 10  # of these many images, at most one is ignored as a stray beside the class folders
# Names of images and labels in archives: those of this project and of Keras.
IMAGE_NAMES = ("images", "x", "x_train")
LABEL_NAMES = ("labels", "y", "y_train")


class ImageArray:
    """Images of one size in memory, optionally with labels.

    10,000 color images of 64 pixels take 123 MB.

    Args:
        images: uint8 array of shape `(num_images, height, width, channels)` with 1, 3 or 4 channels.
        labels: integer array of shape `(num_images,)`, each at least 0; or None.
        label_names: sequence of strings, one per class; by default the numbers.
        skipped: dict of path -> reason, files that could not be read.

    Attributes:
        image_shape: tuple `(height, width, channels)`.
        num_classes: integer, 0 without labels.

    Raises:
        ImageError: if an array has the wrong shape, dtype or values.
    """

    def __init__(self, images, labels=None, label_names=(), skipped=None):
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 4 or not images.size or images.shape[-1] not in CHANNELS:
            raise ImageError(
                "Images must be a uint8 array of shape (num_images, height, width, channels) with 1, 3 or 4 channels. "
                f"Received: dtype={images.dtype}, shape={images.shape}."
            )
        if labels is not None:
            labels = np.asarray(labels)
            if labels.shape != (len(images),) or labels.dtype.kind not in "iu" or labels.min() < 0:
                raise ImageError(
                    f"Labels must be integers of shape ({len(images)},), at least 0. "
                    f"Received: dtype={labels.dtype}, shape={labels.shape}."
                )
            labels = labels.astype(np.int32)
            label_names = tuple(label_names) or tuple(str(label) for label in range(labels.max() + 1))
            if labels.max() >= len(label_names):
                raise ImageError(f"Label {labels.max()} has no name among the {len(label_names)}: {label_names}.")
        self.images = images
        self.labels = labels
        self.label_names = tuple(label_names) if labels is not None else ()
        self.skipped = dict(skipped or {})

    def fingerprint(self) -> str:
        """The number of images, and a hash of the images and labels."""
        digest = hashlib.sha256(f"{self.images.shape} {self.label_names}".encode())
        for array in (self.images, self.labels):
            if array is not None:
                digest.update(np.ascontiguousarray(array).data)
        return f"{counted(len(self), 'image')} {digest.hexdigest()[:16]}"

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self.images.shape[1:]

    @property
    def num_classes(self) -> int:
        return len(self.label_names)

    def load(self, index: int) -> tuple[np.ndarray, int]:
        """An image and its label.

        Args:
            index: integer in `[0, len(self))`.

        Returns:
            uint8 array of shape `image_shape`, and the label as an integer, -1 without labels.
        """
        return self.images[index], -1 if self.labels is None else int(self.labels[index])

    def split(self, num_held_back: int, seed: int = 0) -> tuple["ImageArray", "ImageArray"]:
        """Splits the images at random into images for training and images for evaluation.

        Args:
            num_held_back: integer, number of images for evaluation, at least 1 and less than all.
            seed: integer.

        Returns:
            Two `ImageArray`s: images for training, images for evaluation.

        Raises:
            ImageError: if one of them would be empty.
        """
        if not 0 < num_held_back < len(self):
            raise ImageError(
                f"Of {counted(len(self), 'image')}, 1 to {len(self) - 1} can be held back, not {num_held_back}."
                if len(self) > 1
                else "One image cannot be divided into those to train on and those to measure with."
            )
        order = np.random.default_rng(seed).permutation(len(self))
        train, held_back = (
            ImageArray(self.images[indices], None if self.labels is None else self.labels[indices], self.label_names)
            for indices in (np.sort(order[num_held_back:]), np.sort(order[:num_held_back]))
        )
        return train, held_back


def load_image_array(
    source: StrPath | Iterable[StrPath], image_size: int | None = None, channels: int | None = None, seed: int = 0
) -> ImageArray:
    """Loads images from a folder, archives, TensorFlow Datasets, or the procedural dataset.

    Args:
        source: a folder of images, whose sub-folders are labels; one or several `.npz` files; "tfds:NAME" or
            "tfds:NAME/CONFIG"; or "procedural", shapes drawn by code.
        image_size: integer, height and width of the images: they are cropped to the central square and resized with
            antialiasing. None for the size in an archive; 64 for a folder, 32 for "procedural".
        channels: 1, 3 or 4. None for the channels in an archive, otherwise 3.
        seed: integer, seed of "procedural".

    Returns:
        `ImageArray`.

    Raises:
        ImageError: if the source does not exist, or none of its images can be read.
    """
    if source == "procedural":
        from tfstyle.data.procedural import procedural_images

        return procedural_images(image_size=image_size or 32, channels=channels or 3, seed=seed)
    if isinstance(source, str) and source.startswith("tfds:"):
        from tfstyle.data.tfds import images_from_tfds

        return images_from_tfds(source.removeprefix("tfds:"), image_size=image_size, channels=channels)
    files = [Path(source)] if isinstance(source, str | os.PathLike) else [Path(file) for file in source]
    if files and all(file.suffix == ".npz" for file in files):
        return images_from_npz(files, image_size, channels)
    return images_from_folder(source, image_size or 64, channels or 3)


def images_from_folder(folder: StrPath | Iterable[StrPath], image_size: int, channels: int = 3) -> ImageArray:
    """Loads all images below a folder, of any sizes and modes. Files that cannot be read are skipped.

    Args:
        folder: path of a folder, or a sequence of files.
        image_size: integer, height and width after resizing.
        channels: 1, 3 or 4.

    Returns:
        `ImageArray`. If all images, except a few strays, are in sub-folders, these are the labels. `skipped` contains
            the broken files.

    Raises:
        ImageError: if the folder does not exist, or none of its images can be read.
    """
    paths = list_images(folder)
    names: list[str] = []
    if isinstance(folder, str | os.PathLike) and Path(folder).is_dir():
        paths, names = read_classes(Path(folder), paths)
    skipped: dict[Path, str] = {}

    def read(path):
        try:
            return square(load_image(path, keep_alpha=channels == 4), image_size, channels)
        except ImageError as error:
            skipped[path] = str(error)
            return None

    with ThreadPoolExecutor() as pool:
        images = list(pool.map(read, paths))
    good = [index for index, image in enumerate(images) if image is not None]
    if not good:
        raise ImageError(none_can_be_read(len(paths), skipped[paths[0]]))
    labels, label_names = None, tuple[str, ...]()
    if names:
        found = [names[index] for index in good]
        label_names = tuple(sorted(set(found)))
        labels = np.array([label_names.index(name) for name in found])
        for name in sorted(set(names) - set(found)):
            logger.warning("%s/%s: none of its images can be read, so it is not a class.", folder, name)
    return ImageArray(np.stack([images[index] for index in good]), labels, label_names, skipped)


def read_classes(folder: Path, paths: list[Path]) -> tuple[list[Path], list[str]]:
    """The classes of the images of a folder: the names of its sub-folders.

    A few images next to at least two sub-folders are strays: they are skipped with a warning. If there are many, the
    images have no classes, which is also a warning. Sub-folders without images are reported, too.

    Args:
        folder: the folder.
        paths: the images below it.

    Returns:
        The remaining images, and the class of each; no classes if the images have none.
    """
    parts = [path.relative_to(folder).parts for path in paths]
    classes = sorted({part[0] for part in parts if len(part) > 1})
    strays = [path for path, part in zip(paths, parts, strict=True) if len(part) == 1]
    if not classes:
        return paths, []
    for child in sorted(folder.iterdir()):
        if child.is_dir() and not child.name.startswith(".") and child.name not in classes:
            logger.warning("%s: contains no images, so it is not a class.", child)
    shown = f"{', '.join(str(path) for path in strays[:3])}{' ...' if len(strays) > 3 else ''}"
    lie = "lies" if len(strays) == 1 else "lie"
    if strays and (len(classes) < 2 or len(strays) > max(1, len(paths) // MAX_STRAYS)):
        logger.warning(
            "%s %s beside sub-folders (%s): the images have no classes. Move %s into one to have some.",
            shown,
            lie,
            ", ".join(classes),
            "it" if len(strays) == 1 else "them",
        )
        return paths, []
    if strays:
        logger.warning(
            "%s %s beside the classes %s and %s left out.",
            shown,
            lie,
            ", ".join(classes),
            "is" if len(strays) == 1 else "are",
        )
    kept = [(path, part[0]) for path, part in zip(paths, parts, strict=True) if len(part) > 1]
    return [path for path, _ in kept], [name for _, name in kept]


def images_from_npz(
    files: StrPath | Iterable[StrPath], image_size: int | None = None, channels: int | None = None
) -> ImageArray:
    """Loads images from archives of NumPy arrays.

    Args:
        files: path, or sequence of paths whose images are concatenated. Each file contains uint8 images named "images",
            "x" or "x_train", of shape `(n, height, width)` or `(n, height, width, channels)`, and optionally integer
            labels named "labels", "y" or "y_train".
        image_size: integer, height and width after resizing; None for the original size.
        channels: 1, 3 or 4; None for the original channels.

    Returns:
        `ImageArray`.

    Raises:
        ImageError: if a file is missing, broken, or does not contain such arrays.
    """
    parts = [_read_npz(Path(file)) for file in ([files] if isinstance(files, str | os.PathLike) else files)]
    if not parts:
        raise ImageError("No .npz file was named.")
    shapes = {images.shape[1:] for images, _ in parts}
    if len(shapes) > 1:
        raise ImageError(f"The archives hold images of several shapes: {sorted(shapes)}.")
    images = np.concatenate([images for images, _ in parts])
    labels = None if any(part is None for _, part in parts) else np.concatenate([part for _, part in parts])
    height, width, own_channels = images.shape[1:]
    if image_size not in (None, height) or height != width or channels not in (None, own_channels):
        size = image_size or min(height, width)
        images = np.stack([square(image, size, channels or own_channels) for image in images])
    return ImageArray(images, labels)


def _read_npz(file):
    try:
        with np.load(file, allow_pickle=False) as arrays:
            found = {
                kind: next((arrays[name] for name in names if name in arrays), None)
                for kind, names in (("images", IMAGE_NAMES), ("labels", LABEL_NAMES))
            }
            names = ", ".join(arrays)
    except FileNotFoundError as error:
        raise ImageError(f"{file}: no such file. Check the name.") from error
    except Exception as error:  # zipfile, zlib and NumPy raise several kinds on broken archives
        raise ImageError(f"{file}: cannot be read ({str(error).splitlines()[0]}). Write it with np.savez.") from error
    images = found["images"]
    if images is None:
        raise ImageError(f"{file}: holds no array named {', '.join(IMAGE_NAMES)}, but {names or 'nothing'}.")
    images = images[..., None] if images.ndim == 3 else images
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in CHANNELS:
        raise ImageError(
            f"{file}: images must be uint8 of shape (n, height, width) or (n, height, width, channels). "
            f"Found: dtype={images.dtype}, shape={images.shape}."
        )
    return images, found["labels"]


def square(image: np.ndarray, size: int, channels: int) -> np.ndarray:
    """Crops an image to its central square and resizes it with antialiasing.

    Args:
        image: uint8 array of shape `(height, width, 1, 3 or 4)`.
        size: integer, height and width of the result.
        channels: 1 (luminance), 3 or 4. Transparent pixels are blended with white if alpha is dropped.

    Returns:
        uint8 array of shape `(size, size, channels)`.
    """
    if channels not in CHANNELS:
        raise ImageError(f"`channels` must be 1, 3 or 4. Received: channels={channels}.")
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    image = image[top : top + side, left : left + side]
    if image.shape[-1] == 4 and channels != 4:
        picture = Image.new("RGB", (side, side), "white")
        picture.paste(Image.fromarray(image), mask=Image.fromarray(image[..., 3]))
        image = np.asarray(picture)
    if image.shape[-1] == 1 and channels != 1:
        image = np.repeat(image, 3, axis=-1)
    if channels == 1 and image.shape[-1] == 3:
        image = np.asarray(Image.fromarray(image).convert("L"))[..., None]
    if channels == 4 and image.shape[-1] == 3:
        image = np.concatenate([image, np.full((side, side, 1), 255, np.uint8)], axis=-1)
    return image if side == size else resize_image(image, size, size)

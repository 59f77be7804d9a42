"""Images of one size, held in memory: what an adversarial network is trained on."""

import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from tfstyle.images import ImageError, list_images, load_image, resize_image

CHANNELS = (1, 3, 4)
# Names under which archives hold images and labels: this project's and Keras'.
IMAGE_NAMES = ("images", "x", "x_train")
LABEL_NAMES = ("labels", "y", "y_train")


class ImageArray:
    """Images of one size in memory, with labels where there are some.

    10,000 color images of 64 pixels take 123 MB.

    Args:
        images: uint8 array of shape `(num_images, height, width, channels)` with 1, 3 or 4 channels.
        labels: integer array of shape `(num_images,)`, each at least 0; or None.
        label_names: sequence of strings, one a class; by default the numbers.
        skipped: dict of path -> reason, files that could not be read.

    Attributes:
        image_shape: tuple `(height, width, channels)`.
        num_classes: integer, 0 without labels.

    Raises:
        ImageError: if the arrays are of another kind.
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

    def __len__(self):
        return len(self.images)

    @property
    def image_shape(self):
        return self.images.shape[1:]

    @property
    def num_classes(self):
        return len(self.label_names)

    def load(self, index):
        """An image and its label.

        Args:
            index: integer in `[0, len(self))`.

        Returns:
            uint8 array of shape `image_shape`, and the label's integer, -1 without one.
        """
        return self.images[index], -1 if self.labels is None else int(self.labels[index])

    def split(self, num_held_back, seed=0):
        """Divides the images at random into those to train on and those to measure with.

        Args:
            num_held_back: integer, at least 1 and less than there are.
            seed: integer.

        Returns:
            Two `ImageArray`s: the images to train on, those held back.

        Raises:
            ImageError: if one of them would be empty.
        """
        if not 0 < num_held_back < len(self):
            raise ImageError(f"Of {len(self)} images, 1 to {len(self) - 1} can be held back, not {num_held_back}.")
        order = np.random.default_rng(seed).permutation(len(self))
        return tuple(
            ImageArray(self.images[indices], None if self.labels is None else self.labels[indices], self.label_names)
            for indices in (np.sort(order[num_held_back:]), np.sort(order[:num_held_back]))
        )


def load_image_array(source, image_size=None, channels=None, seed=0):
    """Images from wherever `source` says.

    Args:
        source: a folder of images, whose sub-folders are labels; one or several `.npz` files; "tfds:NAME" or
            "tfds:NAME/CONFIG"; or "procedural", shapes that are drawn by code.
        image_size: integer, height and width to bring images to: cut square about the center, then resized with
            antialiasing. None for an archive's own size; 64 for a folder, 32 for "procedural".
        channels: 1, 3 or 4. None for an archive's own; else 3.
        seed: integer, of "procedural".

    Returns:
        `ImageArray`.

    Raises:
        ImageError: if there is no such source, or no image can be read in it.
    """
    if source == "procedural":
        from tfstyle.data.procedural import procedural_images

        return procedural_images(image_size=image_size or 32, channels=channels or 3, seed=seed)
    if isinstance(source, str) and source.startswith("tfds:"):
        from tfstyle.data.tfds import images_from_tfds

        return images_from_tfds(source.removeprefix("tfds:"), image_size=image_size, channels=channels)
    files = [Path(source)] if isinstance(source, str | Path) else [Path(file) for file in source]
    if files and all(file.suffix == ".npz" for file in files):
        return images_from_npz(files, image_size, channels)
    return images_from_folder(source, image_size or 64, channels or 3)


def images_from_folder(folder, image_size, channels=3):
    """The images below a folder, of any mix of sizes and modes. Files that cannot be read are left out.

    Args:
        folder: path of a folder, or a sequence of files.
        image_size: integer, height and width to bring them to.
        channels: 1, 3 or 4.

    Returns:
        `ImageArray`. Where all images lie in sub-folders, these are the labels. `skipped` names the broken files.

    Raises:
        ImageError: if there is no such folder, or no image in it that can be read.
    """
    paths = list_images(folder)
    skipped = {}

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
        raise ImageError(f"None of the {len(paths)} images can be read; the first: {skipped[paths[0]]}")
    labels, names = None, ()
    if isinstance(folder, str | Path) and Path(folder).is_dir():
        parts = [path.relative_to(folder).parts for path in paths]
        if all(len(part) > 1 for part in parts):
            names = tuple(sorted({part[0] for part in parts}))
            labels = np.array([names.index(parts[index][0]) for index in good])
    return ImageArray(np.stack([images[index] for index in good]), labels, names, skipped)


def images_from_npz(files, image_size=None, channels=None):
    """Images from archives of NumPy arrays.

    Args:
        files: path, or sequence of paths whose images are put together. Each holds uint8 images under "images", "x" or
            "x_train", of shape `(n, height, width)` or `(n, height, width, channels)`, and maybe integer labels under
            "labels", "y" or "y_train".
        image_size: integer, height and width to bring them to; None for their own.
        channels: 1, 3 or 4; None for their own.

    Returns:
        `ImageArray`.

    Raises:
        ImageError: if a file is missing, broken, or holds no such arrays.
    """
    parts = [_read_npz(Path(file)) for file in ([files] if isinstance(files, str | Path) else files)]
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


def square(image, size, channels):
    """Cuts the largest square out of the center and resizes it, antialiased.

    Args:
        image: uint8 array of shape `(height, width, 1, 3 or 4)`.
        size: integer, height and width of the result.
        channels: 1 (luminance), 3 or 4. Transparent pixels are laid on white where alpha is dropped.

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


@functools.lru_cache(maxsize=4)
def epoch_order(num_images, seed, epoch):
    """The order of the images in an epoch, kept for the next who asks: 60,000 take a millisecond to shuffle.

    Args:
        num_images: integer.
        seed: integer.
        epoch: integer.

    Returns:
        int64 array of shape `(num_images,)`, a permutation. Not to be written to.
    """
    order = np.random.default_rng((seed, epoch)).permutation(num_images)
    order.flags.writeable = False
    return order

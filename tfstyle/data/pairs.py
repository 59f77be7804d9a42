"""A dataset of pairs of input and target images."""

from pathlib import Path

import numpy as np

from tfstyle.data.image_folder import ImageFolder, random_crop
from tfstyle.images import ImageError, list_images, load_image, resize_image

MAX_SHAPE_DIFFERENCE = 0.02  # of the aspect ratio: small images have rounded sides
NUM_NAMED = 3  # maximum number of files in a message


class ImagePairs(ImageFolder):
    """Pairs of input and target images, of any sizes and modes.

    A pair is one file with both images side by side, or two files of the same name in two folders, with any extensions.
    If the sizes differ, the input is resized to the size of the target. A pair that cannot be read is skipped, recorded
    in `skipped`, and replaced by the next one.

    Args:
        inputs: path of a folder, or a sequence of files: the inputs, or pairs side by side without `targets`.
        targets: path of a folder with a target for each input, at the same relative path; or None.
        swap: bool, for pairs side by side: the right half is the input and the left half the target.
        cache_bytes: integer, memory limit of the cached images.

    Raises:
        ImageError: if a folder does not exist or contains no image, or an input or target has no partner.

    Example:
        ```python
        pairs = ImagePairs("drawings", "paintings")
        drawing, painting = pairs.load_pair(0)
        ```
    """

    noun = "pair"

    def __init__(self, inputs, targets=None, swap=False, cache_bytes=2 * 1024**3):
        super().__init__(inputs, cache_bytes=cache_bytes)
        self.swap = swap
        self.label_names, self._labels = (), []
        self.target_paths = None
        if targets is not None:
            if swap:
                raise ImageError("`swap` is only for pairs side by side. Exchange the two folders instead.")
            self.paths, self.target_paths = match_names(inputs, targets)

    def load_pair(self, index) -> tuple[np.ndarray, np.ndarray]:
        """An input and its target.

        Args:
            index: integer in `[0, len(self))`.

        Returns:
            Two uint8 arrays of the same shape `(height, width, 3)`, RGB: input, target.

        Raises:
            ImageError: if no pair can be read.
        """
        both, _ = self.load(index)
        return both[..., :3], both[..., 3:]

    def load_crops(self, index, size, seed, max_scale=1.0, flip=True) -> tuple[np.ndarray, np.ndarray]:
        """The same crop of an input and its target; the arguments are those of `random_crop_pair`."""
        return random_crop_pair(*self.load_pair(index), size, seed, max_scale, flip)

    def _part(self, indices):
        part = super()._part(indices)
        if self.target_paths is not None:
            part.target_paths = [self.target_paths[index] for index in indices]
        return part

    def _files(self):
        return [*self.paths, *(self.target_paths or ())]

    def _decode(self, index):
        """A pair as one array of six channels, as the cache of the folder stores it."""
        if self.target_paths is None:
            image, target = split_halves(self.paths[index])
            if self.swap:
                image, target = target, image
        else:
            image, target = load_image(self.paths[index]), load_image(self.target_paths[index])
            image = fit_to(image, target, self.paths[index], self.target_paths[index])
        return np.concatenate([image, target], axis=-1)


def split_halves(path) -> tuple[np.ndarray, np.ndarray]:
    """The left and the right half of an image file: two uint8 arrays `(height, width / 2, 3)`.

    Raises:
        ImageError: if it cannot be read, or has an odd width.
    """
    image = load_image(path)
    width = image.shape[1]
    if width % 2:
        raise ImageError(
            f"{path}: a pair side by side must have an even width, but this image has {width} pixels. "
            "Use two images of the same width, or two folders."
        )
    return image[:, : width // 2], image[:, width // 2 :]


def fit_to(image, target, path, target_path) -> np.ndarray:
    """Resizes an input to the size of its target.

    Raises:
        ImageError: if the two have different aspect ratios.
    """
    height, width = image.shape[:2]
    target_height, target_width = target.shape[:2]
    stretch = (width / height) / (target_width / target_height)
    # A side may differ by a pixel, which is a large share of a small side.
    tolerance = MAX_SHAPE_DIFFERENCE + 1 / min(height, width, target_height, target_width)
    if abs(np.log(stretch)) > np.log1p(tolerance):
        raise ImageError(
            f"{path}: {width}x{height} pixels do not have the aspect ratio of {target_path}, which has "
            f"{target_width}x{target_height}. Crop one of them."
        )
    return image if image.shape == target.shape else resize_image(image, target_height, target_width)


def match_names(inputs, targets) -> tuple[list[Path], list[Path]]:
    """Pairs the files of two folders whose relative paths are equal up to the extension.

    Args:
        inputs: path of a folder, or a sequence of files.
        targets: path of a folder, or a sequence of files.

    Returns:
        Two lists of paths, in the same order.

    Raises:
        ImageError: if a file has no partner, or two files of a folder have the same name.
    """
    input_of, target_of = _by_name(inputs), _by_name(targets)
    for name, own, other in (("input", input_of, target_of), ("target", target_of, input_of)):
        alone = sorted(str(own[key]) for key in own.keys() - other.keys())
        if alone:
            shown = ", ".join(alone[:NUM_NAMED]) + (f" and {len(alone) - NUM_NAMED} more" * (len(alone) > NUM_NAMED))
            partner = "target" if name == "input" else "input"
            raise ImageError(
                f"{len(alone)} of {len(own)} {name}s have no {partner} of the same name: {shown}. Add the missing "
                "files, or remove these."
            )
    names = sorted(input_of)
    return [input_of[name] for name in names], [target_of[name] for name in names]


def _by_name(folder):
    """Path below the folder, without extension -> path."""
    is_folder = isinstance(folder, str | Path) and Path(folder).is_dir()
    found = {}
    for path in list_images(folder):
        name = (path.relative_to(folder) if is_folder else Path(path.name)).with_suffix("").as_posix()
        if name in found:
            raise ImageError(f"{found[name]} and {path} have the same name. Keep one of them.")
        found[name] = path
    return found


def random_crop_pair(image, target, size, seed, max_scale=1.0, flip=True) -> tuple[np.ndarray, np.ndarray]:
    """The same crop of both images of a pair.

    Args:
        image: uint8 array of shape `(height, width, 3)`.
        target: uint8 array of the same shape.
        size: integer, height and width of the crops in pixels.
        seed: seed of `numpy.random.default_rng`; the same seed gives the same crop.
        max_scale: float, at least 1; maximum of the scaled image's shorter side, as a multiple of `size`.
        flip: bool, whether to mirror half of the pairs.

    Returns:
        Two uint8 arrays of shape `(size, size, 3)`.
    """
    first, second = (
        random_crop(array, size, np.random.default_rng(seed), 1.0, max_scale, flip) for array in (image, target)
    )
    return first, second

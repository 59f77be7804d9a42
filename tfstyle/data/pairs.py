"""Pairs of images, one the input and the other the target, as a training set."""

from pathlib import Path

import numpy as np

from tfstyle.data.image_folder import ImageFolder, random_crop
from tfstyle.images import ImageError, list_images, load_image, resize_image

MAX_SHAPE_DIFFERENCE = 0.02  # of the sides' proportion: what rounding to whole pixels does to small images
NUM_NAMED = 3  # files in a message


class ImagePairs(ImageFolder):
    """Inputs and their targets, of any mix of sizes and modes.

    A pair is a file that holds both side by side, or two files of the same name in two folders, whatever their
    extensions. Where the two have different sizes, the input is brought to the target's. A pair that cannot be read is
    left out, remembered in `skipped`, and stood in for by the next one.

    Args:
        inputs: path of a folder, or a sequence of files: the inputs, or the pairs side by side where there are no
            `targets`.
        targets: path of a folder with a target for each input, at the same place below it; or None.
        swap: bool, of pairs side by side: the right half is the input and the left one the target.
        cache_bytes: integer, how much memory decoded images may take.

    Raises:
        ImageError: if there is no such folder, no image in it, or an input or target has no partner.

    Example:
        ```python
        pairs = ImagePairs("drawings", "paintings")
        drawing, painting = pairs.load_pair(0)
        ```
    """

    def __init__(self, inputs, targets=None, swap=False, cache_bytes=2 * 1024**3):
        super().__init__(inputs, cache_bytes=cache_bytes)
        self.swap = swap
        self.label_names, self._labels = (), []
        self.target_paths = None
        if targets is not None:
            if swap:
                raise ImageError("`swap` is for pairs side by side. Exchange the two folders instead.")
            self.paths, self.target_paths = match_names(inputs, targets)

    def load_pair(self, index) -> tuple[np.ndarray, np.ndarray]:
        """An input and its target.

        Args:
            index: integer in `[0, len(self))`.

        Returns:
            Two uint8 arrays of one shape `(height, width, 3)`, RGB: the input, the target.

        Raises:
            ImageError: if no pair can be read.
        """
        both, _ = self.load(index)
        return both[..., :3], both[..., 3:]

    def split(self, num_held_back, seed=0) -> tuple["ImagePairs", "ImagePairs"]:
        """Divides the pairs at random into those to train on and those to measure with.

        Args:
            num_held_back: integer, at least 1 and less than there are.
            seed: integer.

        Returns:
            Two `ImagePairs`: the pairs to train on, those held back.

        Raises:
            ImageError: if one of them would be empty.
        """
        if not 0 < num_held_back < len(self):
            raise ImageError(f"Of {len(self)} pairs, 1 to {len(self) - 1} can be held back, not {num_held_back}.")
        order = np.random.default_rng(seed).permutation(len(self))
        return self._part(np.sort(order[num_held_back:])), self._part(np.sort(order[:num_held_back]))

    def _part(self, indices):
        """Some of the pairs, with a cache of their own."""
        part = ImagePairs(self.paths, swap=self.swap, cache_bytes=self._free_bytes // 2)
        part.paths = [self.paths[index] for index in indices]
        part.skipped = self.skipped  # one list of what is broken
        if self.target_paths is not None:
            part.target_paths = [self.target_paths[index] for index in indices]
        return part

    def _files(self):
        return [*self.paths, *(self.target_paths or ())]

    def _decode(self, index):
        """A pair as one array of six channels, so that the folder's cache holds it."""
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
            f"{path}: two images side by side have an even width together, and this has {width} pixels. "
            "Put two of one width into it, or name two folders."
        )
    return image[:, : width // 2], image[:, width // 2 :]


def fit_to(image, target, path, target_path) -> np.ndarray:
    """An image, resized to its target's size.

    Raises:
        ImageError: if the two are not of the same proportions.
    """
    height, width = image.shape[:2]
    target_height, target_width = target.shape[:2]
    stretch = (width / height) / (target_width / target_height)
    # A side may be off by a pixel, which is much of a few.
    tolerance = MAX_SHAPE_DIFFERENCE + 1 / min(height, width, target_height, target_width)
    if abs(np.log(stretch)) > np.log1p(tolerance):
        raise ImageError(
            f"{path}: {width}x{height} pixels do not have the proportions of {target_path}, which has "
            f"{target_width}x{target_height}. Crop one of them."
        )
    return image if image.shape == target.shape else resize_image(image, target_height, target_width)


def match_names(inputs, targets) -> tuple[list[Path], list[Path]]:
    """The files of two folders that belong together: those whose paths are alike but for the extension.

    Args:
        inputs: path of a folder, or a sequence of files.
        targets: path of a folder, or a sequence of files.

    Returns:
        Two lists of paths, in the same order.

    Raises:
        ImageError: if a file has no partner, or two files of a folder have one name.
    """
    input_of, target_of = _by_name(inputs), _by_name(targets)
    for name, own, other in (("input", input_of, target_of), ("target", target_of, input_of)):
        alone = sorted(str(own[key]) for key in own.keys() - other.keys())
        if alone:
            shown = ", ".join(alone[:NUM_NAMED]) + (f" and {len(alone) - NUM_NAMED} more" * (len(alone) > NUM_NAMED))
            partner = "target" if name == "input" else "input"
            raise ImageError(
                f"{len(alone)} of {len(own)} {name}s have no {partner} of the same name: {shown}. Add the missing "
                "files, or take these away."
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
            raise ImageError(f"{found[name]} and {path} have one name. Keep one of them.")
        found[name] = path
    return found


def random_crop_pair(image, target, size, seed, max_scale=1.0, flip=True) -> tuple[np.ndarray, np.ndarray]:
    """The same crop of both images of a pair.

    Args:
        image: uint8 array of shape `(height, width, 3)`.
        target: uint8 array of the same shape.
        size: integer, height and width of the crops in pixels.
        seed: what `numpy.random.default_rng` takes; the same seed gives the same crop.
        max_scale: float, at least 1; the shorter side is scaled to at most this multiple of `size`.
        flip: bool, mirror half of the pairs.

    Returns:
        Two uint8 arrays of shape `(size, size, 3)`.
    """
    first, second = (
        random_crop(array, size, np.random.default_rng(seed), 1.0, max_scale, flip) for array in (image, target)
    )
    return first, second

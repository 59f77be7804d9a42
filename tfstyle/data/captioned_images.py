"""Images with captions: from an archive, or a folder."""

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.data.drawn_scenes import DrawnScenes
from tfstyle.data.image_array import images_from_npz, square
from tfstyle.data.shuffle import shuffled_index
from tfstyle.errors import TfstyleError
from tfstyle.images import list_images, load_image
from tfstyle.vocabulary import Vocabulary, split_words

CAPTIONS_FILE = "captions.json"
CAPTION_NAMES = ("captions", "caption")  # arrays of an archive
IMAGE_SIZE = 32
IGNORED_NAMES = ("VARIATION SELECTOR", "ZERO WIDTH JOINER")


class CaptionError(TfstyleError, ValueError):
    """Captions cannot be read, or do not fit their images."""


class CaptionedImages:
    """Images in memory, each with a caption. A wrong caption is that of another image.

    Args:
        images: uint8 array of shape `(num_images, height, width, 3)`.
        captions: a string for each.

    Attributes:
        image_shape: `(height, width, 3)`.
        vocabulary: `Vocabulary` of all words of the captions.
        num_words: integer, largest number of words of a caption.

    Raises:
        CaptionError: if the numbers of images and captions differ, a caption has no words, or all are the same.
    """

    def __init__(self, images: np.ndarray, captions: Sequence[str]):
        if len(images) != len(captions) or images.ndim != 4:
            raise CaptionError(f"Each image needs a caption. Received: {len(images)} images, {len(captions)} captions.")
        self.images, self.captions = images, [str(caption) for caption in captions]
        lengths = [len(split_words(caption)) for caption in self.captions]
        if 0 in lengths:
            raise CaptionError(f"Each caption needs a word. Received: {self.captions[lengths.index(0)]!r}.")
        if len(set(self.captions)) < 2:
            raise CaptionError(f"Two images at least need captions that differ. Received: {self.captions[:1]}.")
        self.image_shape = tuple(images.shape[1:])
        self.vocabulary = Vocabulary.from_captions(self.captions)
        self.num_words = max(lengths)

    def load(self, number: int, seed: int = 0) -> tuple[np.ndarray, str, str]:
        """The `number`-th sample of an endless shuffled stream: a uint8 image, its caption, and a wrong caption."""
        index = shuffled_index(number, len(self.images), seed)
        random = np.random.default_rng((seed, int(number)))
        while True:
            wrong = self.captions[int(random.integers(len(self.captions)))]
            if wrong != self.captions[index]:
                return self.images[index], self.captions[index], wrong

    def description(self) -> dict[str, Any]:
        """What a training stores about its data."""
        return {"num_images": len(self.images), "image_shape": self.image_shape, "num_words": self.num_words}


def load_captioned_images(source: str | Path, image_size: int | None = None) -> CaptionedImages | DrawnScenes:
    """Loads images with captions.

    Args:
        source: "scenes" for scenes that are drawn by code; an .npz archive with the arrays `images` (or `x`), uint8
            `(n, height, width, 3 or 4)`, and `captions` (or `caption`), strings; or a folder of images with a
            `captions.json`, a dict of file name -> caption. In a folder without it, images are named by code points,
            such as `u1f600.png` or `emoji_u1f600.png`, and their captions are the Unicode names.
        image_size: integer, height and width; 32 by default, and in an archive that of its images.

    Returns:
        `CaptionedImages`, on white where they are transparent, or `DrawnScenes`.

    Raises:
        CaptionError: if there is no such source, or it has no captions.
    """
    if str(source) == "scenes":
        return DrawnScenes(image_size or IMAGE_SIZE)
    source = Path(source)
    if not source.exists():
        raise CaptionError(f"{source}: no such file or folder. Name a folder, an .npz file, or scenes.")
    if source.is_file():
        dataset = images_from_npz(source, image_size, 3)
        return CaptionedImages(dataset.images, captions_of_archive(source))
    captions = captions_of_folder(source)
    if not captions:
        raise CaptionError(f"{source}: no image has a caption. Add a {CAPTIONS_FILE}, or name images by code points.")
    images = [square(load_image(source / name, keep_alpha=True), image_size or IMAGE_SIZE, 3) for name in captions]
    return CaptionedImages(np.stack(images), list(captions.values()))


def captions_of_archive(file: Path) -> list[str]:
    """The captions of an .npz archive."""
    with np.load(file, allow_pickle=False) as arrays:
        for name in CAPTION_NAMES:
            if name in arrays and arrays[name].dtype.kind == "U":
                return arrays[name].tolist()
        raise CaptionError(f"{file}: holds no strings named {' or '.join(CAPTION_NAMES)}, but {', '.join(arrays)}.")


def captions_of_folder(folder: Path) -> dict[str, str]:
    """The captions of a folder's images: file name -> caption.

    Raises:
        CaptionError: if its `captions.json` cannot be read.
    """
    file = folder / CAPTIONS_FILE
    if file.exists():
        try:
            captions = json.loads(file.read_text(encoding="utf-8"))
            return {str(name): str(caption) for name, caption in sorted(captions.items())}
        except (AttributeError, OSError, ValueError) as error:
            raise CaptionError(f"{file}: must hold a JSON object of file name -> caption ({error}).") from error
    named = {path.name: unicode_caption(path.stem) for path in list_images(folder, recursive=False)}
    return {name: caption for name, caption in named.items() if caption}


def unicode_caption(stem: str) -> str:
    """The Unicode names of the code points of a file name; empty if it has none.

    Example:
        >>> unicode_caption("emoji_u1f600")
        'grinning face'
    """
    names = [unicodedata.name(chr(code), "") for code in code_points(stem)]
    return " ".join(name.lower() for name in names if name and not name.startswith(IGNORED_NAMES))


def code_points(stem: str) -> list[int]:
    """The code points of a file name, such as `emoji_u1f469_200d_1f680`; empty if it has none."""
    # With a digit, which distinguishes 1f600 from names such as "face".
    codes = re.findall(r"(?:^|[_u-])(?=[a-f]*[0-9])([0-9a-f]{4,6})(?=[_-]|$)", stem.lower())
    return [int(code, 16) for code in codes if int(code, 16) < 0x110000]

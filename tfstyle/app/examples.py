"""What a visitor can take: photographs that packages carry, paintings drawn by code, and captions."""

from pathlib import Path

import numpy as np

from tfstyle.data import packaged_photographs, procedural_painting, procedural_style
from tfstyle.data.procedural_paintings import PAINTINGS
from tfstyle.images import load_image, resize_longest_side, save_image, to_uint8
from tfstyle.vocabulary import Vocabulary, split_words

EXAMPLE_SIZE = 768  # longest side of a photograph
NUM_PATTERNS = 4
CAPTIONS = (
    "a large green star above a yellow ring",
    "two small red rings left of a blue cross",
    "three purple disks below a small black triangle",
    "a red square right of a green star",
)


def example_photographs(folder: Path) -> list[Path]:
    """Writes photographs that installed packages carry, reduced, and a landscape drawn by code where there is only one.

    Args:
        folder: where the files are written, once.

    Returns:
        List of files.
    """
    if not folder.exists():
        pictures = {path.stem: load_image(path) for path in packaged_photographs()}
        if len(pictures) < 2:  # without scikit-image
            pictures["drawn_hills"] = draw_hills()
        for name, picture in pictures.items():
            size = min(EXAMPLE_SIZE, max(picture.shape[:2]))
            save_image(folder / f"{name}.jpg", resize_longest_side(picture, size))
    return sorted(folder.iterdir())


def example_paintings(folder: Path) -> list[Path]:
    """Writes paintings drawn by code.

    Args:
        folder: where the files are written, once.

    Returns:
        List of files.
    """
    if not folder.exists():
        for name in PAINTINGS:
            save_image(folder / f"{name}.png", procedural_painting(name))
        for seed in range(NUM_PATTERNS):
            save_image(folder / f"pattern_{seed + 1}.png", procedural_style(256, seed))
    return sorted(folder.iterdir())


def draw_hills(height: int = 480, width: int = 640) -> np.ndarray:
    """Draws a landscape: hills, one behind the other, under an evening sky.

    Args:
        height: integer, in pixels.
        width: integer, in pixels.

    Returns:
        uint8 array of shape `(height, width, 3)`, RGB in [0, 255].
    """
    rows, columns = np.mgrid[:height, :width] / np.array([height, width])[:, None, None]
    sky = np.stack([0.95 - 0.5 * (1 - rows), 0.62 + 0.1 * rows, 0.45 + 0.4 * (1 - rows)], axis=-1)
    sun = np.exp(-(((columns - 0.7) * width / height) ** 2 + (rows - 0.35) ** 2) * 220)[..., None]
    picture = sky + sun * np.array([0.3, 0.25, 0.05])
    for depth, color in enumerate([(0.55, 0.5, 0.62), (0.36, 0.42, 0.5), (0.2, 0.34, 0.28), (0.1, 0.22, 0.14)]):
        ridge = 0.45 + 0.13 * depth + 0.05 * np.sin((3 + 2 * depth) * columns + 1.7 * depth)
        ridge += 0.012 * np.sin(31 * columns + depth) + 0.004 * np.sin(97 * columns)
        picture = np.where((rows > ridge)[..., None], np.array(color) * (1.25 - 0.5 * rows[..., None]), picture)
    return to_uint8(picture.astype(np.float32))


def example_captions(vocabulary: Vocabulary, num_words: int) -> list[str]:
    """Captions to try, those that a generator of images from words can read."""
    known = set(vocabulary.words)
    return [text for text in CAPTIONS if known.issuperset(split_words(text)) and len(split_words(text)) <= num_words]

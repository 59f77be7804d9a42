"""Training pairs of single images: the image itself is the target, a degraded copy the input."""

from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from tfstyle.data.image_folder import random_crop
from tfstyle.images import ImageError, luma, to_uint8

TASKS = ("colorize", "upscale", "repair")
SCALE = 4  # of the task "upscale"
# Of the holes of a training: shares of the image's pixels, and of its side.
MIN_HOLES, MAX_HOLES = 0.05, 0.4
MIN_BRUSH, MAX_BRUSH = 0.02, 0.15
MAX_STROKES = 200
MAX_CANVAS = 2  # on which the holes of a crop are drawn, as a multiple of its size: as wide as those of a larger image
MAX_TRIES = 20  # to find a part of the canvas with the wanted share of holes


class DegradedImages:
    """Pairs of a degraded image and the image itself, for the restoration of images.

    Args:
        images: `ImageFolder` or `ImageArray` of color images.
        task: "colorize": the input is the luminance, three equal channels; "upscale": the input is a quarter of the
            size in each direction, antialiased; "repair": the input has a fourth channel, the mask, 255 in irregular
            holes that cover 5 to 40 % of the image. Its colors are whole: the network must hide them.

    Raises:
        ImageError: if the task is unknown.

    Example:
        ```python
        pairs = DegradedImages(ImageFolder("photos"), "upscale")
        small, large = pairs.load_crops(0, 128, seed=0)
        ```
    """

    def __init__(self, images: Any, task: str):
        if task not in TASKS:
            raise ImageError(f"`task` must be one of {', '.join(TASKS)}. Received: task={task!r}.")
        self.images, self.task = images, task

    @property
    def skipped(self) -> dict:
        """Dict of path -> reason, the files that could not be read so far."""
        return self.images.skipped

    def __len__(self) -> int:
        return len(self.images)

    def fingerprint(self) -> str:
        """The fingerprint of the images."""
        return self.images.fingerprint()

    def split(self, num_held_back: int, seed: int = 0) -> tuple["DegradedImages", "DegradedImages"]:
        """Splits the images at random into images for training and images for evaluation.

        Raises:
            ImageError: if one of them would be empty.
        """
        train, held_back = self.images.split(num_held_back, seed)
        return DegradedImages(train, self.task), DegradedImages(held_back, self.task)

    def load_crops(self, index, size, seed, max_scale=1.0, flip=True) -> tuple[np.ndarray, np.ndarray]:
        """A degraded crop of an image, and the crop.

        Args:
            index: integer in `[0, len(self))`.
            size: integer, height and width of the crop in pixels; a multiple of 4 for "upscale".
            seed: seed of `numpy.random.default_rng`; the same seed gives the same crop and holes.
            max_scale: float, at least 1; maximum of the scaled image's shorter side, as a multiple of `size`.
            flip: bool, whether to mirror half of the crops.

        Returns:
            Two uint8 arrays: the input, `(size, size, 3)`, `(size / 4, size / 4, 3)` or `(size, size, 4)`, and the
            target, `(size, size, 3)`.
        """
        random = np.random.default_rng(seed)
        image, _ = self.images.load(index)
        crop = random_crop(image, size, random, 1.0, max_scale, flip)
        return degrade(crop, self.task, random), crop


def degrade(image, task, random) -> np.ndarray:
    """The input for a target, as in `DegradedImages`.

    Args:
        image: uint8 array of shape `(height, width, 3)`.
        task: one of `TASKS`.
        random: `numpy.random.Generator`, for the holes.

    Returns:
        uint8 array.
    """
    height, width = image.shape[:2]
    if task == "colorize":
        return np.repeat(to_uint8(luma(image / np.float32(255)))[..., None], 3, axis=-1)
    if task == "upscale":
        size = (max(1, width // SCALE), max(1, height // SCALE))
        return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
    return np.concatenate([image, _holes_of_a_crop(height, width, random)[..., None]], axis=-1)


def _holes_of_a_crop(height, width, random):
    """Holes that cover 5 to 40 % of a crop, and are as wide as those of an image of up to twice its size."""
    scale = random.uniform(1, MAX_CANVAS)
    canvas = draw_holes(round(scale * height), round(scale * width), random.uniform(MIN_HOLES, MAX_HOLES), random)
    for _ in range(MAX_TRIES):
        top, left = random.integers(0, canvas.shape[0] - height + 1), random.integers(0, canvas.shape[1] - width + 1)
        holes = canvas[top : top + height, left : left + width]
        if MIN_HOLES <= np.count_nonzero(holes) / holes.size <= MAX_HOLES:
            return holes
    return draw_holes(height, width, random.uniform(MIN_HOLES, MAX_HOLES), random)


def draw_holes(height, width, share, random) -> np.ndarray:
    """Draws irregular holes: brush strokes, thin scratches, blots and boxes at random places.

    Args:
        height: integer.
        width: integer.
        share: float in (0, 1), the share of the pixels to cover, which is reached but exceeded by at most a stroke.
        random: `numpy.random.Generator`.

    Returns:
        uint8 array of shape `(height, width)`: 255 in the holes, 0 elsewhere.

    Reference:
        Yu et al.: Free-Form Image Inpainting with Gated Convolution, 2019, algorithm 1. Differs from the paper: also
        thin scratches, blots and boxes.
    """
    mask = Image.new("L", (width, height))
    drawing = ImageDraw.Draw(mask)
    for _ in range(MAX_STROKES):
        _draw_stroke(drawing, height, width, random)
        if np.count_nonzero(np.asarray(mask)) >= share * height * width:
            break
    return np.asarray(mask)


def _draw_stroke(drawing, height, width, random):
    side = min(height, width)
    x, y = random.uniform(0, width), random.uniform(0, height)
    kind = random.choice(["brush", "scratch", "blot", "box"], p=[0.5, 0.25, 0.15, 0.1])
    radius = side * random.uniform(MIN_BRUSH, MAX_BRUSH)
    if kind in ("blot", "box"):
        box = (x - radius, y - radius * random.uniform(0.5, 1.0), x + radius, y + radius * random.uniform(0.5, 1.0))
        (drawing.ellipse if kind == "blot" else drawing.rectangle)(box, fill=255)
        return
    brush = max(1, round(radius if kind == "brush" else side * random.uniform(0.0, MIN_BRUSH)))
    angle = random.uniform(0, 2 * np.pi)
    for _ in range(random.integers(1, 5)):
        angle += random.normal(0, 0.6 if kind == "brush" else 0.2)
        length = side * random.uniform(0.08, 0.4)
        end = (x + length * np.cos(angle), y + length * np.sin(angle))
        drawing.line((x, y, *end), fill=255, width=brush)
        if brush > 2:  # round joints
            drawing.ellipse((end[0] - brush / 2, end[1] - brush / 2, end[0] + brush / 2, end[1] + brush / 2), fill=255)
        x, y = end

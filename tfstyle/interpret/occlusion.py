"""What a discriminator looks at, by occlusion."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import to_float
from tfstyle.interpret.drawing import new_figure, show_heat, show_picture


@dataclass(frozen=True)
class OcclusionMaps:
    """Changes of a score where a part of an image is covered.

    Attributes:
        images: float32 array `(num_images, height, width, channels)` in [0, 1].
        scores: float64 array `(num_images,)`, of the images as they are.
        maps: float64 array `(num_images, rows, columns)`: the score of the image less the mean of its scores with the
            place covered. Positive where the place raises the score.
    """

    images: np.ndarray
    scores: np.ndarray
    maps: np.ndarray

    @property
    def attention(self) -> np.ndarray:
        """Mean absolute change at each place, as its share of the sum over all: float64 array `(rows, columns)`."""
        sizes = np.abs(self.maps).mean(axis=0)
        return sizes / max(sizes.sum(), 1e-30)

    def describe(self, name: str = "images") -> str:
        """The result in sentences about images of some name, such as "real images"."""
        from tfstyle.interpret.content_distance import place_name

        if not np.abs(self.maps).max() > 1e-9:
            return f"Covering any part of the {name} changes nothing: the score does not depend on the image."
        rows, columns = self.attention.shape
        row, column = np.unravel_index(self.attention.argmax(), self.attention.shape)
        tenth = np.sort(self.attention, axis=None)[-max(1, self.attention.size // 10) :].sum()
        return (
            f"In the {name}, covering the {place_name((row + 0.5) / rows, (column + 0.5) / columns)} changes the score "
            f"most, by {np.abs(self.maps).mean(axis=0).max():.2f} on average, where the scores are "
            f"{self.scores.mean():.2f} on average. The tenth of the places that count most has {tenth:.0%} of all "
            "change (10% if every place counts alike)."
        )


def occlusion_maps(
    score: Callable[..., Any],
    images: Any,
    patch_size: int | None = None,
    stride: int | None = None,
    fill: Any = None,
    labels: Any = None,
    batch_size: int = 64,
) -> OcclusionMaps:
    """Covers one patch of images after the other and measures the change of a score.

    Args:
        score: function of images `(batch, height, width, channels)` in [0, 1] that returns a number for each, such as
            the logit of a discriminator; maps are averaged.
        images: uint8 array in [0, 255] or float array in [0, 1], `(num_images, height, width, channels)`.
        patch_size: integer, side of the patch in pixels; by default a quarter of the shorter side.
        stride: integer, pixels from one patch to the next; by default half of the patch.
        fill: float array that broadcasts to an image, what covers; by default each image's mean color.
        labels: array `(num_images,)`, a second argument of `score` for each image and its covered copies; or None.
        batch_size: integer, images in one call of `score`.

    Returns:
        `OcclusionMaps`, with a place for each `stride` pixels: overlapping patches are averaged.

    Raises:
        ValueError: if the images are no batch, the patch does not fit, or there is not a label for each image.

    Reference:
        Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2014, section 4.2.
    """
    images = to_float(images)
    if images.ndim != 4:
        raise ValueError(f"`images` must have the shape (n, height, width, channels). Received: {images.shape}.")
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"There must be a label for each image. Received: {len(labels)} for {len(images)} images.")
    _, height, width, _ = images.shape
    patch = max(1, min(height, width) // 4) if patch_size is None else patch_size
    stride = max(1, patch // 2) if stride is None else stride
    if not (1 <= patch <= min(height, width) and stride >= 1):
        raise ValueError(f"The patch must fit. Received: patch_size={patch}, stride={stride}, {height}x{width} pixels.")

    def scores_of(batch, labels_of_batch):
        parts = []
        for start in range(0, len(batch), batch_size):
            rows = slice(start, start + batch_size)
            arguments = (batch[rows],) if labels is None else (batch[rows], labels_of_batch[rows])
            parts.append(np.asarray(score(*arguments), np.float64))
        return np.concatenate(parts).reshape(len(batch), -1).mean(axis=1)

    tops, lefts = (sorted({*range(0, size - patch + 1, stride), size - patch}) for size in (height, width))
    fills = images.mean(axis=(1, 2), keepdims=True) if fill is None else np.asarray(fill, np.float32)
    fills = np.broadcast_to(fills, images.shape)
    corners = [(top, left) for top in tops for left in lefts]
    scores = scores_of(images, labels)
    sums, counts = (np.zeros((len(images), height, width)) for _ in range(2))
    for index, (image, cover) in enumerate(zip(images, fills, strict=True)):
        covered = np.repeat(image[None], len(corners), axis=0)
        for number, (top, left) in enumerate(corners):
            place = slice(top, top + patch), slice(left, left + patch)
            covered[(number, *place)] = cover[place]
        its_label = None if labels is None else np.repeat(labels[index], len(corners))
        for (top, left), change in zip(corners, scores[index] - scores_of(covered, its_label), strict=True):
            rows, columns = slice(top, top + patch), slice(left, left + patch)
            sums[index, rows, columns] += change
            counts[index, rows, columns] += 1
    maps = sums / counts
    row_starts, column_starts = (np.arange(0, size, stride) for size in (height, width))
    maps = np.add.reduceat(np.add.reduceat(maps, row_starts, axis=1), column_starts, axis=2)
    num_rows, num_columns = np.diff([*row_starts, height]), np.diff([*column_starts, width])
    return OcclusionMaps(images, scores, maps / num_rows[:, None] / num_columns)


def plot_occlusion_maps(real: OcclusionMaps, made: OcclusionMaps, num_images: int = 6) -> Any:
    """Draws what a discriminator looks at in real and in made images.

    Shows: red places argue for "real": covered, they lower the logit; blue places argue for "made". The numbers are the
    logits of the whole images. One scale of color holds for all of them; one place in 200 or fewer is beyond its ends.

    Does not show: what exactly it sees there. A covered patch is a strange image too, to which the discriminator may
    respond, and evidence that is repeated elsewhere in the image looks unimportant.

    Args:
        real: `OcclusionMaps` of real images.
        made: `OcclusionMaps` of generated images.
        num_images: integer, the most of each that are shown.

    Returns:
        `matplotlib.figure.Figure`.
    """
    count = min(num_images, max(len(real.images), len(made.images)))
    largest = max(np.percentile(np.abs(each.maps), 99.5) for each in (real, made))
    figure = new_figure(1.55 * count, 4 * 1.62)
    all_axes = figure.subplots(4, count, squeeze=False)
    for axes in all_axes.flat:
        axes.axis("off")
    for start, maps, name in ((0, real, "real"), (2, made, "made")):
        for column in range(min(count, len(maps.images))):
            show_picture(all_axes[start, column], maps.images[column], f"{name}: {maps.scores[column]:+.1f}")
            shown = show_heat(
                all_axes[start + 1, column], maps.maps[column], "", maps.images[column], (-largest, largest), "RdBu_r"
            )
    highest = max(np.abs(each.maps).max() for each in (real, made))
    label = f"change of the logit, cut at {largest:.2g} (highest {highest:.2g})"
    figure.colorbar(shown, ax=all_axes, shrink=0.5, extend="both", label=label)
    return figure

"""Where a stylized picture gave up the content of its photograph."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import to_float
from tfstyle.interpret.drawing import new_figure, show_heat, show_picture


@dataclass(frozen=True)
class ContentMap:
    """Content distance at each place.

    Attributes:
        image: float32 array `(height, width, 3)` in [0, 1].
        photograph: float32 array of the same shape.
        layer: name.
        distances: float64 array `(rows, columns)`: squared distance of the features to those of the photograph, divided
            by the mean squared length of the latter. 0 is the photograph; 1 is as far as no features at all.
    """

    image: np.ndarray
    photograph: np.ndarray
    layer: str
    distances: np.ndarray

    @property
    def total(self) -> float:
        """The mean over all places: `tfstyle.losses.content_loss`."""
        return float(self.distances.mean())

    def describe(self) -> str:
        """The result in sentences."""
        total = self.total
        if total < 1e-6:
            return "The content is that of the photograph, everywhere."
        row, column = np.unravel_index(self.distances.argmax(), self.distances.shape)
        rows, columns = self.distances.shape
        place = place_name((row + 0.5) / rows, (column + 0.5) / columns)
        worst = np.sort(self.distances, axis=None)[-max(1, self.distances.size // 10) :].sum() / self.distances.sum()
        return (
            f"The content distance is {total:.2f} (0 is the photograph, 1 a change as large as the features are on "
            "average, which single places can exceed; it does not say how much one recognizes), "
            f"with the highest value, {self.distances.max():.1f}, {'on' if place in ('left', 'right') else 'in'} the "
            f"{place}. In half of the picture it is below "
            f"{np.median(self.distances):.2f}; the tenth that changed most holds {worst:.0%} of it."
        )


def place_name(down: float, right: float) -> str:
    """A place in a picture in words: "upper left", "middle", "lower right".

    Args:
        down: float in [0, 1], share of the height.
        right: float in [0, 1], share of the width.
    """
    row = "upper" if down < 1 / 3 else "lower" if down > 2 / 3 else ""
    column = "left" if right < 1 / 3 else "right" if right > 2 / 3 else ""
    return " ".join(filter(None, [row, column])) + ("" if column else " middle" if row else "middle")


def content_map(image: Any, photograph: Any, extractor: Any, layer_name: str) -> ContentMap:
    """Computes the content distance of a stylized photograph at each place.

    Args:
        image: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`: the stylized photograph.
        photograph: image of the same size.
        extractor: loss network, images -> dict of layer -> features.
        layer_name: layer to compare.

    Returns:
        `ContentMap`.

    Raises:
        ValueError: if the sizes differ.
    """
    image, photograph = to_float(image), to_float(photograph)
    if image.shape != photograph.shape:
        raise ValueError(f"Both images must have one size. Received: {image.shape} and {photograph.shape}.")
    features, targets = (np.asarray(extractor(each[None])[layer_name], np.float64)[0] for each in (image, photograph))
    distances = np.square(features - targets).sum(axis=-1)
    energy = np.square(targets).sum(axis=-1).mean()
    return ContentMap(image, photograph, layer_name, distances / max(energy, 1e-12))


def plot_content_map(content: ContentMap) -> Any:
    """Draws a photograph, its stylized version, and where the content was given up.

    Shows: bright places, whose features differ most from those of the photograph at the same place: outlines that moved
    or vanished, and texture that was added where there was none. One place in 200 is beyond the brightest color, whose
    value stands beside the bar with the highest one.

    Does not show: whether a person would miss something. The distance counts a change of texture on a wall like the
    loss of a face, and does not see what the features do not hold, such as exact colors.

    Args:
        content: `ContentMap`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    height, width = content.image.shape[:2]
    figure = new_figure(9.2, 2.9 * height / width + 0.5)
    photograph, image, heat = figure.subplots(1, 3)
    show_picture(photograph, content.photograph, "photograph")
    show_picture(image, content.image, "stylized")
    limits = (0.0, float(np.percentile(content.distances, 99.5)))
    shown = show_heat(heat, content.distances, f"content distance, mean {content.total:.2f}", content.image, limits)
    bar = figure.colorbar(shown, ax=heat, shrink=0.8, extend="max")
    bar.set_label(f"cut at {limits[1]:.2g}, highest {content.distances.max():.2g}", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure

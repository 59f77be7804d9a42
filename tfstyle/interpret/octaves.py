"""What each octave of a style bank's noise does."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from tfstyle.images import luma, to_float
from tfstyle.interpret.drawing import ACCENT, new_figure, plain, show_picture, signed_picture
from tfstyle.interpret.properties import median_wavelength


@dataclass(frozen=True)
class NoiseOctaves:
    """Pictures without the noise of one grid size each.

    Attributes:
        grid_sizes: integers, pixels between two independent values of the noise, ascending.
        whole: float32 array `(height, width, 3)` in [0, 1], with all noise.
        without_noise: float32 array of the same shape, without any.
        images: float32 array `(num_sizes, height, width, 3)`, without the noise of one grid size.
        changes: float64 array `(num_sizes,)`, root mean square change of a pixel, in levels of 255.
        wavelengths: float64 array `(num_sizes,)`, pixels: the median wavelength of the change.
    """

    grid_sizes: tuple[int, ...]
    whole: np.ndarray
    without_noise: np.ndarray
    images: np.ndarray
    changes: np.ndarray
    wavelengths: np.ndarray

    @property
    def total_change(self) -> float:
        """Root mean square change of a pixel without any noise, in levels of 255."""
        return float(255 * np.sqrt(np.square(self.whole - self.without_noise, dtype=np.float64).mean()))

    def describe(self) -> str:
        """The result in sentences."""
        if self.total_change < 0.05:
            return "The noise has no effect on this picture in this style: every seed gives the same."
        most = self.changes.argmax()
        quiet = [f"{size}" for size, change in zip(self.grid_sizes, self.changes, strict=True) if change < 0.5]
        text = (
            f"Without any noise a pixel changes by {self.total_change:.1f} of 255 levels. The noise on a grid of "
            f"{self.grid_sizes[most]} pixels does most: {self.changes[most]:.1f} levels, in waves of about "
            f"{self.wavelengths[most]:.0f} pixels."
        )
        return text + (f" That on grids of {', '.join(quiet)} pixels changes less than half a level." if quiet else "")


def noises_of(bank: Any) -> dict[int, list[tuple[Any, int]]]:
    """The noise of a bank by grid size.

    Args:
        bank: `StyleBank`.

    Returns:
        Dict of grid size in pixels -> list of (`NoiseInjection`, octave), ascending.

    Raises:
        ValueError: if the bank has no noise.
    """
    if not getattr(bank, "has_noise", False):
        raise ValueError(f"{type(bank).__name__} has no noise, so there are no octaves to explain. Use a `StyleBank`.")
    found: dict[int, list[tuple[Any, int]]] = {}
    for stride, layers in ((4, bank.noises), (2, [bank.noise_half])):
        for layer in layers:
            for octave in range(layer.weight.shape[1]):
                found.setdefault(stride * 2**octave, []).append((layer, octave))
    return dict(sorted(found.items()))


@contextlib.contextmanager
def silenced(noises: Any) -> Iterator[None]:
    """Context in which some octaves of some `NoiseInjection`s have the weight 0."""
    kept = {id(layer): (layer, ops.convert_to_numpy(layer.weight)) for layer, _ in noises}
    try:
        for layer, octave in noises:
            values = np.array(ops.convert_to_numpy(layer.weight))
            values[:, octave] = 0
            layer.weight.assign(values)
        yield
    finally:
        for layer, values in kept.values():
            layer.weight.assign(values)


def noise_octaves(bank: Any, paint: Callable[[], Any]) -> NoiseOctaves:
    """Takes the noise of a style bank away, one grid size at a time.

    Args:
        bank: `StyleBank`.
        paint: function without arguments that calls the bank and returns images in [0, 1], `(1, height, width, 3)`.

    Returns:
        `NoiseOctaves`.

    Raises:
        ValueError: if the bank has no noise.
    """
    noises = noises_of(bank)
    whole = to_float(np.asarray(paint()))[0]
    images = []
    for layers in noises.values():
        with silenced(layers):
            images.append(to_float(np.asarray(paint()))[0])
    with silenced([pair for layers in noises.values() for pair in layers]):
        without_noise = to_float(np.asarray(paint()))[0]
    differences = [image - whole for image in images]
    changes = [255 * np.sqrt(np.square(difference, dtype=np.float64).mean()) for difference in differences]
    waves = [median_wavelength(luma(difference)) for difference in differences]
    return NoiseOctaves(tuple(noises), whole, without_noise, np.stack(images), np.array(changes), np.array(waves))


def plot_noise_octaves(octaves: NoiseOctaves) -> Any:
    """Draws what the noise of each grid size adds to a picture.

    Shows: the picture with all noise and without any, and for each grid size the difference that it makes, around gray,
    each with its own contrast, the strongest percent cut. The bars have the true sizes.

    Does not show: what another seed gives; only the places would change, not the sizes. Octaves work together: without
    one of them the others may do more or less than their difference here.

    Args:
        octaves: `NoiseOctaves`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    height, width = octaves.whole.shape[:2]
    cells = [("all noise", octaves.whole), ("without noise", octaves.without_noise)]
    for size, image in zip(octaves.grid_sizes, octaves.images, strict=True):
        cells.append((f"adds: grid of {size} px", signed_picture(octaves.whole - image)))
    num_rows = -(-len(cells) // 4)
    grid_height = num_rows * (2.3 * height / width + 0.25)
    figure = new_figure(9.2, grid_height + 1.8)
    top, bottom = figure.subfigures(2, 1, height_ratios=(grid_height, 1.8))
    all_axes = top.subplots(num_rows, 4, squeeze=False).flat
    for axes in all_axes:
        axes.axis("off")
    for axes, (title, picture) in zip(top.axes, cells, strict=False):
        show_picture(axes, picture, title)
    axes = bottom.subplots()
    axes.bar([f"{size} px" for size in octaves.grid_sizes], octaves.changes, color=ACCENT, width=0.6)
    plain(axes, "", "grid size of the noise", "levels of 255")
    return figure

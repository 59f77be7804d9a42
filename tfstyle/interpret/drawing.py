"""What the figures of explanations have in common: one look, pictures, heat maps, and what their docstrings say."""

import functools
import inspect
import io
import re
from typing import Any

import numpy as np
from PIL import Image

from tfstyle.images import luma, resize_longest_side, to_float

INK, ACCENT, SECOND, PALE = "#22262b", "#c2410c", "#2563a8", "#d6d3ce"
HEAT = "inferno"
NOTEBOOK_DPI = 76  # of figures in notebooks, which keep all their pictures, in 256 colors each


@functools.cache
def _drawing_class() -> Any:
    """A matplotlib figure that a notebook shows without `pyplot` or a magic command."""
    from matplotlib.figure import Figure  # it takes a second to import

    class Drawing(Figure):
        def _repr_png_(self):
            with Image.open(io.BytesIO(png_bytes(self, NOTEBOOK_DPI))) as picture:
                small, file = picture.convert("RGB").quantize(256, Image.Quantize.FASTOCTREE), io.BytesIO()
            small.save(file, "PNG", optimize=True)
            return file.getvalue()

    return Drawing


def new_figure(width: float, height: float) -> Any:
    """An empty figure.

    Args:
        width: float, inches.
        height: float, inches.

    Returns:
        `matplotlib.figure.Figure` with a constrained layout, which notebooks show as a picture.
    """
    return _drawing_class()(figsize=(width, height), layout="constrained", dpi=140, facecolor="white")


def png_bytes(figure: Any, dpi: float | None = None) -> bytes:
    """A figure as a PNG file in memory.

    Args:
        figure: `matplotlib.figure.Figure`.
        dpi: float, pixels for an inch; by default those of the figure.

    Returns:
        The bytes of the file.
    """
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi or "figure")
    return file.getvalue()


def show_picture(axes: Any, image: Any, title: str = "") -> None:
    """Shows an image without ticks.

    Args:
        axes: `matplotlib.axes.Axes`.
        image: uint8 array in [0, 255] or float array in [0, 1], `(height, width)` or `(height, width, channels)`.
        title: string.
    """
    image = np.clip(to_float(image), 0, 1)
    image = image[..., 0] if image.shape[-1] == 1 else image
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    bare(axes, title)


def show_heat(
    axes: Any, values: Any, title: str = "", picture: Any = None, limits: Any = None, cmap: str = HEAT
) -> Any:
    """Shows a map of numbers, over a picture if there is one.

    Args:
        axes: `matplotlib.axes.Axes`.
        values: float array `(rows, columns)`; its cells cover the whole picture.
        title: string.
        picture: image as in `show_picture`, shown in gray below the map, or None.
        limits: pair of floats, the values of the darkest and the brightest color; by default those of the map.
        cmap: name of a matplotlib color map.

    Returns:
        What `figure.colorbar` takes.
    """
    low, high = limits or (float(np.min(values)), float(np.max(values)))
    high = high if high > low else low + 1e-12
    if picture is None:
        shown = axes.imshow(values, cmap=cmap, vmin=low, vmax=high, interpolation="nearest")
    else:
        picture = to_float(picture)
        height, width = picture.shape[:2]
        gray = luma(picture) if picture.shape[-1] == 3 else picture[..., 0]
        axes.imshow(0.15 + 0.7 * gray, cmap="gray", vmin=0, vmax=1)
        extent = (-0.5, width - 0.5, height - 0.5, -0.5)
        shown = axes.imshow(values, cmap=cmap, vmin=low, vmax=high, alpha=0.72, extent=extent, interpolation="nearest")
    bare(axes, title)
    return shown


def bare(axes: Any, title: str = "") -> None:
    """Removes ticks and frame of axes that show a picture."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    if title:
        axes.set_title(title, fontsize=9, color=INK)


def plain(axes: Any, title: str = "", x_label: str = "", y_label: str = "") -> None:
    """The look of axes with a curve or bars."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.set_title(title, fontsize=10, color=INK)
    axes.set_xlabel(x_label, fontsize=9)
    axes.set_ylabel(y_label, fontsize=9)
    axes.tick_params(labelsize=8)


def signed_picture(values: Any) -> np.ndarray:
    """A signed array as a picture around gray, its largest percent clipped.

    Args:
        values: float array `(height, width, 3)`.

    Returns:
        float array of the same shape in [0, 1]; 0.5 where `values` is 0.
    """
    largest = np.percentile(np.abs(values), 99)
    return np.clip(0.5 + 0.5 * values / max(largest, 1e-30), 0, 1)


def thumbnail(image: Any, size: int = 96) -> np.ndarray:
    """An image of at most `size` pixels."""
    return resize_longest_side(image, size) if max(np.shape(image)[:2]) > size else np.asarray(image)


def captions_of(function: Any) -> tuple[str, str]:
    """What the docstring of a drawing function says that its picture shows, and what it does not show.

    Args:
        function: a `plot_` function, whose docstring has the paragraphs "Shows: ..." and "Does not show: ...".

    Returns:
        Two strings, each a few sentences; empty where Python runs without docstrings.
    """
    text = inspect.getdoc(function) or ""
    found = (re.search(rf"^{start}: (.*?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL) for start in STARTS)
    shows, does_not = (" ".join(match[1].split()).replace("`", "") if match else "" for match in found)
    return shows[:1].upper() + shows[1:], does_not[:1].upper() + does_not[1:]


STARTS = ("Shows", "Does not show")

"""Figures for notebooks: images in a grid, and losses over time. Each is a Pillow image, which Jupyter displays."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfstyle.images import ImageError, contact_sheet, image_grid, to_uint8


def show_images(images, labels=None, num_columns=None, zoom=1) -> Image.Image:
    """Arranges images in rows, with optional labels below.

    Args:
        images: uint8 array in [0, 255] or float array in [0, 1] of shape `(num_images, height, width, channels)` with
            1, 3 or 4 channels, or a sequence of such images; with labels they can have different sizes.
        labels: sequence of strings, one per image, or None.
        num_columns: integer. By default the figure is about square.
        zoom: integer, at least 1: the size of a pixel in the figure.

    Returns:
        `PIL.Image.Image`.

    Raises:
        ImageError: if there is no image, the shapes differ, the number of labels differs, or `zoom` is less than 1.

    Example:
        >>> show_images(tfstyle.load("dense_gan_mnist").generate(16), zoom=3).size
        (354, 354)
    """
    if zoom < 1:
        raise ImageError(f"`zoom` must be at least 1. Received: zoom={zoom}.")
    images = [np.asarray(image).repeat(zoom, axis=0).repeat(zoom, axis=1) for image in images]
    if labels is not None:
        return Image.fromarray(contact_sheet(images, labels, num_columns))
    grid = to_uint8(image_grid(images, num_columns, gap=2 * zoom))
    return Image.fromarray(grid[..., 0] if grid.shape[-1] == 1 else grid)


def read_losses(run_directory: str | Path) -> list[dict[str, Any]]:
    """Reads the losses of a training.

    Args:
        run_directory: path of the run directory.

    Returns:
        List of dicts of name -> number, ordered by "step".

    Raises:
        FileNotFoundError: if the folder is not a run directory, or has no losses yet.
    """
    file = Path(run_directory) / "losses.jsonl"
    if not file.exists():
        raise FileNotFoundError(f"{run_directory} holds no losses yet. Name the folder of a training.")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    # A training that was killed and resumed writes some steps a second time; the last words count.
    return sorted({line["step"]: line for line in lines}.values(), key=lambda line: line["step"])


def plot_losses(runs: Mapping, names: Sequence[str] | None = None) -> Image.Image:
    """Plots losses over steps, with a panel for each name and a line for each run.

    Args:
        runs: mapping of label -> path of a run directory, or a sequence of dicts as returned by `read_losses`.
        names: names of the losses, in order; by default all of them.

    Returns:
        `PIL.Image.Image`.

    Raises:
        ValueError: if one of the losses is in no run.
        FileNotFoundError: as in `read_losses`.
    """
    from matplotlib.figure import Figure  # it takes a second to import

    lines = {label: read_losses(run) if isinstance(run, str | Path) else run for label, run in runs.items()}
    known = list(dict.fromkeys(name for run in lines.values() for line in run for name in line if name != "step"))
    names = known if names is None else list(names)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise ValueError(
            f"No run has the loss {', '.join(unknown) or 'asked for'}. Losses: {', '.join(known) or 'none'}."
        )
    figure = Figure(figsize=(min(3.6 * len(names), 11), 2.8), layout="constrained", dpi=90)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for label, run in lines.items():
            points = [(line["step"], line[name]) for line in run if name in line]
            axes.plot(*np.reshape(points, (-1, 2)).T, label=label)
        axes.set(title=name, xlabel="step")
        axes.grid(alpha=0.3)
    if len(lines) > 1:
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(lines))
    return as_picture(figure)


def as_picture(figure) -> Image.Image:
    """A matplotlib figure as an RGB `PIL.Image.Image`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")

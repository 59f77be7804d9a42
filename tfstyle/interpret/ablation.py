"""What each block of a network adds: the picture without it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.images import to_float
from tfstyle.interpret.drawing import ACCENT, SECOND, new_figure, plain, show_picture
from tfstyle.layers.adaptive_instance_normalization import AdaptiveInstanceNormalization
from tfstyle.layers.generator_residual_block import GeneratorResidualBlock
from tfstyle.layers.noise_injection import NoiseInjection
from tfstyle.layers.residual_block import ConditionalConvolution, ConditionalResidualBlock
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.perceptual.perceptual_extractor import PerceptualExtractor
from tfstyle.wording import counted

# Blocks that return their input if they are left out, and those that return zeros.
ADDED = (ConditionalResidualBlock, NoiseInjection, AdaptiveInstanceNormalization)
SILENCED = (keras.layers.Dense,)  # on vectors, which have no places to average over
BLOCKS = (
    *ADDED,
    *SILENCED,
    ConditionalConvolution,
    GeneratorResidualBlock,
    UpsamplingConv2D,
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
)
# What the blocks of the shipped networks are for, by their docstrings.
MEANINGS = {
    "adaptive_normalization": "the statistics of the painting",
    "affine": "the scales and shifts that the style sets",
    "dense": "the latent vector",
    "down": "the way down to a quarter of the resolution",
    "inject": "the statistics of the painting",
    "inject_palette": "the colors of the painting",
    "merge": "the content, at a quarter of the resolution",
    "narrow": "the way up from a quarter of the resolution",
    "refine": "the way up, at half of the resolution",
    "refine_more": "the way up, at half of the resolution",
    "residual": "shapes and broad strokes, at the lowest resolution",
    "residual_quarter": "strokes, at a quarter of the resolution",
    "shortcut": "the tones of the photograph",
    "skip": "details that go past the middle of the network",
    "stem": "the first look at the photograph",
    "to_pixels": "the pixels",
    "to_rgb": "the strokes as colors",
}
KINDS = {"left out": True, "mean": False}
HEADINGS = {"left out": "blocks left out", "mean": "blocks replaced by their mean: all that passes them is lost"}
COARSE = 8  # pixels: the mean of squares of this side is the tone, the rest is detail


@dataclass(frozen=True)
class Ablation:
    """Pictures of a network without one block each.

    Attributes:
        names: names of the blocks, from the input to the output.
        is_left_out: bool array `(num_blocks,)`: whether the block was left out; otherwise its output was replaced by
            its mean, so that it no longer depends on the place.
        whole: float32 array `(height, width, channels)` in [0, 1], the first picture of the whole network.
        images: float32 array `(num_blocks, height, width, channels)`, the first picture without each block.
        tones: float64 array `(num_blocks,)`, root mean square change of the means of 8 x 8 pixels, in levels of 255.
        details: float64 array `(num_blocks,)`, likewise of what remains.
    """

    names: tuple[str, ...]
    is_left_out: np.ndarray
    whole: np.ndarray
    images: np.ndarray
    tones: np.ndarray
    details: np.ndarray

    @property
    def changes(self) -> np.ndarray:
        """Root mean square change of a pixel, in levels of 255: float64 array `(num_blocks,)`."""
        return np.hypot(self.tones, self.details)

    def describe(self) -> str:
        """The result in sentences: of the blocks that were left out, then of those replaced by their mean."""
        left_out, averaged = self.ranked(True), self.ranked(False)
        sentences = []
        if len(left_out):
            sentences.append(f"Of {counted(len(left_out), 'block')} left out, {self._extremes(left_out)}.")
            detail = left_out[np.argmax(self.details[left_out] / np.maximum(self.tones[left_out], 1e-9))]
            if self.details[detail] > max(1.0, self.tones[detail]):
                sentences.append(
                    f"What {self._title(detail)} adds is mostly detail: {self.details[detail]:.0f} levels of strokes "
                    f"finer than {COARSE} pixels and {self.tones[detail]:.0f} of tone."
                )
        if len(averaged):
            sentences.append(
                f"Of {counted(len(averaged), 'block')} that cannot be left out, since the next one needs an input, and "
                f"were replaced by their mean, {self._extremes(averaged)}; all that passes such a block is lost, so "
                "these numbers cannot be compared with those of blocks left out."
            )
        dead = [name for name, change in zip(self.names, self.changes, strict=True) if change < 0.05]
        if dead:
            sentences.append(f"Without effect on this picture: {', '.join(dead)}.")
        return " ".join(sentences)

    def ranked(self, left_out: bool) -> np.ndarray:
        """Indices of the blocks that were left out, or of those replaced by their mean, from the largest change."""
        indices = np.flatnonzero(self.is_left_out == left_out)
        return indices[np.argsort(-self.changes[indices], kind="stable")]

    def _extremes(self, order):
        most, least = order[0], order[-1]
        share = f"by {self.changes[most]:.0f} of 255 levels (root mean square)"
        if len(order) == 1:
            return f"{self._title(most)} changes a pixel {share}"
        return (
            f"{self._title(most)} changes a pixel most, {share}, and {self._title(least)} least, by "
            f"{self.changes[least]:.1f}"
        )

    def _title(self, index):
        name = self.names[index]
        stem, _, number = name.rpartition("_")
        meaning = MEANINGS.get(name) or (MEANINGS.get(stem) if number.isdigit() else None)
        return f"{name} ({meaning})" if meaning else name


def blocks_of(network: Any) -> list[Any]:
    """The blocks of a network that `ablate_blocks` takes away one by one, from the input to the output.

    Args:
        network: `keras.Model`: a style network or a generator of tfstyle, or any of convolutions and dense layers.

    Returns:
        List of `keras.layers.Layer`. Frozen loss networks within the network are no blocks.
    """
    found: list[Any] = []
    for layer in network._flatten_layers(include_self=False, recursive=False):
        if isinstance(layer, PerceptualExtractor):
            continue
        found += [layer] if isinstance(layer, BLOCKS) else blocks_of(layer)
    return found


@contextlib.contextmanager
def without(block: Any) -> Iterator[list[None]]:
    """Context in which a block returns its input (`ADDED`), zeros (`SILENCED`), or the mean of its output.

    The network must be called eagerly: what is traced already does not change. The context gives a list with an item
    for each call of the block.
    """
    call = block.call
    calls: list[None] = []

    def pass_on(inputs, *args, **kwargs):
        return inputs

    def silence(inputs, *args, **kwargs):
        return ops.zeros_like(call(inputs, *args, **kwargs))

    def average(inputs, *args, **kwargs):
        outputs = call(inputs, *args, **kwargs)
        mean = ops.mean(outputs, axis=tuple(range(len(outputs.shape) - 1)), keepdims=True)
        return ops.broadcast_to(mean, ops.shape(outputs))

    replacement = pass_on if isinstance(block, ADDED) else silence if isinstance(block, SILENCED) else average

    def counted_call(inputs, *args, **kwargs):
        calls.append(None)
        return replacement(inputs, *args, **kwargs)

    block.call = counted_call
    try:
        yield calls
    finally:
        del block.call  # that of its class again


def ablate_blocks(network: Any, draw: Callable[[], Any], blocks: Any = None) -> Ablation:
    """Draws pictures without one block of a network each.

    Residual blocks, noise and adaptive normalization are left out, and dense layers return zeros. Any other block,
    without which the next one has no input, returns its mean over all images and places.

    Args:
        network: `keras.Model`.
        draw: function without arguments that calls the network, not compiled, and returns images in [0, 1],
            `(batch, height, width, channels)`.
        blocks: list of layers of the network; by default `blocks_of(network)`. Those that `draw` does not call are left
            out of the result.

    Returns:
        `Ablation`.

    Raises:
        ValueError: if the network has no blocks.
    """
    blocks = blocks_of(network) if blocks is None else list(blocks)
    if not blocks:
        raise ValueError(f"{type(network).__name__} has no blocks that this version can take away.")
    whole = to_float(np.asarray(draw()))
    used, images, tones, details = [], [], [], []
    for block in blocks:
        with without(block) as calls:
            image = to_float(np.asarray(draw()))
        if not calls:  # such as the encoder of paintings
            continue
        used.append(block)
        images.append(image)
        tone, detail = tone_and_detail(images[-1] - whole)
        tones.append(tone)
        details.append(detail)
    return Ablation(
        tuple(block.name for block in used),
        np.array([isinstance(block, (*ADDED, *SILENCED)) for block in used]),
        whole[0],
        np.stack([image[0] for image in images]),
        np.array(tones),
        np.array(details),
    )


def tone_and_detail(differences: Any) -> tuple[float, float]:
    """Root mean squares of the means of 8 x 8 pixels and of the rest, in levels of 255; their squares add up to all."""
    differences = 255.0 * np.asarray(differences, np.float64)
    _, height, width, _ = differences.shape
    parts = []
    for size, axis in ((height, 1), (width, 2)):
        starts = np.arange(0, size, COARSE)
        parts.append((starts, np.diff([*starts, size]), axis))
    means = differences
    for starts, sizes, axis in parts:
        shape = [1, 1, 1, 1]
        shape[axis] = -1
        means = np.repeat(np.add.reduceat(means, starts, axis) / sizes.reshape(shape), sizes, axis)
    return float(np.sqrt(np.square(means).mean())), float(np.sqrt(np.square(differences - means).mean()))


def plot_ablation(ablation: Ablation, num_columns: int = 4) -> Any:
    """Draws the picture without each block, and how much each changes it.

    Shows: first the blocks that can be left out, so that the next one gets their input, then those that cannot, which
    return their mean at all places instead; within both from the input to the output. Below, the change of tone and of
    detail, in the two groups. A block without effect leaves the picture as it is.

    Does not show: what a block was trained for. Later blocks have never met such inputs and may exaggerate the loss,
    and two blocks that can stand in for each other both look unimportant.

    Args:
        ablation: `Ablation`.
        num_columns: integer, pictures in a row.

    Returns:
        `matplotlib.figure.Figure`.
    """
    groups = [(kind, np.flatnonzero(ablation.is_left_out == flag)) for kind, flag in KINDS.items()]
    groups = [(kind, indices) for kind, indices in groups if len(indices)]
    order = np.concatenate([indices for _, indices in groups])
    kinds = [kind for kind, indices in groups for _ in indices]
    pictures = [ablation.whole, *ablation.images[order]]
    titles = [
        "the whole network",
        *(f"{ablation.names[index]}: {kind}" for index, kind in zip(order, kinds, strict=True)),
    ]
    height, width = ablation.whole.shape[:2]
    num_rows = -(-len(pictures) // num_columns)
    cell = 2.3
    bars_height = 0.45 + 0.4 * len(groups) + 0.21 * len(ablation.names)
    grid_height = num_rows * (cell * height / width + 0.25)
    figure = new_figure(cell * num_columns, grid_height + bars_height)
    top, bottom = figure.subfigures(2, 1, height_ratios=(grid_height, bars_height))
    for axes, picture, title in zip(
        top.subplots(num_rows, num_columns, squeeze=False).flat,
        pictures + [None] * (num_rows * num_columns - len(pictures)),
        titles + [""] * (num_rows * num_columns - len(pictures)),
        strict=True,
    ):
        if picture is None:
            axes.axis("off")
        else:
            show_picture(axes, picture, title)
    all_axes = bottom.subplots(len(groups), 1, squeeze=False, height_ratios=[len(indices) + 1 for _, indices in groups])
    farthest = 1.05 * max(ablation.tones.max(), ablation.details.max(), 1e-6)
    for axes, (kind, indices) in zip(all_axes[:, 0], groups, strict=True):
        places = np.arange(len(indices))
        axes.barh(places - 0.2, ablation.tones[indices], 0.4, color=SECOND, label="tone")
        axes.barh(places + 0.2, ablation.details[indices], 0.4, color=ACCENT, label="detail")
        axes.set_yticks(places, [ablation.names[index] for index in indices])
        axes.invert_yaxis()
        axes.set_xlim(0, farthest)
        plain(axes, HEADINGS[kind])
    axes.set_xlabel("change of a pixel, levels of 255", fontsize=9)
    all_axes[0, 0].legend(fontsize=8, frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))
    return figure

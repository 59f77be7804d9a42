"""What the strength of a style does: one picture at several strengths, measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import to_float
from tfstyle.interpret.drawing import ACCENT, SECOND, new_figure, plain, show_picture
from tfstyle.losses.perceptual import gram_style_loss, relative_squared_error
from tfstyle.statistics import gram_matrix

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
OWN_CHANGE = 3.0  # levels of 255: a network that changes more without a style does not return the photograph


@dataclass(frozen=True)
class StrengthEffect:
    """A stylized photograph at several strengths.

    Attributes:
        strengths: ascending floats in [0, 1].
        images: float32 array `(num_strengths, height, width, 3)` in [0, 1].
        changes: float64 array `(num_strengths,)`, root mean square change of a pixel of the photograph, in levels of
            255.
        contents: float64 array `(num_strengths,)`, the content distance, as in `ContentMap`.
        styles: float64 array `(num_strengths,)`, the mean over the layers of the relative squared error of the Gram
            matrices: 0 is the painting, 1 is an image without features. None without a painting.
    """

    strengths: tuple[float, ...]
    images: np.ndarray
    changes: np.ndarray
    contents: np.ndarray
    styles: np.ndarray | None

    def describe(self) -> str:
        """The result in sentences."""
        first, last = self.strengths[0], self.strengths[-1]
        middle = int(np.abs(np.subtract(self.strengths, (first + last) / 2)).argmin())
        sentences = [
            f"From strength {first:g} to {last:g} the change of a pixel of the photograph goes from "
            f"{self.changes[0]:.0f} to {self.changes[-1]:.0f} of 255 levels (root mean square), and is "
            f"{self.changes[middle]:.0f} at {self.strengths[middle]:g}.",
        ]
        if first == 0 and self.changes[0] > OWN_CHANGE:
            sentences.append(
                "At strength 0 the network does not give the photograph back: what changes there is its own."
            )
        sentences += [
            f"The content distance goes from {self.contents[0]:.2f} to {self.contents[-1]:.2f}.",
        ]
        if self.styles is not None:
            way = self.styles[0] - self.styles[-1]
            sentences.append(f"The style loss goes from {self.styles[0]:.2f} to {self.styles[-1]:.2f}")
            if way > 0.01:
                share = (self.styles[0] - self.styles[middle]) / way
                sentences[-1] += f", and strength {self.strengths[middle]:g} makes {share:.0%} of that way"
            sentences[-1] += "."
        return " ".join(sentences)


def strength_effect(
    paint: Callable[[float], Any],
    photograph: Any,
    extractor: Any,
    content_layer: str,
    style_layers: Sequence[str] = (),
    painting: Any = None,
    strengths: Sequence[float] = STRENGTHS,
) -> StrengthEffect:
    """Measures how a stylized photograph depends on the strength of its style.

    Args:
        paint: function of a strength that returns a picture in [0, 1] of the size of the photograph.
        photograph: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`.
        extractor: loss network, images -> dict of layer -> features.
        content_layer: layer in which the content is compared.
        style_layers: layers in which Gram matrices are compared.
        painting: image of any size whose style is meant, or None.
        strengths: floats in [0, 1].

    Returns:
        `StrengthEffect`.
    """
    strengths = tuple(sorted(set(strengths)))
    photograph = to_float(photograph)
    images = np.stack([to_float(np.asarray(paint(strength))) for strength in strengths])
    targets = extractor(photograph[None])[content_layer]
    grams = None
    if painting is not None:
        features = extractor(to_float(painting)[None])
        grams = {name: gram_matrix(features[name]) for name in style_layers}
    contents, styles = [], []
    for image in images:
        features = extractor(image[None])
        contents.append(float(relative_squared_error(features[content_layer], targets)[0]))
        if grams is not None:
            styles.append(float(gram_style_loss(features, grams)[0]))
    differences = 255.0 * (images.astype(np.float64) - photograph)
    changes = np.sqrt(np.square(differences).mean(axis=(1, 2, 3)))
    return StrengthEffect(strengths, images, changes, np.array(contents), np.array(styles) if styles else None)


def plot_strength_effect(effect: StrengthEffect) -> Any:
    """Draws a picture at several strengths of its style, and what changes with the strength.

    Shows: the picture from the weakest to the strongest style, and below how far it is from the photograph (blue) and
    from the style of the painting (red, if the painting is known). Where a curve is steep, a little more strength
    changes much.

    Does not show: which strength is right. The measures see texture and tone, not whether a face is still a face, and
    another photograph has other curves.

    Args:
        effect: `StrengthEffect`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    count = len(effect.strengths)
    height, width = effect.images.shape[1:3]
    pictures_height = 9.2 / count * height / width + 0.35
    figure = new_figure(9.2, pictures_height + 1.9)
    top, bottom = figure.subfigures(2, 1, height_ratios=(pictures_height, 1.9))
    for axes, strength, image in zip(
        top.subplots(1, count, squeeze=False)[0], effect.strengths, effect.images, strict=True
    ):
        show_picture(axes, image, f"strength {strength:g}")
    curves = [
        ("change of a pixel, levels of 255", effect.changes, SECOND),
        ("content distance", effect.contents, SECOND),
    ]
    if effect.styles is not None:
        curves.append(("style loss", effect.styles, ACCENT))
    for axes, (title, values, color) in zip(bottom.subplots(1, len(curves)), curves, strict=True):
        axes.plot(effect.strengths, values, "o-", color=color, markersize=4)
        axes.set_ylim(0, 1.1 * max(values.max(), 1e-6))
        plain(axes, title, "strength")
    return figure

"""What each layer of a style loss asks for: its gradient as a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import luma, to_float
from tfstyle.interpret.drawing import new_figure, show_heat, show_picture, signed_picture
from tfstyle.interpret.properties import median_wavelength
from tfstyle.losses.perceptual import relative_squared_error
from tfstyle.statistics import gram_matrix


@dataclass(frozen=True)
class LayerGradients:
    """Gradients of the style loss of each layer.

    Attributes:
        image: float32 array `(height, width, 3)` in [0, 1], where the gradients were computed.
        layers: names.
        losses: float64 array `(num_layers,)`: relative squared error of the Gram matrices; 0 is a match, 1 the distance
            of an image without features.
        gradients: float32 array `(num_layers, height, width, 3)`.
        wavelengths: float64 array `(num_layers,)`, pixels: the median wavelength of each gradient.
    """

    image: np.ndarray
    layers: tuple[str, ...]
    losses: np.ndarray
    gradients: np.ndarray
    wavelengths: np.ndarray

    @property
    def maps(self) -> np.ndarray:
        """Lengths of the gradients at each pixel: float32 array `(num_layers, height, width)`."""
        return np.linalg.norm(self.gradients, axis=-1)

    @property
    def lengths(self) -> np.ndarray:
        """Lengths of the whole gradients: float array `(num_layers,)`."""
        return np.sqrt(np.square(self.gradients).sum(axis=(1, 2, 3), dtype=np.float64))

    def describe(self) -> str:
        """The result in sentences."""
        if not self.lengths.any():
            return "No layer asks for a change: the style of this picture is that of the painting already."
        worst, best = self.losses.argmax(), self.losses.argmin()
        finest, coarsest = self.wavelengths.argmin(), self.wavelengths.argmax()
        maps = self.maps.sum(axis=0)
        tenth = np.sort(maps, axis=None)[-maps.size // 10 :].sum() / maps.sum()
        return (
            f"The layer {self.layers[worst]} is farthest from the painting, with a loss of {self.losses[worst]:.2f} "
            f"(0 is a match, 1 is no style at all); {self.layers[best]} is nearest, with {self.losses[best]:.2f}. "
            f"The layer {self.layers[finest]} asks for the finest changes, of waves of about "
            f"{self.wavelengths[finest]:.0f} pixels, and {self.layers[coarsest]} for the broadest, of about "
            f"{self.wavelengths[coarsest]:.0f}. A tenth of the pixels receives {tenth:.0%} of all that is asked for."
        )


def layer_gradients(image: Any, painting: Any, extractor: Any, layer_names: Sequence[str] = ()) -> LayerGradients:
    """Computes the gradient of each layer's style loss for the pixels of an image.

    Args:
        image: uint8 array in [0, 255] or float array in [0, 1], `(height, width, 3)`: a stylized photograph, or any.
        painting: image of any size.
        extractor: loss network, images -> dict of layer -> features, such as `LightStyleExtractor`.
        layer_names: layers to compare; by default all that the extractor returns.

    Returns:
        `LayerGradients`.
    """
    import tensorflow as tf

    image = to_float(image)
    targets = {name: gram_matrix(values) for name, values in extractor(to_float(painting)[None]).items()}
    names = tuple(layer_names) or tuple(targets)
    pixels = tf.constant(image[None])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(pixels)
        features = extractor(pixels)
        losses = [relative_squared_error(gram_matrix(features[name]), targets[name])[0] for name in names]
    gradients = np.stack([_gradient(tape, loss, pixels)[0] for loss in losses])
    waves = [median_wavelength(luma(gradient)) for gradient in gradients]
    return LayerGradients(image, names, np.array(losses, np.float64), gradients, np.array(waves))


def _gradient(tape, loss, pixels):
    import tensorflow as tf

    return np.asarray(tape.gradient(loss, pixels, unconnected_gradients=tf.UnconnectedGradients.ZERO))


def plot_layer_gradients(gradients: LayerGradients, num_columns: int = 4) -> Any:
    """Draws, for each layer, the step that its loss asks for, and where.

    Shows: above, the change of color that lowers the loss of one layer fastest, around gray: red means more red. Below,
    how strongly each place is asked to change. The first layers compare color and fine strokes; those with higher
    numbers compare shapes in larger areas, and what they ask for is spread over so many pixels that it looks like fine
    noise. Each picture has its own contrast, with the strongest percent of its values cut; the title has the loss.

    Does not show: how the finished picture would look. A gradient is the first step of many, from this picture only,
    and the layers pull at the same pixels, so that the sum may look like none of them.

    Args:
        gradients: `LayerGradients`.
        num_columns: integer, layers in a row.

    Returns:
        `matplotlib.figure.Figure`.
    """
    count = len(gradients.layers)
    columns = min(num_columns, count)
    bands = -(-count // columns)
    height, width = gradients.image.shape[:2]
    figure = new_figure(2.3 * columns, bands * (2 * 2.3 * height / width + 0.55))
    all_axes = figure.subplots(2 * bands, columns, squeeze=False)
    for axes in all_axes.flat:
        axes.axis("off")
    for index, name in enumerate(gradients.layers):
        band, column = divmod(index, columns)
        title = f"{name}\nloss {gradients.losses[index]:.2f}, waves {gradients.wavelengths[index]:.0f} px"
        show_picture(all_axes[2 * band, column], signed_picture(-gradients.gradients[index]), title)
        strength = gradients.maps[index]
        limits = (0.0, float(np.percentile(strength, 99)))
        show_heat(all_axes[2 * band + 1, column], strength, picture=gradients.image, limits=limits)
    return figure

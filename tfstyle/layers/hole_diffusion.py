"""Smooth filling of holes from their edges."""

from typing import Any

import keras
from keras import ops

from tfstyle.tensors import Shape, Tensor

NUM_LEVELS = 5  # the coarsest pixels are 32 x 32
NUM_SPREADS = 4  # at the coarsest level, where whole pixels are unknown
EPSILON = 1e-6


@keras.saving.register_keras_serializable(package="tfstyle")
class HoleDiffusion(keras.layers.Layer):
    """Fills the holes of images with colors that diffuse in from their edges.

    An approximation of the membrane that spans each hole, the solution of Laplace's equation with the known pixels as
    boundary values. A pyramid of weighted means is built up to pixels of 32 x 32 ("pull"); on the way back, each level
    fills its holes with the enlarged level above ("push") and smooths them by `num_iterations` means of 3 x 3 pixels.
    It has no weights.

    Args:
        num_iterations: integer, at each level.

    Call arguments:
        images: float tensor of shape `(batch, height, width, channels)`.
        masks: float tensor of shape `(batch, height, width, 1)`: 1 in the holes, 0 elsewhere.

    Returns:
        float32 tensor of the shape of `images`, which it equals outside of the holes. Pixels of an image without known
        ones are 0.

    Reference:
        Gortler, Grzeszczuk, Szeliski, Cohen: The Lumigraph, 1996, section 3.4, the pull-push algorithm.
    """

    def __init__(self, num_iterations=6, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.num_iterations = num_iterations

    def build(self, images_shape, masks_shape) -> None:
        """Creates nothing; Keras learns the names of the shapes, for `compute_output_shape`."""

    def call(self, images, masks) -> Tensor:
        return self._filled(ops.cast(images, "float32"), 1.0 - ops.cast(masks, "float32"), NUM_LEVELS)

    def _filled(self, colors, known, level) -> Tensor:
        """Fills colors by their surroundings where `known`, float in [0, 1], is below 1."""
        if level:
            _, height, width, _ = ops.shape(colors)
            reduced, reduced_known = _weighted_mean(colors, known, size=2, strides=2)
            surroundings = self._filled(reduced, reduced_known, level - 1)
            surroundings = ops.repeat(ops.repeat(surroundings, 2, axis=1), 2, axis=2)[:, :height, :width]
        else:
            surroundings, weights = colors, known
            for _ in range(NUM_SPREADS):
                spread, spread_weights = _weighted_mean(surroundings, weights, size=3, strides=1)
                surroundings = weights * surroundings + (1.0 - weights) * spread
                weights = ops.maximum(weights, spread_weights)
        filled = known * colors + (1.0 - known) * surroundings
        for _ in range(self.num_iterations):
            smooth = ops.average_pool(filled, 3, 1, "same")
            filled = known * colors + (1.0 - known) * smooth
        return filled

    def compute_output_shape(self, images_shape, masks_shape) -> Shape:
        return images_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_iterations": self.num_iterations}


def _weighted_mean(colors, known, size, strides) -> tuple[Tensor, Tensor]:
    """Means of windows, weighted by `known`, and how well they are known: 1 from one known pixel on."""
    weights = ops.average_pool(known, size, strides, "same")
    means = ops.average_pool(known * colors, size, strides, "same") / ops.maximum(weights, EPSILON)
    return means, ops.minimum(size * size * weights, 1.0)

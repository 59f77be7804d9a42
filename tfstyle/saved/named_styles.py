"""The part of a bank of named styles that needs no TensorFlow: names, weights and checks."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfstyle.saved.arguments import check_images, check_variation, pairs_of, shares_of
from tfstyle.saved.style_names import current_name

IDENTITY = "identity"  # the first style of every bank, which returns the photograph


class NamedStyles:
    """Base class of loaded banks: `painter` and `style_weights`, and the checks of a call.

    Subclasses call `_read_styles(metadata)`, and implement `__call__(images, style_weights, stroke_size, seed)`.

    Attributes:
        metadata: dict, metadata of the SavedModel.
        style_names: tuple of strings; the first is "identity".
        stroke_sizes: tuple of floats, the learned stroke sizes; (1.0,) if there is only one.
    """

    metadata: dict[str, Any]

    def _read_styles(self, metadata):
        self.style_names = tuple(metadata["style_names"])
        self.stroke_sizes = tuple(metadata.get("stroke_sizes", (1.0,)))

    def style_weights(self, styles, strength=1.0) -> np.ndarray:
        """The style weights of a mixture of styles.

        Args:
            styles: mapping of style name -> positive weight; the weights are divided by their sum. Names of version
                0.1.0 are accepted.
            strength: float in [0, 1]; the identity gets the weight `1 - strength`.

        Returns:
            float32 array of shape `(1, num_styles)`.

        Raises:
            ValueError: if a name is unknown, no weight is positive, or `strength` is outside [0, 1].
        """
        pairs = [(current_name(name, self.style_names), weight) for name, weight in styles.items()]
        unknown = [name for name, _ in pairs if name not in self.style_names]
        if unknown:
            raise ValueError(f"Unknown style: {', '.join(unknown)}. The styles are: {', '.join(self.style_names)}.")
        if not 0.0 <= strength <= 1.0:
            raise ValueError(f"`strength` must lie in [0, 1]. Received: strength={strength}.")
        row = np.zeros((1, len(self.style_names)), np.float32)
        for (name, _), share in zip(pairs, shares_of(styles.values(), dict(styles)), strict=True):
            row[0, self.style_names.index(name)] += strength * share
        row[0, self.style_names.index(IDENTITY)] += 1.0 - strength
        return row

    def painter(self, styles, strength=1.0, stroke_size=1.0, seed=None) -> Callable[[Any], np.ndarray]:
        """Returns a function that stylizes images in a style, or in a mixture of styles.

        Args:
            styles: name of a style, mapping of names to positive weights, or list of `(name, weight)`.
            strength: float in [0, 1].
            stroke_size: as in a call.
            seed: as in a call; None for 0.

        Returns:
            Function of images that calls the bank with the style weights of this mixture.

        Raises:
            ValueError: if a style is not a name or is unknown, or a number is out of range.
        """
        row, seed = self._mixture(styles, strength, stroke_size, seed)
        return lambda images: self(images, row, stroke_size, seed)

    def tile_painter(self, styles, strength=1.0, stroke_size=1.0, seed=None) -> Callable[[Any, Any, Any], Any]:
        """The same for tiles: a function of the Keras model, images, and the row and column of their first pixel."""
        row, seed = self._mixture(styles, strength, stroke_size, seed)
        sizes, seeds = np.array([stroke_size], np.float32), np.array([seed], np.int32)
        return lambda network, images, corner: network(images, row, sizes, seeds, corner)

    def _mixture(self, styles, strength, stroke_size, seed):
        """Returns the style weights of a mixture and the seed, or raises a ValueError."""
        weights: dict[str, float] = {}
        for name, weight in pairs_of(styles):
            if not isinstance(name, str):
                raise ValueError(
                    f"The styles of {self.metadata['name']} have names. Received: {type(name).__name__}. "
                    f"The styles are: {', '.join(self.style_names)}."
                )
            weights[name] = weights.get(name, 0.0) + weight
        row = self.style_weights(weights, strength)
        seed = 0 if seed is None else seed
        check_variation(stroke_size, seed)
        return row, seed

    def _check_call(self, images, style_weights, stroke_size, seed):
        """Returns the images and the style weights as arrays, or raises a ValueError."""
        images = check_images("images", images)
        style_weights = np.atleast_2d(np.asarray(style_weights, np.float32))
        if style_weights.shape[-1] != len(self.style_names) or style_weights.shape[0] not in (1, len(images)):
            raise ValueError(
                f"`style_weights` must have the shape ({len(images)} or 1, {len(self.style_names)}). "
                f"Received: style_weights.shape={style_weights.shape}."
            )
        check_variation(stroke_size, seed)
        return images, style_weights

    def __call__(self, images, style_weights, stroke_size=1.0, seed=0) -> np.ndarray:
        raise NotImplementedError

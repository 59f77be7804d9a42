"""Style banks as SavedModels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.images import to_float, to_uint8
from tfstyle.models.style.style_bank import IDENTITY
from tfstyle.saved.archive import (
    PARITY_SIZES,
    ModuleArchive,
    check_rounded,
    computing_with,
    half_module,
    in_float32,
    write_archive,
)
from tfstyle.saved.arguments import check_images, check_variation, pairs_of, shares_of
from tfstyle.saved.loaded import LoadedModel
from tfstyle.saved.style_names import current_name


def export_style_bank(bank, folder, metadata=None, overwrite=False) -> None:
    """Exports a style bank as a SavedModel with float16 weights.

    Signatures:
        serving_default: images float32 `[batch, height, width, 3]` RGB in [0, 1] and style_weights float32
            `[batch or 1, num_styles]` -> images of the same kind, with the default stroke size.
        stylize_uint8: the same for uint8 images in 0 to 255, rounded.
        stylize: images and style_weights as in serving_default; stroke_sizes float32 `[batch or 1]`; seeds int32
            `[batch or 1]`, of the noise; corner int32 `[2]`, row and column of the first pixel if the images are
            tiles of a larger image, otherwise zeros -> images.

    Args:
        bank: `StyleBank`, in any precision. The SavedModel stores its weights as float16 and computes in float32.
        folder: path of the SavedModel, which is written atomically.
        metadata: dict stored beside the graph: name, license, ...
        overwrite: bool, whether to replace an existing SavedModel.

    Raises:
        ExportError: if the folder exists or cannot be written, or the outputs of the SavedModel differ from the model.
    """
    bank = in_float32(bank)
    half = half_module(bank)
    num_styles = len(bank.style_names)
    images = tf.TensorSpec((None, None, None, 3), tf.float32, name="images")
    images_uint8 = tf.TensorSpec((None, None, None, 3), tf.uint8, name="images")
    style_weights = tf.TensorSpec((None, num_styles), tf.float32, name="style_weights")
    stroke_sizes = tf.TensorSpec((None,), tf.float32, name="stroke_sizes")
    seeds = tf.TensorSpec((None,), tf.int32, name="seeds")
    corner = tf.TensorSpec((2,), tf.int32, name="corner")

    @tf.function(input_signature=[images, style_weights, stroke_sizes, seeds, corner])
    def stylize(images, style_weights, stroke_sizes, seeds, corner):
        with computing_with(bank, half):
            return {"images": bank(images, style_weights, stroke_sizes, seeds, corner, training=False)}

    @tf.function(input_signature=[images, style_weights])
    def stylize_simply(images, style_weights):
        return stylize(images, style_weights, tf.ones((1,)), tf.zeros((1,), tf.int32), tf.zeros((2,), tf.int32))

    @tf.function(input_signature=[images_uint8, style_weights])
    def stylize_uint8(images, style_weights):
        stylized = stylize_simply(tf.cast(images, tf.float32) / 255.0, style_weights)["images"]
        return {"images": tf.cast(tf.round(stylized * 255.0), tf.uint8)}

    signatures = {"serving_default": stylize_simply, "stylize": stylize, "stylize_uint8": stylize_uint8}
    metadata = {
        "name": Path(folder).name,
        "family": "style_bank",
        "task": "paint a photograph in the style of a painting",
        "image_size": "any",
        "input": "images [batch, height, width, 3] RGB in [0, 1]; style_weights [batch, num_styles]",
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "style_names": bank.style_names,
        "stroke_sizes": bank.learned_stroke_sizes,
        "has_noise": bank.has_noise,
        "class": type(bank).__name__,
        "config": {**bank.get_config(), "dtype": "float32"},
    }

    def check(loaded):
        weights = np.full((1, num_styles), 1 / num_styles, np.float32)
        for height, width in PARITY_SIZES:
            example = np.random.default_rng(0).random((2, height, width, 3), np.float32)
            check_rounded(loaded(example, weights), bank(example, weights, training=False), "style bank")

    write_archive(ModuleArchive(half, signatures), folder, metadata, check, overwrite)


class LoadedStyleBank(LoadedModel):
    """A style bank loaded from a SavedModel.

    Args:
        saved_model: return value of `tf.saved_model.load`.
        metadata: dict, metadata of the SavedModel.
        folder: path of the SavedModel, as in `LoadedModel`.

    Attributes:
        style_names: tuple of strings; the first is "identity".
        stroke_sizes: tuple of floats, the learned stroke sizes; (1.0,) if there is only one.

    Call arguments:
        images: float array `(batch, height, width, 3)` RGB in [0, 1], or uint8 in 0 to 255.
        style_weights: float array `(batch or 1, num_styles)`; rows that sum to 1, in the order of `style_names`.
        stroke_size: positive float, 1 for the default stroke size; clipped to the range of the learned sizes.
        seed: integer in `[0, 2**31)`; a different seed places the strokes differently. The same seed gives the same
            image on every machine.

    Returns:
        Array of the shape and kind of `images`: float32 in [0, 1], or uint8.

    Example:
        >>> bank = tfstyle.load("style_bank")
        >>> painted = bank(images, bank.style_weights({"hokusai_wave": 1.0}))
    """

    def __init__(self, saved_model, metadata, folder=None):
        super().__init__(saved_model, metadata, folder)
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
        return lambda images: self(images, row, stroke_size, seed)

    def __call__(self, images, style_weights, stroke_size=1.0, seed=0):
        images = check_images("images", images)
        style_weights = np.atleast_2d(np.asarray(style_weights, np.float32))
        if style_weights.shape[-1] != len(self.style_names) or style_weights.shape[0] not in (1, len(images)):
            raise ValueError(
                f"`style_weights` must have the shape ({len(images)} or 1, {len(self.style_names)}). "
                f"Received: style_weights.shape={style_weights.shape}."
            )
        check_variation(stroke_size, seed)
        images_and_weights = {"images": tf.constant(images), "style_weights": tf.constant(style_weights)}
        if (stroke_size, seed) == (1, 0) or "stylize" not in self._signatures:  # 0.1.0 has one size, no noise
            signature = "stylize_uint8" if images.dtype == np.uint8 else "serving_default"
            return self._signatures[signature](**images_and_weights)["images"].numpy()
        images_and_weights["images"] = tf.constant(to_float(images))
        stylized = self._signatures["stylize"](
            **images_and_weights,
            stroke_sizes=tf.constant([stroke_size], tf.float32),
            seeds=tf.constant([seed], tf.int32),
            corner=tf.zeros((2,), tf.int32),
        )["images"].numpy()
        return to_uint8(stylized) if images.dtype == np.uint8 else stylized

"""Style banks as SavedModels."""

from pathlib import Path

import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.images import to_float, to_uint8
from tfstyle.saved.archive import (
    PARITY_SIZES,
    ModuleArchive,
    check_rounded,
    computing_with,
    half_module,
    in_float32,
    write_archive,
)
from tfstyle.saved.lite import make_lite
from tfstyle.saved.loaded import LoadedModel
from tfstyle.saved.named_styles import NamedStyles


def export_style_bank(bank, folder, metadata=None, overwrite=False, lite=True) -> None:
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
        lite: bool, whether to write the bank also for LiteRT, with which `tfstyle stylize` starts in a fraction of the
            time. It takes seconds. A bank that cannot be converted is exported without, and a warning is logged.

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
        "canvas": bank.canvas,
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

    assets = make_lite(bank) if lite else {}
    write_archive(ModuleArchive(half, signatures), folder, metadata, check, overwrite, assets)


class LoadedStyleBank(NamedStyles, LoadedModel):
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
        >>> painted = bank(images, bank.style_weights({"hokusai_great_wave": 1.0}))
    """

    def __init__(self, saved_model, metadata, folder=None):
        super().__init__(saved_model, metadata, folder)
        self._read_styles(metadata)

    def __call__(self, images, style_weights, stroke_size=1.0, seed=0):
        images, style_weights = self._check_call(images, style_weights, stroke_size, seed)
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

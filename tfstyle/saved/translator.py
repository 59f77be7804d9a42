"""Networks for image-to-image translation as SavedModels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.images import from_signed, to_signed
from tfstyle.saved.archive import (
    PARITY_SIZES,
    ModuleArchive,
    check_rounded,
    computing_with,
    half_module,
    in_float32,
    portable_config,
    write_archive,
)
from tfstyle.saved.arguments import check_images
from tfstyle.saved.loaded import LoadedModel


def export_translator(translator, folder, metadata=None, overwrite=False) -> None:
    """Exports a generator of image-to-image translation as a SavedModel with float16 weights.

    Signatures:
        serving_default: images float32 `[batch, height, width, 3]`, RGB in [0, 1] -> images, of the same kind.
        translate_uint8: the same for uint8 images in [0, 255], rounded.

    Height and width are arbitrary: the network pads images by reflection to a multiple of its stride, and crops the
    outputs.

    Args:
        translator: `UNetGenerator` or `ResNetTranslator`, in any precision. The SavedModel stores its weights as
            float16 and computes in float32.
        folder: path of the SavedModel, which is written atomically.
        metadata: dict stored beside the graph: name, license, method, ...
        overwrite: bool, whether to replace an existing SavedModel.

    Raises:
        ExportError: if the folder exists or cannot be written, a weight is not finite in float16, or the images of the
            SavedModel differ from those of the translator.
    """
    full = in_float32(translator)
    half = half_module(full)

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, name="images")])
    def translate(images):
        with computing_with(full, half):
            return {"images": from_signed(full(to_signed(images), training=False))}

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8, name="images")])
    def translate_uint8(images):
        translated = translate(tf.cast(images, tf.float32) / 255.0)["images"]
        return {"images": tf.cast(tf.round(translated * 255.0), tf.uint8)}

    metadata = {
        "name": Path(folder).name,
        "family": full.family,
        "task": "translate an image into another domain",
        "image_size": "any",
        "input": "images [batch, height, width, 3] RGB in [0, 1]",
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "class": type(full).__name__,
        "config": portable_config(full),
    }

    def check(loaded):
        for height, width in PARITY_SIZES:
            example = np.random.default_rng(0).random((2, height, width, 3), np.float32)
            check_rounded(loaded(example), from_signed(full(to_signed(example), training=False)), "translator")

    signatures = {"serving_default": translate, "translate_uint8": translate_uint8}
    write_archive(ModuleArchive(half, signatures), folder, metadata, check, overwrite)


class LoadedTranslator(LoadedModel):
    """A network for image-to-image translation, loaded from a SavedModel.

    Args:
        saved_model: return value of `tf.saved_model.load`.
        metadata: dict, metadata of the SavedModel.
        folder: path of the SavedModel, as in `LoadedModel`.

    Call arguments:
        images: float array of shape `(batch, height, width, 3)`, RGB in [0, 1], or uint8 in [0, 255].

    Returns:
        Array of the shape and kind of `images`: float32 in [0, 1], or uint8.

    Example:

    ```python
    translator = tfstyle.load("runs/exported_translator")
    translated = translator(images)
    ```
    """

    def painter(self, styles=None, strength=1.0, stroke_size=1.0, seed=None) -> Callable[[Any], np.ndarray]:
        """Returns the translator as a function of images, for `tfstyle.stylize`.

        Args:
            styles: None; a translator has no styles to choose from.
            strength: float in [0, 1], the share of the translation in the result; the rest is the input.
            stroke_size: 1; a translator has no strokes to resize.
            seed: has no effect; a translator has no noise.

        Returns:
            Function of float images in [0, 1].

        Raises:
            ValueError: if a style or another `stroke_size` is given, or `strength` is outside [0, 1].
        """
        self._check_options(styles, strength, stroke_size)

        def paint(images):
            images = np.asarray(images, np.float32)
            return images + np.float32(strength) * (self(images) - images)

        return paint

    def tile_painter(self, styles=None, strength=1.0, stroke_size=1.0, seed=None) -> Callable[[Any, Any, Any], Any]:
        """The same for tiles: a function of the Keras model, images, and the row and column of their first pixel."""
        self._check_options(styles, strength, stroke_size)

        def paint(network, images, _):
            return images + strength * (from_signed(network(to_signed(images), training=False)) - images)

        return paint

    def _check_options(self, styles, strength, stroke_size):
        if styles is not None:
            raise ValueError(f"{self.metadata['name']} has no styles: pass None. Received: styles={styles!r}.")
        if stroke_size != 1:
            raise ValueError(
                f"{self.metadata['name']} has no strokes to resize: `stroke_size` must be 1. "
                f"Received: stroke_size={stroke_size}."
            )
        if not 0.0 <= strength <= 1.0:
            raise ValueError(f"`strength` must lie in [0, 1]. Received: strength={strength}.")

    def __call__(self, images):
        images = check_images("images", images)
        signature = "translate_uint8" if images.dtype == np.uint8 else "serving_default"
        return self._signatures[signature](images=tf.constant(images))["images"].numpy()

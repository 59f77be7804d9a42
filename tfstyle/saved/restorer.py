"""Networks that restore images as SavedModels: colorizers, upscalers and inpainters."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.images import from_signed, to_signed
from tfstyle.models.base_model import takes_several_inputs
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

HOLE = 0.5  # masks of at least this are holes


def export_restorer(restorer, folder, metadata=None, overwrite=False) -> None:
    """Exports a network that restores images as a SavedModel with float16 weights.

    Signatures, for any height and width:
        serving_default: images float32 `[batch, height, width, 3]`, RGB in [0, 1] -> images, float32 in [0, 1]. For an
            `Inpainter` also masks, float32 `[batch, height, width, 1]`: at least 0.5 in the holes. Other pixels are
            returned unchanged.
        colorize_uint8, upscale_uint8 or repair_uint8: the same for uint8 images in [0, 255], rounded, and uint8 masks,
            at least 128 in the holes.

    Args:
        restorer: `Colorizer`, `Upscaler` or `Inpainter`, in any precision. The SavedModel computes in float32.
        folder: path of the SavedModel, which is written atomically.
        metadata: dict stored beside the graph: name, license, ...
        overwrite: bool, whether to replace an existing SavedModel.

    Raises:
        ExportError: if the folder exists or cannot be written, a weight is not finite in float16, or the images of the
            SavedModel differ from those of the network.
    """
    from tfstyle.saved.registry import family_of_model  # knows all families, each of which needs its exporter

    full = in_float32(restorer)
    half = half_module(full)
    has_masks = takes_several_inputs(type(full))

    def restored(images, *masks):
        with computing_with(full, half):
            if not masks:
                return from_signed(full(to_signed(images)))
            holes = masks[0] >= HOLE
            filled = from_signed(full(to_signed(images), tf.cast(holes, tf.float32)))
            return tf.where(holes, filled, images)  # exactly the images elsewhere

    def signature(dtype):
        names = {"images": 3, "masks": 1} if has_masks else {"images": 3}
        return [tf.TensorSpec((None, None, None, size), dtype, name=name) for name, size in names.items()]

    @tf.function(input_signature=signature(tf.float32))
    def restore(*tensors):
        return {"images": restored(*tensors)}

    @tf.function(input_signature=signature(tf.uint8))
    def restore_uint8(*tensors):
        images = restore(*(tf.cast(tensor, tf.float32) / 255.0 for tensor in tensors))["images"]
        return {"images": tf.cast(tf.round(images * 255.0), tf.uint8)}

    metadata = {
        "name": Path(folder).name,
        "family": full.family,
        "task": family_of_model(full).use,
        "image_size": "any",
        "input": "images [batch, height, width, 3] RGB in [0, 1]"
        + (", masks [batch, height, width, 1], 1 in the holes" if has_masks else ""),
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "class": type(full).__name__,
        "config": portable_config(full),
    }

    def check(loaded):
        random = np.random.default_rng(0)
        for height, width in PARITY_SIZES:
            example = random.random((2, height, width, 3), np.float32)
            masks = [np.float32(random.random((2, height, width, 1)) < 0.3)] if has_masks else []
            check_rounded(loaded(example, *masks), from_signed(full(to_signed(example), *masks)), full.family)

    signatures = {"serving_default": restore, f"{full.verb}_uint8": restore_uint8}
    write_archive(ModuleArchive(half, signatures), folder, metadata, check, overwrite)


class LoadedRestorer(LoadedModel):
    """A network that restores images, loaded from a SavedModel.

    Args:
        saved_model: return value of `tf.saved_model.load`.
        metadata: dict, metadata of the SavedModel.
        folder: path of the SavedModel, as in `LoadedModel`.

    Call arguments:
        images: float array of shape `(batch, height, width, 3)`, RGB in [0, 1], or uint8 in [0, 255]. Of a colorizer,
            only their luminance is used.

    Returns:
        Array of the kind of `images`, float32 in [0, 1] or uint8. That of an upscaler is `scale` times as high and
        wide.

    Raises:
        ValueError: if `images` has another shape or range.

    Example:

    ```python
    upscaler = tfstyle.load("runs/exported_upscaler")
    large_images = upscaler(images)
    ```
    """

    def __call__(self, images):
        return self._restored(check_images("images", images))

    def _restored(self, images, **masks):
        of_integers = next(name for name in self._signatures if name.endswith("_uint8"))
        name = of_integers if images.dtype == np.uint8 else "serving_default"
        tensors = {key: tf.constant(array) for key, array in {"images": images, **masks}.items()}
        return self._signatures[name](**tensors)["images"].numpy()


class LoadedColorizer(LoadedRestorer):
    """A `Colorizer`, loaded from a SavedModel: `colorizer(images)`. See `LoadedRestorer`."""


class LoadedUpscaler(LoadedRestorer):
    """An `Upscaler`, loaded from a SavedModel: `upscaler(images)`. See `LoadedRestorer`.

    Attributes:
        scale: integer, output pixels per input pixel in each direction.
    """

    def __init__(self, saved_model, metadata, folder=None):
        super().__init__(saved_model, metadata, folder)
        self.scale = int(metadata["config"]["scale"])


class LoadedInpainter(LoadedRestorer):
    """An `Inpainter`, loaded from a SavedModel.

    The arguments are those of `LoadedRestorer`.

    Call arguments:
        images: float array of shape `(batch, height, width, 3)`, RGB in [0, 1], or uint8 in [0, 255].
        masks: array of shape `(batch, height, width)` or `(batch, height, width, 1)`: bool, true in the holes; float in
            [0, 1], at least 0.5 in the holes; or uint8, at least 128 in the holes.

    Returns:
        Array of the shape and kind of `images`, float32 or uint8; bit for bit the images outside of the holes.

    Raises:
        ValueError: if `images` or `masks` has another shape or range.
    """

    def __call__(self, images, masks):
        images, masks = check_images("images", images), check_masks(masks, np.shape(images))
        return self._restored(images, masks=np.uint8(255) * masks if images.dtype == np.uint8 else np.float32(masks))


def check_masks(masks: Any, images_shape: tuple[int, ...]) -> np.ndarray:
    """Converts masks to a bool array `(batch, height, width, 1)`, or raises a ValueError if they fit no images."""
    masks = np.asarray(masks)
    if masks.ndim == 3:
        masks = masks[..., None]
    if masks.shape != (*images_shape[:3], 1):
        raise ValueError(
            "`masks` must have the shape (batch, height, width) of the images. "
            f"Received: masks.shape={masks.shape}, images.shape={tuple(images_shape)}."
        )
    if masks.dtype == bool:
        return masks
    if masks.dtype == np.uint8:
        return masks >= 128
    if masks.dtype.kind != "f" or not (masks.min() >= 0 and masks.max() <= 1):
        raise ValueError(
            "`masks` must be bool, uint8 in 0 to 255, or float in [0, 1]. "
            f"Received: dtype={masks.dtype}, values from {masks.min()} to {masks.max()}."
        )
    return masks >= HOLE

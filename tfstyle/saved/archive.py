"""The common part of all exporters: float16 weights, verification of the SavedModel, and atomic writing.

The SavedModels can be loaded with `tf.saved_model.load` without tfstyle. `assets.extra/metadata.json` beside the graph
describes the model: its family, its configuration, and the names of its styles.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfstyle.artifacts import METADATA
from tfstyle.errors import TfstyleError

PARITY_SIZES = ((97, 131), (128, 64))
# Of images in [0, 1]. Rounding to float16 has a random relative error of up to 5e-4. With it, dense and convolutional
# generators trained on digits differed by at most 0.02 of an 8-bit level in the mean of 256 images, and by 1.4 levels
# in the worst pixel. A difference of a level in the mean, or a visible one in a pixel, means that the model does not
# tolerate the rounding, or that it is another network.
MEAN_IMAGE_TOLERANCE = 1 / 255
LARGEST_IMAGE_TOLERANCE = 4 / 255


class ExportError(TfstyleError, RuntimeError):
    """A SavedModel cannot be written, or its outputs differ from those of the model."""


def check_rounded(images, expected, model_name) -> None:
    """Raises an ExportError if the images of a SavedModel differ from those of the model with unrounded weights."""
    difference = np.abs(images - np.asarray(expected))
    mean, largest = float(np.mean(difference)), float(np.max(difference))
    if not (mean <= MEAN_IMAGE_TOLERANCE and largest <= LARGEST_IMAGE_TOLERANCE):
        raise ExportError(
            f"The SavedModel's images differ from the {model_name}'s by {mean:.2g} in the mean and up to "
            f"{largest:.2g}: its weights do not bear being rounded to float16."
        )


def half_module(model) -> tf.Module:
    """A `tf.Module` with a model's weights as float16.

    They are a list in the order of the model's weights: `load_pretrained` reads them by index.
    """
    half = tf.Module()
    half.weights = [tf.Variable(as_half(weight), trainable=False) for weight in model.weights]
    return half


def computing_with(model, half) -> keras.StatelessScope:
    """Context in which a model computes with the weights of `half_module`.

    They are cast at run time, which halves the size on disk and in memory. Casting the 3.5 million weights of VGG19 up
    to `block4_conv1` took 1 ms, and the network 290 ms for 256x256 pixels.
    """
    weights = zip(model.weights, half.weights, strict=True)
    return keras.StatelessScope([(weight, tf.cast(value, weight.dtype)) for weight, value in weights])


def as_half(weight) -> tf.Tensor:
    """The values of a weight as float16; raises an ExportError if one of them is not finite."""
    values = tf.convert_to_tensor(weight.value)
    if not values.dtype.is_floating:
        return values
    half = tf.cast(values, tf.float16)
    if not np.isfinite(half.numpy()).all():
        raise ExportError(
            f"The weight {weight.path} reaches {np.abs(values).max():.3g}, and float16 ends at 65504: the training "
            "diverged. Take an earlier checkpoint, or train with a lower learning rate."
        )
    return half


class ModuleArchive:
    """Counterpart of `keras.export.ExportArchive` for a module with its own variable names.

    Args:
        module: `tf.Module` that has all variables of the signatures.
        signatures: dict of name -> `tf.function` with an input signature.
    """

    def __init__(self, module, signatures):
        self.module, self.signatures = module, signatures

    def write_out(self, path, verbose=False) -> None:
        tf.saved_model.save(self.module, path, signatures=self.signatures)


def first_line(error) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def in_float32(model) -> Any:
    """The model itself if it computes in float32, otherwise a copy that does."""
    if model.dtype_policy.name == "float32":
        return model
    copy = type(model).from_config({**model.get_config(), "dtype": "float32"})
    copy.set_weights(model.get_weights())
    return copy


def portable_config(model) -> dict[str, Any]:
    """The config of a model for the metadata: in float32, and without the name, which Keras numbers per process."""
    config = {**model.get_config(), "dtype": "float32"}
    config.pop("name", None)
    return config


def write_archive(archive, folder, metadata, check, overwrite=False, assets=None) -> None:
    """Writes an archive and its metadata to a temporary folder, verifies it there, and moves it to its destination.

    Args:
        archive: `keras.export.ExportArchive` with all its endpoints, or a `ModuleArchive`.
        folder: path of the SavedModel. An existing model card is kept.
        metadata: dict that JSON can represent.
        check: function of the loaded SavedModel that raises an error if it is wrong.
        overwrite: bool, whether to replace an existing SavedModel.
        assets: dict of file name -> bytes, stored beside the metadata; or None.

    Raises:
        ExportError: if the folder exists and `overwrite` is False, or it cannot be written.
    """
    from tfstyle.saved.registry import load_saved_model  # knows all families, each of which needs this file

    folder = Path(folder)
    if (folder / "saved_model.pb").exists() and not overwrite:
        raise ExportError(
            f"{folder} already holds a SavedModel. Add --overwrite to replace it, or name another folder."
        )
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file; name a folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
            new = Path(temporary) / folder.name
            try:
                archive.write_out(str(new), verbose=False)
            except tf.errors.OpError as error:  # TensorFlow's error for a full disk
                raise OSError(None, first_line(error)) from error
            (new / "fingerprint.pb").unlink(missing_ok=True)  # differs between exports, and is never read
            file = new / METADATA
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(metadata, indent=2, ensure_ascii=False) + "\n")
            for name, content in (assets or {}).items():
                (file.parent / name).write_bytes(content)
            check(load_saved_model(new))
            folder.mkdir(exist_ok=True)
            # The old saved_model.pb is removed first and the new one moved last. A folder without it is not a
            # SavedModel, so that a partial one is never loaded.
            (folder / "saved_model.pb").unlink(missing_ok=True)
            for part in sorted(new.iterdir(), key=lambda part: part.name == "saved_model.pb"):
                target = folder / part.name
                if target.is_dir():
                    shutil.rmtree(target)
                os.replace(part, target)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written: {error.strerror or error}.") from error

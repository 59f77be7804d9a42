"""What the families share: weights as float16, the check of what was written, and the writing, whole or not at all.

A SavedModel written here loads with `tf.saved_model.load` alone, where tfstyle is not installed. Beside the graph lies
`assets.extra/metadata.json`: what it is, how it was built, and the names of its styles.
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
# Of images in [0, 1]. Weights rounded to float16 are off by up to 5e-4 of themselves, at random: generators trained on
# digits, dense and convolutional, were off by at most 0.02 of a level of 8 bits in the mean of 256 images and by 1.4 in
# the worst pixel. What is off by a level in the mean, or by more than the eye forgives in a pixel, is spoiled by the
# rounding, or another network.
MEAN_IMAGE_TOLERANCE = 1 / 255
LARGEST_IMAGE_TOLERANCE = 4 / 255


class ExportError(TfstyleError, RuntimeError):
    """A SavedModel could not be written, or does not compute what the model does."""


def check_rounded(images, expected, model_name) -> None:
    """Raises an ExportError where a SavedModel's images are not those of the model before its weights were rounded."""
    difference = np.abs(images - np.asarray(expected))
    mean, largest = float(np.mean(difference)), float(np.max(difference))
    if not (mean <= MEAN_IMAGE_TOLERANCE and largest <= LARGEST_IMAGE_TOLERANCE):
        raise ExportError(
            f"The SavedModel's images differ from the {model_name}'s by {mean:.2g} in the mean and up to "
            f"{largest:.2g}: its weights do not bear being rounded to float16."
        )


def half_module(model) -> tf.Module:
    """A `tf.Module` with a model's weights as float16.

    They are a list, in the order of the model's weights: `load_pretrained` reads them by their numbers.
    """
    half = tf.Module()
    half.weights = [tf.Variable(as_half(weight), trainable=False) for weight in model.weights]
    return half


def computing_with(model, half) -> keras.StatelessScope:
    """A context in which a model computes with the weights of `half_module`.

    They are cast at run time, so that what is on disk and in memory is half as large. The 3.5 million weights of VGG19
    up to `block4_conv1` took 1 ms to cast, where the network took 290 ms for 256x256 pixels.
    """
    weights = zip(model.weights, half.weights, strict=True)
    return keras.StatelessScope([(weight, tf.cast(value, weight.dtype)) for weight, value in weights])


def as_half(weight) -> tf.Tensor:
    """A weight's values as float16; raises an ExportError where one of them is not finite there."""
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
    """What `keras.export.ExportArchive` is to a Keras model, for a module with names of its own for its variables.

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
    """The model itself, or a copy that computes in float32 where the model does not."""
    if model.dtype_policy.name == "float32":
        return model
    copy = type(model).from_config({**model.get_config(), "dtype": "float32"})
    copy.set_weights(model.get_weights())
    return copy


def write_archive(archive, folder, metadata, check, overwrite=False) -> None:
    """Writes an archive and its metadata to a temporary folder, checks it there, and moves it into its place.

    Args:
        archive: `keras.export.ExportArchive` with all its endpoints, or a `ModuleArchive`.
        folder: path of the SavedModel. A model card that lies there already is kept.
        metadata: dict that JSON can hold.
        check: function of the `SavedModel` that was read back; raises where something is wrong.
        overwrite: bool.

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
            except tf.errors.OpError as error:  # TensorFlow's way to say that the disk is full
                raise OSError(None, first_line(error)) from error
            (new / "fingerprint.pb").unlink(
                missing_ok=True
            )  # differs from one export to the next, and nothing reads it
            file = new / METADATA
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(metadata, indent=2, ensure_ascii=False) + "\n")
            check(load_saved_model(new))
            folder.mkdir(exist_ok=True)
            # The old saved_model.pb goes first and the new one comes last: a folder without it is no SavedModel, so
            # that a half-moved one is never loaded.
            (folder / "saved_model.pb").unlink(missing_ok=True)
            for part in sorted(new.iterdir(), key=lambda part: part.name == "saved_model.pb"):
                target = folder / part.name
                if target.is_dir():
                    shutil.rmtree(target)
                os.replace(part, target)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written: {error.strerror or error}.") from error

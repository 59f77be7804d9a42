"""SavedModels: out of the trained networks, and into any program.

A SavedModel written here loads with `tf.saved_model.load` alone, where tfstyle is not installed. Beside the graph lies
`assets.extra/metadata.json`: what it is, how it was built, and the names of its styles.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.artifacts import METADATA, ArtifactError, read_metadata
from tfstyle.models.channel_normalization import normalize_channels
from tfstyle.models.light_extractor import LightStyleExtractor
from tfstyle.models.style_bank import IDENTITY, StyleBank
from tfstyle.models.vgg19_extractor import VGG19StyleExtractor

PARITY_SIZES = ((97, 131), (128, 64))
PARITY_TOLERANCE = 1e-4  # of values in [0, 1]; a level of 8 bits is 4e-3
HALF_TOLERANCE = 2e-3  # of features with weights rounded to float16, relative


class ExportError(RuntimeError):
    """A SavedModel could not be written, or does not compute what the model does."""


def export_style_bank(bank, folder, metadata=None, overwrite=False):
    """Writes a style bank as a SavedModel.

    Signatures:
        serving_default: images float32 `[batch, height, width, 3]` RGB in [0, 1] and style_weights float32
            `[batch or 1, num_styles]` -> images, of the same kind.
        stylize_uint8: the same for uint8 images in 0 to 255, rounded.

    Args:
        bank: `StyleBank`, in any precision; the SavedModel computes in float32.
        folder: path; appears whole or not at all.
        metadata: dict to keep beside the graph: name, license, ...
        overwrite: bool, replace a SavedModel that is there.

    Raises:
        ExportError: if the folder exists, cannot be written, or the SavedModel's results differ from the model's.
    """
    bank = in_float32(bank)
    num_styles = len(bank.style_names)
    images = tf.TensorSpec((None, None, None, 3), tf.float32, name="images")
    images_uint8 = tf.TensorSpec((None, None, None, 3), tf.uint8, name="images")
    style_weights = tf.TensorSpec((None, num_styles), tf.float32, name="style_weights")

    def stylize(images, style_weights):
        return {"images": bank(images, style_weights, training=False)}

    def stylize_uint8(images, style_weights):
        stylized = bank(tf.cast(images, tf.float32) / 255.0, style_weights, training=False)
        return {"images": tf.cast(tf.round(stylized * 255.0), tf.uint8)}

    archive = keras.export.ExportArchive()
    # In the order of the model, for `from_pretrained`. `archive.track` would write each of them a second time.
    archive.variables.extend(variable.value for variable in bank.variables)
    archive.add_endpoint("serving_default", stylize, input_signature=[images, style_weights])
    archive.add_endpoint("stylize_uint8", stylize_uint8, input_signature=[images_uint8, style_weights])
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
        "config": {**bank.get_config(), "dtype": "float32"},
    }

    def check(loaded):
        weights = np.full((1, num_styles), 1 / num_styles, np.float32)
        for height, width in PARITY_SIZES:
            example = np.random.default_rng(0).random((2, height, width, 3), np.float32)
            expected = bank(example, weights, training=False).numpy()
            difference = np.abs(loaded(example, weights) - expected).max()
            if difference > PARITY_TOLERANCE:
                raise ExportError(
                    f"The SavedModel's images differ from the model's by up to {difference:.2g} at {height}x{width}."
                )

    write_archive(archive, folder, metadata, check, overwrite)


def export_extractor(extractor, folder, metadata=None, overwrite=False):
    """Writes a perceptual network as a SavedModel, with weights that take two bytes each.

    Signature:
        serving_default: images float32 `[batch, height, width, 3]` RGB in [0, 1] -> dict of layer name -> float32
            features `[batch, height / stride, width / stride, channels]`, for each of the extractor's `layer_names`.

    Args:
        extractor: `VGG19StyleExtractor` or `LightStyleExtractor`, in any precision. The SavedModel keeps its weights as
            float16 and computes in float32.
        folder: path; appears whole or not at all.
        metadata: dict to keep beside the graph: name, license, ...
        overwrite: bool, replace a SavedModel that is there.

    Raises:
        ExportError: if the folder exists, cannot be written, or the SavedModel's features differ from the extractor's
            by more than 0.2 %.
    """
    config = {**extractor.get_config(), "dtype": "float32", "trainable": False}
    full = type(extractor).from_config(config)
    full.set_weights(extractor.get_weights())
    half = tf.Module()
    half.weights = {
        layer.name: {
            weight.name: tf.Variable(tf.cast(weight.value, tf.float16), trainable=False) for weight in layer.weights
        }
        for layer in full.convolutions
    }

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, name="images")])
    def extract(images):
        # Cast at run time: what is on disk and in memory is half as large.
        weights = [
            tf.cast(half.weights[layer.name][weight.name], tf.float32)
            for layer in full.convolutions
            for weight in layer.weights
        ]
        features, _ = full.stateless_call([], weights, images)
        return features

    metadata = {
        "name": Path(folder).name,
        "family": extractor.family,
        "task": "features of images, for perceptual losses",
        "image_size": "any",
        "input": "images [batch, height, width, 3] RGB in [0, 1]",
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "layer_names": extractor.layer_names,
        "config": config,
    }

    def check(loaded):
        for height, width in PARITY_SIZES:
            example = np.random.default_rng(0).random((2, height, width, 3), np.float32)
            expected = full(example)
            for name, features in loaded(example).items():
                difference = np.linalg.norm(features - expected[name]) / np.linalg.norm(expected[name])
                if not difference < HALF_TOLERANCE:
                    raise ExportError(
                        f"The SavedModel's features {name} differ from the model's by {difference:.2%} "
                        f"at {height}x{width}."
                    )

    write_archive(ModuleArchive(half, {"serving_default": extract}), folder, metadata, check, overwrite)


class ModuleArchive:
    """What `keras.export.ExportArchive` is to a Keras model, for a module with names of its own for its variables.

    Args:
        module: `tf.Module` that has all variables of the signatures.
        signatures: dict of name -> `tf.function` with an input signature.
    """

    def __init__(self, module, signatures):
        self.module, self.signatures = module, signatures

    def write_out(self, path, verbose=False):
        tf.saved_model.save(self.module, path, signatures=self.signatures)


def export_run(run_directory, folder, metadata=None, overwrite=False):
    """Writes the averaged weights of a training's newest checkpoint as a SavedModel.

    Args:
        run_directory: path of a training's folder, finished or not.
        folder: path of the SavedModel.
        metadata: dict to keep beside the graph.
        overwrite: bool, replace a SavedModel that is there.

    Raises:
        ExportError: if the folder holds no training with a checkpoint, or the SavedModel cannot be written.
    """
    run_directory = Path(run_directory)
    try:
        description = json.loads((run_directory / "model.json").read_text())
        model_class, export = EXPORTERS[description["family"]]
    except (OSError, ValueError, KeyError) as error:
        raise ExportError(
            f"{run_directory} is not the folder of a training: no model.json that can be read."
        ) from error
    checkpoint = tf.train.latest_checkpoint(str(run_directory / "checkpoints"))
    if checkpoint is None:
        raise ExportError(f"{run_directory} has no checkpoint yet. Let the training run on.")
    model = model_class.from_config({**description["config"], "dtype": "float32"})
    reader = tf.train.load_checkpoint(checkpoint)
    averaged = [variable for variable in model.variables if "float" in variable.dtype]  # as in MovingAverage
    for index, variable in enumerate(averaged):
        variable.assign(reader.get_tensor(f"average/{index}/.ATTRIBUTES/VARIABLE_VALUE"))
    steps = int(reader.get_tensor("step/.ATTRIBUTES/VARIABLE_VALUE"))
    if (run_directory / NORMALIZATION_IMAGES).exists():
        with np.load(run_directory / NORMALIZATION_IMAGES) as arrays:
            normalize_channels(model, arrays["images"])
        model = with_all_layers(model)
    export(model, folder, {**(metadata or {}), "trained_steps": steps}, overwrite)


EXPORTERS = {
    "style_bank": (StyleBank, export_style_bank),
    "vgg19_style_extractor": (VGG19StyleExtractor, export_extractor),
    "light_style_extractor": (LightStyleExtractor, export_extractor),
}
# The run of an extractor has some of its training images, to scale channels by (see `tfstyle.training.perceptual`).
NORMALIZATION_IMAGES = "normalization_images.npz"


def with_all_layers(extractor):
    """A copy that returns every layer up to the deepest."""
    copy = type(extractor).from_config({**extractor.get_config(), "layer_names": extractor.needed_layer_names})
    copy.set_weights(extractor.get_weights())
    return copy


def in_float32(model):
    """The model itself, or a copy that computes in float32 where the model does not."""
    if model.dtype_policy.name == "float32":
        return model
    copy = type(model).from_config({**model.get_config(), "dtype": "float32"})
    copy.set_weights(model.get_weights())
    return copy


def write_archive(archive, folder, metadata, check, overwrite=False):
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
            archive.write_out(str(new), verbose=False)
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


class LoadedStyleBank:
    """A style bank read from a SavedModel.

    Args:
        saved_model: what `tf.saved_model.load` returned.
        metadata: dict, of the SavedModel.

    Call arguments:
        images: float array `(batch, height, width, 3)` RGB in [0, 1], or uint8 in 0 to 255.
        style_weights: float array `(batch or 1, num_styles)`; rows that sum to 1, in the order of `style_names`.

    Returns:
        Array of the shape and kind of `images`: float32 in [0, 1], or uint8.

    Example:
        >>> bank = tfstyle.load("style_bank")
        >>> painted = bank(images, bank.style_weights({"hokusai_wave": 1.0}))
    """

    def __init__(self, saved_model, metadata):
        self._saved_model = saved_model  # the signatures do not keep their variables alive
        self._signatures = saved_model.signatures
        self.metadata = metadata
        self.style_names = tuple(metadata["style_names"])

    def style_weights(self, styles, strength=1.0):
        """A row of weights for a mixture of styles.

        Args:
            styles: mapping of style name -> positive weight; the weights are divided by their sum.
            strength: float in [0, 1]; what is missing to 1 goes to the identity.

        Returns:
            float32 array of shape `(1, num_styles)`.

        Raises:
            ValueError: if a name is unknown, no weight is positive, or `strength` is outside [0, 1].
        """
        unknown = [name for name in styles if name not in self.style_names]
        if unknown:
            raise ValueError(f"Unknown style: {', '.join(unknown)}. The styles are: {', '.join(self.style_names)}.")
        if not 0.0 <= strength <= 1.0:
            raise ValueError(f"`strength` must lie in [0, 1]. Received: strength={strength}.")
        total = sum(styles.values())
        if not (np.isfinite(total) and total > 0 and min(styles.values()) >= 0):
            raise ValueError(f"The weights of styles must be positive numbers. Received: {dict(styles)}.")
        row = np.zeros((1, len(self.style_names)), np.float32)
        for name, weight in styles.items():
            row[0, self.style_names.index(name)] += strength * weight / total
        row[0, self.style_names.index(IDENTITY)] += 1.0 - strength
        return row

    def __call__(self, images, style_weights):
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[-1] != 3 or not images.size:
            raise ValueError(
                f"`images` must have the shape (batch, height, width, 3). Received: images.shape={images.shape}."
            )
        if images.dtype != np.uint8 and images.dtype.kind != "f":
            raise ValueError(
                f"`images` must be uint8 in 0 to 255, or float in [0, 1]. Received: images.dtype={images.dtype}."
            )
        style_weights = np.atleast_2d(np.asarray(style_weights, np.float32))
        if style_weights.shape[-1] != len(self.style_names) or style_weights.shape[0] not in (1, len(images)):
            raise ValueError(
                f"`style_weights` must have the shape ({len(images)} or 1, {len(self.style_names)}). "
                f"Received: style_weights.shape={style_weights.shape}."
            )
        signature = "stylize_uint8" if images.dtype == np.uint8 else "serving_default"
        if images.dtype != np.uint8:
            images = images.astype(np.float32)
        outputs = self._signatures[signature](images=tf.constant(images), style_weights=tf.constant(style_weights))
        return outputs["images"].numpy()


class LoadedExtractor:
    """A perceptual network read from a SavedModel.

    Args:
        saved_model: what `tf.saved_model.load` returned.
        metadata: dict, of the SavedModel.

    Call arguments:
        images: float array or tensor `(batch, height, width, 3)`, RGB in [0, 1].

    Returns:
        Dict of layer name -> float32 tensor of features; gradients flow through them to `images`.

    Example:
        >>> extractor = tfstyle.load("vgg19_style_extractor")
        >>> features = extractor(images)["block4_conv1"]
    """

    def __init__(self, saved_model, metadata):
        self._saved_model = saved_model  # the signatures do not keep their variables alive
        self.metadata = metadata
        self.layer_names = tuple(metadata["layer_names"])

    def __call__(self, images):
        images = tf.convert_to_tensor(images)
        if images.shape.rank != 4 or images.shape[-1] != 3 or not images.dtype.is_floating:
            raise ValueError(
                "`images` must be float in [0, 1], of shape (batch, height, width, 3). "
                f"Received: images.shape={images.shape}, images.dtype={images.dtype.name}."
            )
        features = self._saved_model.signatures["serving_default"](images=tf.cast(images, tf.float32))
        return {name: features[name] for name in self.layer_names}


LOADERS = {
    "style_bank": LoadedStyleBank,
    "vgg19_style_extractor": LoadedExtractor,
    "light_style_extractor": LoadedExtractor,
}


def load_saved_model(folder):
    """Reads a SavedModel of tfstyle.

    Args:
        folder: path of a folder with `saved_model.pb` and `assets.extra/metadata.json`.

    Returns:
        The object that its family calls for, such as `LoadedStyleBank`.

    Raises:
        ArtifactError: if the folder holds no SavedModel of tfstyle, or a broken one.
    """
    metadata = read_metadata(folder)
    family = metadata.get("family")
    if family not in LOADERS:
        raise ArtifactError(f"{folder} is of the family {family!r}; this version knows {', '.join(LOADERS)}.")
    try:
        saved_model = tf.saved_model.load(str(folder))
    except (tf.errors.OpError, LookupError, OSError, RuntimeError, ValueError) as error:
        raise ArtifactError(f"{folder} is a broken SavedModel: {str(error).splitlines()[0]}") from error
    return LOADERS[family](saved_model, metadata)

"""Perceptual networks as SavedModels."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.models.perceptual.layer_scale import normalize_layers
from tfstyle.saved.archive import PARITY_SIZES, ExportError, ModuleArchive, write_archive
from tfstyle.saved.arguments import check_range
from tfstyle.saved.loaded import LoadedModel

# The run directory of an extractor contains the factors of its channels and some training images (see
# `tfstyle.training.perceptual`).
NORMALIZATION = "normalization.npz"
HALF_TOLERANCE = 2e-3  # of features with weights rounded to float16, relative


def export_extractor(extractor, folder, metadata=None, overwrite=False) -> None:
    """Exports a perceptual network as a SavedModel with float16 weights.

    Signature:
        serving_default: images float32 `[batch, height, width, 3]` RGB in [0, 1] -> dict of layer name -> float32
            features `[batch, height / stride, width / stride, channels]`, for each of the extractor's `layer_names`.

    Args:
        extractor: `VGG19StyleExtractor` or `LightStyleExtractor`, in any precision. The SavedModel stores its weights
            as float16 and computes in float32.
        folder: path of the SavedModel, which is written atomically.
        metadata: dict stored beside the graph: name, license, ...
        overwrite: bool, whether to replace an existing SavedModel.

    Raises:
        ExportError: if the folder exists or cannot be written, or the features of the SavedModel differ from those of
            the extractor by more than 0.2 %.
    """
    config = {**extractor.get_config(), "dtype": "float32", "trainable": False}
    full = type(extractor).from_config(config)
    full.set_weights(extractor.get_weights())
    half = tf.Module()
    half.weights = {
        layer.name: {
            weight.name: tf.Variable(tf.cast(weight.value, tf.float16), trainable=False) for weight in layer.weights
        }
        for layer in full.weighted_layers
    }

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, name="images")])
    def extract(images):
        # Cast at run time, which halves the size on disk and in memory.
        weights = [
            tf.cast(half.weights[layer.name][weight.name], tf.float32)
            for layer in full.weighted_layers
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


def finish_run(extractor, run_directory) -> Any:
    """The extractor of a run for export: with normalized layers, and with all layers up to the deepest.

    Args:
        extractor: `PerceptualExtractor` with the weights of a checkpoint.
        run_directory: path.
    """
    if not (Path(run_directory) / NORMALIZATION).exists():
        return extractor
    with np.load(Path(run_directory) / NORMALIZATION) as arrays:
        extractor.divide_channels({name: 1.0 / arrays[name] for name in extractor.needed_layer_names})
        normalize_layers(extractor, arrays["images"])
    whole = type(extractor).from_config({**extractor.get_config(), "layer_names": extractor.needed_layer_names})
    whole.set_weights(extractor.get_weights())
    return whole


class LoadedExtractor(LoadedModel):
    """A perceptual network loaded from a SavedModel.

    Args:
        saved_model: return value of `tf.saved_model.load`.
        metadata: dict, metadata of the SavedModel.
        folder: path of the SavedModel, as in `LoadedModel`.

    Call arguments:
        images: float array or tensor `(batch, height, width, 3)`, RGB in [0, 1]. The range is checked only for arrays.

    Returns:
        Dict of layer name -> float32 tensor of features; gradients flow through them to `images`.

    Example:
        >>> extractor = tfstyle.load("vgg19_style_extractor")
        >>> features = extractor(images)["block4_conv1"]
    """

    def __init__(self, saved_model, metadata, folder=None):
        super().__init__(saved_model, metadata, folder)
        self.layer_names = tuple(metadata["layer_names"])

    def __call__(self, images) -> dict[str, tf.Tensor]:
        is_tensor = tf.is_tensor(images)  # pixels under optimization may leave the range temporarily
        images = tf.convert_to_tensor(images)
        if images.shape.rank != 4 or images.shape[-1] != 3 or not images.dtype.is_floating:
            raise ValueError(
                "`images` must be float in [0, 1], of shape (batch, height, width, 3). "
                f"Received: images.shape={images.shape}, images.dtype={images.dtype.name}."
            )
        if not is_tensor:
            check_range("images", images.numpy())
        features = self._signatures["serving_default"](images=tf.cast(images, tf.float32))
        return {name: features[name] for name in self.layer_names}

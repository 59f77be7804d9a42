"""Generators of GANs as SavedModels."""

from pathlib import Path

import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.images import from_signed
from tfstyle.saved.archive import (
    ExportError,
    ModuleArchive,
    check_rounded,
    computing_with,
    half_module,
    portable_config,
    write_archive,
)
from tfstyle.saved.loaded import LoadedModel

NUM_PARITY_IMAGES = 16


def export_generator(generator, folder, metadata=None, overwrite=False) -> None:
    """Exports a generator of a GAN as a SavedModel with float16 weights.

    Signature:
        serving_default: latents float32 `[batch, latent_dim]`, standard normal, and for a class-conditional generator
            labels int32 `[batch]` in `[0, num_classes)` -> images float32 `[batch, height, width, channels]` in [0, 1].

    Args:
        generator: built `DenseGenerator`, `ConvGenerator`, `ResNetGenerator` or another `Generator`, in any precision.
            The SavedModel stores its weights as float16 and computes in float32.
        folder: path of the SavedModel, which is written atomically.
        metadata: dict stored beside the graph: name, license, class_names, ...
        overwrite: bool, whether to replace an existing SavedModel.

    Raises:
        ExportError: if the folder exists or cannot be written, the number of names differs from the number of classes,
            a weight is not finite in float16, or the images of the SavedModel differ from those of the generator.
    """
    config = portable_config(generator)
    full = type(generator).from_config(config)
    full.set_weights(generator.get_weights())
    class_names = list((metadata or {}).get("class_names") or map(str, range(full.num_classes)))
    if len(class_names) != full.num_classes:
        raise ExportError(f"There are {len(class_names)} names for {full.num_classes} classes: {class_names}.")
    half = half_module(full)
    latents = tf.TensorSpec((None, full.latent_dim), tf.float32, name="latents")
    labels = tf.TensorSpec((None,), tf.int32, name="labels")

    @tf.function(input_signature=[latents, labels] if full.num_classes else [latents])
    def generate(latents, labels=None):
        with computing_with(full, half):
            return {"images": from_signed(full(latents, labels, training=False))}

    height, width, channels = full.image_shape
    metadata = {
        "name": Path(folder).name,
        "family": "generator",
        "task": f"make images of {height}x{width} pixels and {channels} channel{'s' * (channels > 1)} from noise",
        "image_size": [height, width],
        "input": f"latents [batch, {full.latent_dim}], standard normal"
        + (f"; labels [batch] in 0 to {full.num_classes - 1}" if full.num_classes else ""),
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "image_shape": full.image_shape,
        "latent_dim": full.latent_dim,
        "num_classes": full.num_classes,
        "class_names": class_names,
        "class": type(full).__name__,
        "config": config,
    }

    def check(loaded):
        # Two batch sizes, to detect a graph with a fixed one.
        for num_images in (NUM_PARITY_IMAGES, 1):
            example = loaded.draw_latents(num_images)
            labels = loaded.choose_labels(num_images)
            expected = from_signed(full(example, labels, training=False))
            check_rounded(loaded(example, labels), expected, "generator")

    write_archive(ModuleArchive(half, {"serving_default": generate}), folder, metadata, check, overwrite)


class LoadedLatentModel(LoadedModel):
    """A model loaded from a SavedModel that makes images from latent vectors.

    Attributes:
        image_shape: tuple `(height, width, channels)` of its images.
        latent_dim: integer, length of a latent vector.
    """

    def __init__(self, saved_model, metadata, folder=None):
        super().__init__(saved_model, metadata, folder)
        self.image_shape = tuple(metadata["image_shape"])
        self.latent_dim = metadata["latent_dim"]

    def draw_latents(self, num_latents, seed=0) -> np.ndarray:
        """The latent vectors of a seed: float32 array `(num_latents, latent_dim)`, standard normal."""
        return np.random.default_rng(seed).standard_normal((num_latents, self.latent_dim), np.float32)


class LoadedGenerator(LoadedLatentModel):
    """An image generator loaded from a SavedModel.

    Args:
        saved_model: return value of `tf.saved_model.load`.
        metadata: dict, metadata of the SavedModel.
        folder: path of the SavedModel, as in `LoadedModel`.

    Attributes:
        image_shape: tuple `(height, width, channels)` of its images.
        latent_dim: integer, length of a latent vector.
        num_classes: integer, number of labels; 0 without classes.
        class_names: tuple of strings, one per label; empty without classes.

    Call arguments:
        latents: float array or tensor `(batch, latent_dim)`, standard normal.
        labels: integer array or tensor `(batch,)` in `[0, num_classes)`; None without classes.

    Returns:
        float32 tensor `(batch, height, width, channels)` in [0, 1]; gradients flow through it to `latents`.

    Example:
        >>> generator = tfstyle.load("conditional_dcgan_mnist")
        >>> generator.generate(16, seed=1, labels=7).shape
        (16, 28, 28, 1)
    """

    def __init__(self, saved_model, metadata, folder=None):
        super().__init__(saved_model, metadata, folder)
        self.num_classes = metadata["num_classes"]
        self.class_names = tuple(metadata.get("class_names") or (str(label) for label in range(self.num_classes)))

    def __call__(self, latents, labels=None) -> tf.Tensor:
        latents = tf.convert_to_tensor(latents)
        if latents.shape.rank != 2 or latents.shape[-1] != self.latent_dim or not latents.dtype.is_floating:
            raise ValueError(
                f"`latents` must be float, of shape (batch, {self.latent_dim}). "
                f"Received: latents.shape={latents.shape}, latents.dtype={latents.dtype.name}."
            )
        inputs = {"latents": tf.cast(latents, tf.float32)}
        if self.num_classes or labels is not None:
            inputs["labels"] = tf.constant(self.check_labels(labels, len(latents)))
        return self._signatures["serving_default"](**inputs)["images"]

    def generate(self, num_images, seed=0, labels=None, batch_size=64) -> np.ndarray:
        """Generates images from random latent vectors.

        Args:
            num_images: integer.
            seed: integer. The first images of a seed are the same for any number of images and any batch size.
            labels: integer for all images, or a sequence with one label per image; None to cycle through the classes.
            batch_size: integer, number of images generated at once; larger batches need more memory.

        Returns:
            float32 array `(num_images, height, width, channels)` in [0, 1].

        Raises:
            ValueError: if a number is not positive, or labels are not those of the generator.
        """
        for name, value in {"num_images": num_images, "batch_size": batch_size}.items():
            if isinstance(value, bool) or value != int(value) or value < 1:
                raise ValueError(f"`{name}` must be a whole number, at least 1. Received: {name}={value}.")
        labels = self.choose_labels(num_images, labels)
        latents = self.draw_latents(num_images, seed)
        batches = []
        for start in range(0, num_images, batch_size):
            rows = slice(start, start + batch_size)
            batches.append(self(latents[rows], None if labels is None else labels[rows]).numpy())
        return np.concatenate(batches)

    def choose_labels(self, num_images, labels=None) -> np.ndarray | None:
        """The labels of `generate`: int32 array `(num_images,)`, or None for a generator without classes.

        Raises:
            ValueError: if labels are not those of the generator.
        """
        if labels is None:
            return np.arange(num_images, dtype=np.int32) % self.num_classes if self.num_classes else None
        return self.check_labels(np.full(num_images, labels) if np.ndim(labels) == 0 else labels, num_images)

    def check_labels(self, labels, num_labels) -> np.ndarray:
        """Converts labels to an int32 array; raises a ValueError if the generator does not have them."""
        if not self.num_classes:
            raise ValueError("This generator has no classes: pass no `labels`.")
        values = np.asarray(-1 if labels is None else labels)
        if values.dtype.kind not in "iu" or values.shape != (num_labels,):
            raise ValueError(
                f"`labels` must be integers of shape ({num_labels},), one an image. "
                f"Received: labels{'=None' if labels is None else f'.shape={values.shape}, dtype={values.dtype}'}."
            )
        wrong = values[(values < 0) | (values >= self.num_classes)]
        if len(wrong):
            raise ValueError(f"`labels` must lie in 0 to {self.num_classes - 1}. Received: {wrong[0]}.")
        return values.astype(np.int32)

"""Generators of images from words as SavedModels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.images import from_signed
from tfstyle.saved.archive import (
    ModuleArchive,
    check_rounded,
    computing_with,
    half_module,
    portable_config,
    write_archive,
)
from tfstyle.saved.generator import LoadedLatentModel
from tfstyle.vocabulary import SEPARATORS, Vocabulary, VocabularyError

EXAMPLE_CAPTIONS = 3


def export_text_generator(generator, folder, metadata=None, overwrite=False) -> None:
    """Exports a generator of images from captions as a SavedModel with float16 weights and its vocabulary.

    Signature:
        serving_default: captions string `[batch]` and latents float32 `[batch, latent_dim]`, standard normal -> images
            float32 `[batch, height, width, channels]` in [0, 1]. A caption with an unknown word, none, or too many is
            an error.

    Args:
        generator: built `TextConditionalGenerator`, in any precision. The SavedModel stores its weights as float16 and
            computes in float32.
        folder: path of the SavedModel, which is written atomically.
        metadata: dict stored beside the graph: name, license, ...
        overwrite: bool, whether to replace an existing SavedModel.

    Raises:
        ExportError: if the folder exists or cannot be written, a weight is not finite in float16, or the images of the
            SavedModel differ from those of the generator.
    """
    config = portable_config(generator)
    full = type(generator).from_config(config)
    full.set_weights(generator.get_weights())
    half = half_module(full)
    half.table = word_table(full.vocabulary)
    captions = tf.TensorSpec((None,), tf.string, name="captions")
    latents = tf.TensorSpec((None, full.latent_dim), tf.float32, name="latents")

    @tf.function(input_signature=[captions, latents])
    def generate(captions, latents):
        tokens = tokens_of(captions, half.table, full.num_words)
        with computing_with(full, half):
            return {"images": from_signed(full(latents, tokens, training=False))}

    height, width, channels = full.image_shape
    metadata = {
        "name": Path(folder).name,
        "family": "text_generator",
        "task": f"make images of {height}x{width} pixels and {channels} channel{'s' * (channels > 1)} from words",
        "image_size": [height, width],
        "input": f"captions [batch] of up to {full.num_words} words out of {len(full.vocabulary)}; "
        f"latents [batch, {full.latent_dim}], standard normal",
        "license": "Apache-2.0",
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "image_shape": full.image_shape,
        "latent_dim": full.latent_dim,
        "class": type(full).__name__,
        "config": config,
    }
    vocabulary = Vocabulary(full.vocabulary)

    def check(loaded):
        # Two batch sizes, to detect a graph with a fixed one. Captions of each length, of all words in turn.
        for num_images in (EXAMPLE_CAPTIONS, 1):
            words = np.resize(np.array(full.vocabulary), (num_images, full.num_words))
            captions = [" ".join(row[: 1 + index]) for index, row in enumerate(words)]
            latents = loaded.draw_latents(num_images)
            expected = full(latents, vocabulary.encode(captions, full.num_words), training=False)
            check_rounded(loaded(captions, latents), from_signed(expected), "generator")

    write_archive(ModuleArchive(half, {"serving_default": generate}), folder, metadata, check, overwrite)


def word_table(words: Sequence[str]) -> tf.lookup.StaticHashTable:
    """Table of word -> number, from 1; -1 for an unknown word."""
    numbers = tf.range(1, len(words) + 1, dtype=tf.int32)
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(list(words), numbers), -1)


def tokens_of(captions: tf.Tensor, table: tf.lookup.StaticHashTable, num_words: int) -> tf.Tensor:
    """The numbers of the words of captions, as `Vocabulary.encode`, as operations of a graph.

    Args:
        captions: string tensor of shape `(batch,)`.
        table: return value of `word_table`.
        num_words: integer, largest number of words of a caption.

    Returns:
        int32 tensor of shape `(batch, num_words)`, 0 after the last word.
    """
    spaced = tf.strings.regex_replace(tf.strings.lower(captions, encoding="utf-8"), SEPARATORS, " ")
    words = tf.strings.split(tf.strings.strip(spaced))
    tokens = tf.ragged.map_flat_values(table.lookup, words)
    lengths = words.row_lengths()
    checks = [
        tf.debugging.assert_greater(tokens.flat_values, 0, "Captions have a word that the model does not know."),
        tf.debugging.assert_greater(lengths, tf.constant(0, tf.int64), "A caption has no words."),
        tf.debugging.assert_less_equal(lengths, tf.constant(num_words, tf.int64), "A caption has too many words."),
    ]
    with tf.control_dependencies([check for check in checks if check is not None]):
        return tf.ensure_shape(tokens.to_tensor(shape=(None, num_words)), (None, num_words))


class LoadedTextGenerator(LoadedLatentModel):
    """A generator of images from words, loaded from a SavedModel.

    Args:
        saved_model: return value of `tf.saved_model.load`.
        metadata: dict, metadata of the SavedModel.
        folder: path of the SavedModel, as in `LoadedModel`.

    Attributes:
        image_shape: tuple `(height, width, channels)` of its images.
        latent_dim: integer, length of a latent vector.
        num_classes: 0: it has captions instead.
        num_words: integer, largest number of words of a caption.
        vocabulary: `Vocabulary`, the words that it knows.

    Call arguments:
        captions: a string, or a sequence of strings.
        latents: float array or tensor `(batch, latent_dim)`, standard normal; None for those of seed 0.

    Returns:
        float32 tensor `(batch, height, width, channels)` in [0, 1].

    Raises:
        VocabularyError: if a caption has an unknown word, none, or too many. The message lists near words.

    Example:
        ```python
        generator = tfstyle.load("runs/shapes_model")
        images = generator(["a large green star above a yellow ring", "two small red rings left of a blue cross"])
        ```
    """

    num_classes = 0

    def __init__(self, saved_model, metadata, folder=None):
        super().__init__(saved_model, metadata, folder)
        self.num_words = metadata["config"]["num_words"]
        self.vocabulary = Vocabulary(metadata["config"]["vocabulary"])

    def __call__(self, captions, latents=None) -> tf.Tensor:
        captions = self.check_captions(captions)
        latents = self.draw_latents(len(captions)) if latents is None else latents
        latents = tf.cast(tf.convert_to_tensor(latents), tf.float32)
        if latents.shape != (len(captions), self.latent_dim):
            raise ValueError(
                f"`latents` must have the shape ({len(captions)}, {self.latent_dim}), one vector a caption. "
                f"Received: latents.shape={latents.shape}."
            )
        return self._signatures["serving_default"](captions=tf.constant(captions), latents=latents)["images"]

    def check_captions(self, captions) -> list[str]:
        """Captions as a list; raises a `VocabularyError` if the generator cannot read them."""
        captions = [captions] if isinstance(captions, str) else list(captions)
        if not captions or not all(isinstance(caption, str) for caption in captions):
            raise VocabularyError(f"Captions must be strings, at least one. Received: {captions}.")
        self.vocabulary.encode(captions, self.num_words)
        return captions

"""SavedModels of networks for arbitrary style transfer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import tfstyle
from tfstyle.images import resize_longest_side, to_float, to_uint8
from tfstyle.saved.archive import (
    PARITY_SIZES,
    ExportError,
    ModuleArchive,
    check_rounded,
    computing_with,
    half_module,
    in_float32,
    portable_config,
    write_archive,
)
from tfstyle.saved.arguments import check_images, check_variation, pairs_of, shares_of
from tfstyle.saved.loaded import LoadedModel

VECTOR_TOLERANCE = 1e-2  # of style vectors, whose values are sums of many features or of their squares


def export_styler(styler, folder, metadata=None, overwrite=False, photographs=None, refine=None) -> None:
    """Exports a network for arbitrary style transfer as a SavedModel with float16 weights.

    Signatures:
        encode_style: style_images float32 `[batch, height, width, 3]` RGB in [0, 1] -> style_vectors float32
            `[batch, style_dim]`.
        refine_style, with `refine`: the same, refined on `photographs`, which takes seconds.
        serving_default: images float32 `[batch, height, width, 3]` RGB in [0, 1], style_vectors float32
            `[batch or 1, style_dim]` and strength float32 `[batch or 1]` in [0, 1] -> images, of the same kind.
        stylize_uint8: the same for uint8 images in 0 to 255, rounded.
        stylize, for stylers with noise: the inputs of serving_default, seeds int32 `[batch or 1]` and corner int32
            `[2]`, row and column of the first pixel if the images are tiles of a larger image -> images.
        vary_style, for stylers with a `noise_dim`: style_vectors float32 `[batch or 1, style_dim]` and noise float32
            `[batch, noise_dim]`, standard normal -> style_vectors `[batch, style_dim]`.

    Args:
        styler: `ArbitraryStyler`, in any precision. The SavedModel stores its weights as float16 and computes in
            float32.
        folder: path of the SavedModel, which is written atomically.
        metadata: dict stored beside the graph: name, license, ...
        overwrite: bool, whether to replace an existing SavedModel.
        photographs: uint8 array `(num_photographs, side, side, 3)`, RGB in 0 to 255, which become part of the
            SavedModel; or None. For a `SemanticStyler` only.
        refine: function of the styler, style images, their style vectors and photographs, all as float32 tensors, that
            returns refined style vectors: `tfstyle.transfer.refinement.refine_style`.
            It becomes part of the graph. None without photographs.

    Raises:
        ExportError: if only one of `photographs` and `refine` is given, the folder exists or cannot be written, a
            weight is not finite in float16, or the SavedModel's style vectors or images differ from the styler's.
    """
    if (photographs is None) != (refine is None):
        raise ExportError("Style vectors are refined by a function on photographs: pass both, or neither.")
    full = in_float32(styler)
    half = half_module(full)
    style_images = tf.TensorSpec((None, None, None, 3), tf.float32, name="style_images")
    images = tf.TensorSpec((None, None, None, 3), tf.float32, name="images")
    images_uint8 = tf.TensorSpec((None, None, None, 3), tf.uint8, name="images")
    style = [
        tf.TensorSpec((None, full.style_dim), tf.float32, name="style_vectors"),
        tf.TensorSpec((None,), tf.float32, name="strength"),
    ]

    @tf.function(input_signature=[style_images])
    def encode_style(style_images):
        with computing_with(full, half):
            return {"style_vectors": full.encode_style(style_images)}

    @tf.function(input_signature=[style_images])
    def refine_style(style_images):
        with computing_with(full, half):
            vectors = full.encode_style(style_images)
            return {"style_vectors": refine(full, style_images, vectors, tf.cast(half.photographs, tf.float32) / 255.0)}

    @tf.function(input_signature=[images, *style])
    def stylize(images, style_vectors, strength):
        with computing_with(full, half):
            return {"images": full(images, style_vectors, strength)}

    seeds = tf.TensorSpec((None,), tf.int32, name="seeds")
    corner = tf.TensorSpec((2,), tf.int32, name="corner")

    @tf.function(input_signature=[images, *style, seeds, corner])
    def stylize_with_noise(images, style_vectors, strength, seeds, corner):
        with computing_with(full, half):
            return {"images": full(images, style_vectors, strength, seeds, corner)}

    @tf.function(input_signature=[images_uint8, *style])
    def stylize_uint8(images, style_vectors, strength):
        stylized = stylize(tf.cast(images, tf.float32) / 255.0, style_vectors, strength)["images"]
        return {"images": tf.cast(tf.round(stylized * 255.0), tf.uint8)}

    vectors = tf.TensorSpec((None, full.style_dim), tf.float32, name="style_vectors")
    noise = tf.TensorSpec((None, full.noise_dim), tf.float32, name="noise")

    @tf.function(input_signature=[vectors, noise])
    def vary_style(style_vectors, noise):
        with computing_with(full, half):
            return {"style_vectors": full.vary_style(style_vectors, noise)}

    metadata = {
        "name": Path(folder).name,
        "family": full.family,
        "task": "paint a photograph like any painting",
        "image_size": "any",
        "input": "style_images [batch, height, width, 3] RGB in [0, 1] for encode_style; images of the same kind, "
        f"style_vectors [batch or 1, {full.style_dim}], strength [batch or 1] in [0, 1]",
        "license": "Apache-2.0",
        "canvas": full.canvas,
        **(metadata or {}),
        "tfstyle_version": tfstyle.__version__,
        "style_dim": full.style_dim,
        "noise_dim": full.noise_dim,
        "has_noise": full.has_noise,
        "class": type(full).__name__,
        "config": portable_config(full),
    }

    def check(loaded):
        random = np.random.default_rng(0)
        for size, style_size, num_images in zip(PARITY_SIZES, reversed(PARITY_SIZES), (3, 1), strict=True):
            style_images = random.random((num_images, *style_size, 3), np.float32)
            vectors = np.asarray(full.encode_style(style_images))
            loaded_vectors = loaded.encode_style(style_images, refine=False)
            difference = np.linalg.norm(loaded_vectors - vectors) / np.linalg.norm(vectors)
            if not difference < VECTOR_TOLERANCE:
                raise ExportError(f"The SavedModel's style vectors differ from the styler's by {difference:.2%}.")
            example = random.random((num_images, *size, 3), np.float32)
            strength = np.linspace(1.0, 0.0, num_images, dtype=np.float32)
            check_rounded(loaded(example, vectors, strength), full(example, vectors, strength), "styler")

    signatures = {"serving_default": stylize, "stylize_uint8": stylize_uint8, "encode_style": encode_style}
    if photographs is not None:
        half.photographs = tf.Variable(photographs, trainable=False)
        signatures["refine_style"] = refine_style
    if full.has_noise:
        signatures["stylize"] = stylize_with_noise
    if full.noise_dim:
        signatures["vary_style"] = vary_style
    write_archive(ModuleArchive(half, signatures), folder, metadata, check, overwrite)


class LoadedStyler(LoadedModel):
    """A network for arbitrary style transfer, loaded from a SavedModel.

    Args:
        saved_model: return value of `tf.saved_model.load`.
        metadata: dict, metadata of the SavedModel.
        folder: path of the SavedModel, as in `LoadedModel`.

    Attributes:
        style_dim: integer, length of a style vector.
        noise_dim: integer, length of the noise that varies a style; 0 for models without variations.

    Call arguments:
        images: float array `(batch, height, width, 3)` RGB in [0, 1], or uint8 in 0 to 255.
        style_vectors: float array `(batch or 1, style_dim)`, or `(style_dim,)` for all images, from `encode_style`.
        strength: float in [0, 1], or array `(batch or 1,)`.

    Returns:
        Array of the shape and kind of `images`: float32 in [0, 1], or uint8.

    Example:
        >>> styler = tfstyle.load("adain")
        >>> painted = styler(images, styler.encode_style(painting))
    """

    def __init__(self, saved_model, metadata, folder=None):
        super().__init__(saved_model, metadata, folder)
        self.style_dim = metadata["style_dim"]
        self.noise_dim = metadata.get("noise_dim", 0)

    @property
    def can_refine(self) -> bool:
        """Whether `encode_style` can refine style vectors, which takes seconds."""
        return "refine_style" in self._signatures or self.refines

    @property
    def refines(self) -> bool:
        """Whether `encode_style` refines style vectors by default, as the semantic styler of version 0.1.0 does."""
        return "glance_at_style" in self._signatures

    def encode_style(self, style_images, refine=None) -> np.ndarray:
        """Computes the style vectors of paintings.

        Args:
            style_images: uint8 array in 0 to 255 or float array in [0, 1]: one painting `(height, width, 3)`, a batch
                `(num_paintings, height, width, 3)`, or a list of paintings of any sizes. Paintings are not resized:
                those of more than 512 pixels have larger strokes than the training images.
            refine: bool, whether to refine the vectors on a few photographs, which takes seconds and matches the
                painting more closely; by default only a model that `refines` does.

        Returns:
            float32 array of shape `(num_paintings, style_dim)`.

        Raises:
            ValueError: if an array is not an image, or the model cannot refine.
        """
        refine = self.refines if refine is None else refine
        if refine and not self.can_refine:
            raise ValueError(f"{self.metadata['name']} cannot refine style vectors: it was exported without it.")
        if isinstance(style_images, list | tuple):
            batches = [np.asarray(image)[None] for image in style_images]
        else:
            style_images = np.asarray(style_images)
            batches = [style_images[None] if style_images.ndim == 3 else style_images]
        if not batches:
            raise ValueError("`style_images` must hold a painting at least. Received: an empty list.")
        if self.refines:
            signature = self._signatures["encode_style" if refine else "glance_at_style"]
        else:
            signature = self._signatures["refine_style" if refine else "encode_style"]
        vectors = []
        for batch in batches:
            batch = check_images("style_images", batch)
            batch = batch / np.float32(255) if batch.dtype == np.uint8 else batch
            vectors.append(signature(style_images=tf.constant(batch))["style_vectors"].numpy())
        return np.concatenate(vectors)

    def vary_style(self, style_vector, seed, num_variations=1, amount=1.0) -> np.ndarray:
        """Perturbs a style vector within the variation of a painting, so that the strokes differ.

        Args:
            style_vector: float array `(style_dim,)`.
            seed: integer; the same seed gives the same variations.
            num_variations: integer, at least 1.
            amount: float, at least 0: 1 is the variation within a painting, 0 is none.

        Returns:
            float32 array of shape `(num_variations, style_dim)`.

        Raises:
            ValueError: if the model has no variations.
        """
        if not self.noise_dim:
            raise ValueError(f"{self.metadata['name']} has no noise that varies a style.")
        noise = amount * np.random.default_rng(seed).standard_normal((num_variations, self.noise_dim))
        signature = self._signatures["vary_style"]
        vectors = signature(style_vectors=self._vector_of(style_vector)[None], noise=noise.astype(np.float32))
        return vectors["style_vectors"].numpy()

    def blend(self, styles, refine=None) -> np.ndarray:
        """The style vector of one style or of a blend: the weighted mean of style vectors.

        Args:
            styles: a painting, as `encode_style` takes one; a style vector `(style_dim,)`; or a list of
                `(painting or vector, weight)` with positive weights, which are divided by their sum.
            refine: as in `encode_style`, for paintings.

        Returns:
            float32 array of shape `(style_dim,)`.

        Raises:
            ValueError: if a style is neither painting nor vector, or the weights are not positive.
        """
        pairs = pairs_of(styles)
        weights = [weight for _, weight in pairs]
        shares = shares_of(weights, weights)
        return sum(share * self._vector_of(style, refine) for (style, _), share in zip(pairs, shares, strict=True))

    def _vector_of(self, style, refine=None):
        if isinstance(style, str | bytes) or hasattr(style, "__fspath__"):
            raise ValueError(
                "A style must be a painting or a style vector, as arrays. "
                f"Received: {style!r}. Pass tfstyle.load_image({str(style)!r})."
            )
        style = np.asarray(style)
        if style.ndim != 1:
            return self.encode_style(style, refine)[0]
        if style.shape != (self.style_dim,) or style.dtype.kind != "f" or not np.isfinite(style).all():
            raise ValueError(
                f"A style vector of {self.metadata['name']} holds {self.style_dim} finite floats. "
                f"Received: shape={style.shape}, dtype={style.dtype}."
            )
        return style.astype(np.float32)

    def painter(self, styles, strength=1.0, stroke_size=1.0, seed=None) -> Callable[[Any], np.ndarray]:
        """Returns a function that stylizes images in a style, or in a mixture of styles.

        Args:
            styles: as in `blend`.
            strength: float in [0, 1].
            stroke_size: positive float; a painting is resized by this factor before it is encoded.
            seed: integer, seed of the noise, or of a variation of the style for models with a `noise_dim`; None for 0,
                or for no variation.

        Returns:
            Function of images that calls the styler with the style vector of this mixture.

        Raises:
            ValueError: if a style is neither a painting nor a style vector, or a number is out of range.
        """
        strength = check_strength(strength, 1)
        vector = self.style_vector(styles, stroke_size, seed)
        seed = 0 if seed is None or self.noise_dim else seed
        return lambda images: self(images, vector, strength, seed)

    def tile_painter(self, styles, strength=1.0, stroke_size=1.0, seed=None) -> Callable[[Any, Any, Any], Any]:
        """The same for tiles: a function of the Keras model, images, and the row and column of their first pixel."""
        strength, vectors = check_strength(strength, 1), self.style_vector(styles, stroke_size, seed)[None]
        seeds = np.array([0 if seed is None else seed], np.int32)

        def paint(network, images, corner):
            noise = (seeds, corner) if network.has_noise else ()
            return network(images, vectors, strength, *noise)

        return paint

    def style_vector(self, styles, stroke_size=1.0, seed=None) -> np.ndarray:
        """The style vector of a style, or of a mixture of styles, with its strokes resized, and varied if it can be.

        Args:
            styles: as in `blend`.
            stroke_size: as in `painter`.
            seed: as in `painter`.

        Returns:
            float32 array of shape `(style_dim,)`.

        Raises:
            ValueError: as in `painter`.
        """
        vector = self.blend(styles if stroke_size == 1 else self._enlarge(styles, stroke_size))
        return self.vary_style(vector, seed)[0] if seed is not None and self.noise_dim else vector

    @staticmethod
    def _enlarge(styles, stroke_size):
        """Resizes the paintings among styles by a factor; the size of style embeddings is fixed."""
        check_variation(stroke_size, 0)
        pairs = styles if isinstance(styles, list | tuple) else [(styles, 1.0)]
        if any(np.ndim(style) != 3 for style, _ in pairs):
            raise ValueError("`stroke_size` is for paintings. A style embedding has the stroke size of its painting.")
        return [
            (resize_longest_side(style, max(1, round(stroke_size * max(np.shape(style)[:2])))), weight)
            for style, weight in pairs
        ]

    def __call__(self, images, style_vectors, strength=1.0, seed=0) -> np.ndarray:
        images = check_images("images", images)
        style_vectors = np.atleast_2d(np.asarray(style_vectors, np.float32))
        if style_vectors.shape not in ((len(images), self.style_dim), (1, self.style_dim)):
            raise ValueError(
                f"`style_vectors` must have the shape ({len(images)} or 1, {self.style_dim}). "
                f"Received: style_vectors.shape={style_vectors.shape}."
            )
        inputs = {
            "images": tf.constant(images),
            "style_vectors": tf.constant(style_vectors),
            "strength": tf.constant(check_strength(strength, len(images))),
        }
        check_variation(1.0, seed)
        if not seed:
            signature = "stylize_uint8" if images.dtype == np.uint8 else "serving_default"
            return self._signatures[signature](**inputs)["images"].numpy()
        if "stylize" not in self._signatures:
            raise ValueError(f"{self.metadata['name']} has no noise, which a seed would vary. Received: seed={seed}.")
        inputs["images"] = tf.constant(to_float(images))
        noise = {"seeds": tf.constant([seed], tf.int32), "corner": tf.zeros((2,), tf.int32)}
        stylized = self._signatures["stylize"](**inputs, **noise)["images"].numpy()
        return to_uint8(stylized) if images.dtype == np.uint8 else stylized


def check_strength(strength, num_images) -> np.ndarray:
    """Converts strength to a float32 array `(num_images or 1,)`, or raises a ValueError."""
    values = np.atleast_1d(np.asarray(strength, np.float32))
    if values.shape not in ((num_images,), (1,)):
        raise ValueError(
            f"`strength` must be a number, or one for each of {num_images} images. "
            f"Received: strength.shape={values.shape}."
        )
    if not (values.min() >= 0.0 and values.max() <= 1.0):
        raise ValueError(f"`strength` must lie in [0, 1]. Received: strength={strength}.")
    return values

"""SavedModels as objects that are called on arrays: what `tfstyle.load` returns."""

from collections.abc import Mapping
from numbers import Real

import numpy as np
import tensorflow as tf

from tfstyle.artifacts import ArtifactError, read_metadata
from tfstyle.models.style_bank import IDENTITY


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
        row = np.zeros((1, len(self.style_names)), np.float32)
        for name, share in zip(styles, shares_of(styles.values(), dict(styles)), strict=True):
            row[0, self.style_names.index(name)] += strength * share
        row[0, self.style_names.index(IDENTITY)] += 1.0 - strength
        return row

    def painter(self, styles, strength=1.0):
        """What paints in a style, or in a mixture of styles.

        Args:
            styles: name of a style, mapping of names to positive weights, or list of `(name, weight)`.
            strength: float in [0, 1].

        Returns:
            Function of images: what a call of the bank is with the weights of this mixture.

        Raises:
            ValueError: if a style is no name or an unknown one, or a number is out of its range.
        """
        weights: dict[str, float] = {}
        for name, weight in pairs_of(styles):
            if not isinstance(name, str):
                raise ValueError(
                    f"The styles of {self.metadata['name']} have names. Received: {type(name).__name__}. "
                    f"The styles are: {', '.join(self.style_names)}."
                )
            weights[name] = weights.get(name, 0.0) + weight
        row = self.style_weights(weights, strength)
        return lambda images: self(images, row)

    def __call__(self, images, style_weights):
        images = check_images("images", images)
        style_weights = np.atleast_2d(np.asarray(style_weights, np.float32))
        if style_weights.shape[-1] != len(self.style_names) or style_weights.shape[0] not in (1, len(images)):
            raise ValueError(
                f"`style_weights` must have the shape ({len(images)} or 1, {len(self.style_names)}). "
                f"Received: style_weights.shape={style_weights.shape}."
            )
        signature = "stylize_uint8" if images.dtype == np.uint8 else "serving_default"
        outputs = self._signatures[signature](images=tf.constant(images), style_weights=tf.constant(style_weights))
        return outputs["images"].numpy()


class LoadedStyler:
    """A network that paints like any painting, read from a SavedModel.

    Args:
        saved_model: what `tf.saved_model.load` returned.
        metadata: dict, of the SavedModel.

    Attributes:
        style_dim: integer, length of a style vector.
        noise_dim: integer, length of the noise that varies a style; 0 where there is none.

    Call arguments:
        images: float array `(batch, height, width, 3)` RGB in [0, 1], or uint8 in 0 to 255.
        style_vectors: float array `(batch or 1, style_dim)`, or `(style_dim,)` for all images, from `encode_style`.
        strength: float in [0, 1], or array `(batch or 1,)` of such: how much of the style is painted.

    Returns:
        Array of the shape and kind of `images`: float32 in [0, 1], or uint8.

    Example:
        >>> styler = tfstyle.load("runs/exported_styler")
        >>> painted = styler(images, styler.encode_style(painting))
    """

    def __init__(self, saved_model, metadata):
        self._saved_model = saved_model  # the signatures do not keep their variables alive
        self._signatures = saved_model.signatures
        self.metadata = metadata
        self.style_dim = metadata["style_dim"]
        self.noise_dim = metadata.get("noise_dim", 0)

    @property
    def tries_styles(self):
        """Whether it tries a style out before it gives its vector, which takes seconds."""
        return "glance_at_style" in self._signatures

    def encode_style(self, style_images, refine=True):
        """Style vectors of paintings.

        Args:
            style_images: uint8 array in 0 to 255 or float array in [0, 1]: one painting `(height, width, 3)`, a batch
                `(num_paintings, height, width, 3)`, or a list of paintings of any sizes. A painting is seen at the size
                it comes in: at more than 512 pixels its strokes are larger than those the networks were trained with.
            refine: bool, for a network that tries its styles out before it gives them: False takes milliseconds instead
                of seconds, where the vectors are only compared, say. It paints less like the painting.

        Returns:
            float32 array of shape `(num_paintings, style_dim)`.

        Raises:
            ValueError: if an array is no painting.
        """
        if isinstance(style_images, list | tuple):
            batches = [np.asarray(image)[None] for image in style_images]
        else:
            style_images = np.asarray(style_images)
            batches = [style_images[None] if style_images.ndim == 3 else style_images]
        if not batches:
            raise ValueError("`style_images` must hold a painting at least. Received: an empty list.")
        glances = self.tries_styles and not refine
        signature = self._signatures["glance_at_style" if glances else "encode_style"]
        vectors = []
        for batch in batches:
            batch = check_images("style_images", batch)
            batch = batch / np.float32(255) if batch.dtype == np.uint8 else batch
            vectors.append(signature(style_images=tf.constant(batch))["style_vectors"].numpy())
        return np.concatenate(vectors)

    def vary_style(self, style_vector, seed, num_variations=1, amount=1.0):
        """Vectors of one style, as from other parts of the painting: the strokes fall otherwise.

        Args:
            style_vector: float array `(style_dim,)`.
            seed: integer; the same one gives the same variations.
            num_variations: integer, at least 1.
            amount: float, at least 0: 1 varies as much as the parts of a painting do, 0 not at all.

        Returns:
            float32 array of shape `(num_variations, style_dim)`.

        Raises:
            ValueError: if the model has no noise.
        """
        if not self.noise_dim:
            raise ValueError(f"{self.metadata['name']} has no noise that varies a style.")
        noise = amount * np.random.default_rng(seed).standard_normal((num_variations, self.noise_dim))
        signature = self._signatures["vary_style"]
        vectors = signature(style_vectors=self._vector_of(style_vector)[None], noise=noise.astype(np.float32))
        return vectors["style_vectors"].numpy()

    def blend(self, styles):
        """The vector of a style, or of a mixture of styles: the weighted mean of their vectors.

        Args:
            styles: a painting, as `encode_style` takes one; a style vector `(style_dim,)`; or a list of
                `(painting or vector, weight)` with positive weights, which are divided by their sum.

        Returns:
            float32 array of shape `(style_dim,)`.

        Raises:
            ValueError: if a style is neither painting nor vector, or the weights are not positive.
        """
        pairs = pairs_of(styles)
        weights = [weight for _, weight in pairs]
        shares = shares_of(weights, weights)
        return sum(share * self._vector_of(style) for (style, _), share in zip(pairs, shares, strict=True))

    def _vector_of(self, style):
        if isinstance(style, str | bytes) or hasattr(style, "__fspath__"):
            raise ValueError(
                "A style must be a painting or a style vector, as arrays. "
                f"Received: {style!r}. Pass tfstyle.load_image({str(style)!r})."
            )
        style = np.asarray(style)
        if style.ndim != 1:
            return self.encode_style(style)[0]
        if style.shape != (self.style_dim,) or style.dtype.kind != "f" or not np.isfinite(style).all():
            raise ValueError(
                f"A style vector of {self.metadata['name']} holds {self.style_dim} finite floats. "
                f"Received: shape={style.shape}, dtype={style.dtype}."
            )
        return style.astype(np.float32)

    def painter(self, styles, strength=1.0):
        """What paints in a style, or in a mixture of styles.

        Args:
            styles: as `blend` takes them.
            strength: float in [0, 1].

        Returns:
            Function of images: what a call of the styler is with the vector of this mixture.

        Raises:
            ValueError: if a style is neither painting nor vector, or a number is out of its range.
        """
        strength = check_strength(strength, 1)
        vector = self.blend(styles)
        return lambda images: self(images, vector, strength)

    def __call__(self, images, style_vectors, strength=1.0):
        images = check_images("images", images)
        style_vectors = np.atleast_2d(np.asarray(style_vectors, np.float32))
        if style_vectors.shape not in ((len(images), self.style_dim), (1, self.style_dim)):
            raise ValueError(
                f"`style_vectors` must have the shape ({len(images)} or 1, {self.style_dim}). "
                f"Received: style_vectors.shape={style_vectors.shape}."
            )
        signature = "stylize_uint8" if images.dtype == np.uint8 else "serving_default"
        outputs = self._signatures[signature](
            images=tf.constant(images),
            style_vectors=tf.constant(style_vectors),
            strength=tf.constant(check_strength(strength, len(images))),
        )
        return outputs["images"].numpy()


def check_images(name, images):
    """Images as a uint8 or float32 array `(batch, height, width, 3)`; raises a ValueError for what is none."""
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3 or not images.size:
        raise ValueError(
            f"`{name}` must have the shape (batch, height, width, 3). Received: {name}.shape={images.shape}."
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f":
        raise ValueError(
            f"`{name}` must be uint8 in 0 to 255, or float in [0, 1]. Received: {name}.dtype={images.dtype}."
        )
    if not images.max() <= 2:  # resized images may overshoot 1 a little
        raise ValueError(
            f"`{name}` must be uint8 in 0 to 255, or float in [0, 1]. "
            f"Received: {name}.dtype={images.dtype} with values up to {images.max():.4g}."
        )
    return images.astype(np.float32)


def check_strength(strength, num_images):
    """Strength as a float32 array `(num_images or 1,)`; raises a ValueError where it is none."""
    values = np.atleast_1d(np.asarray(strength, np.float32))
    if values.shape not in ((num_images,), (1,)):
        raise ValueError(
            f"`strength` must be a number, or one for each of {num_images} images. "
            f"Received: strength.shape={values.shape}."
        )
    if not (values.min() >= 0.0 and values.max() <= 1.0):
        raise ValueError(f"`strength` must lie in [0, 1]. Received: strength={strength}.")
    return values


def pairs_of(styles):
    """One style, a mapping of styles to weights, or a list of pairs, as a list of `(style, weight)`."""
    if isinstance(styles, Mapping):
        return list(styles.items())
    if not isinstance(styles, list | tuple):
        return [(styles, 1.0)]
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[1], Real) for pair in styles):
        raise ValueError("Several styles are a list of (style, weight), as in [(first, 2.0), (second, 1.0)].")
    return list(styles)


def shares_of(weights, received):
    """Positive weights divided by their sum; a ValueError shows `received` where they are none."""
    weights = list(weights)
    total = sum(weights)
    if not (np.isfinite(total) and total > 0 and min(weights) >= 0):
        raise ValueError(f"The weights of styles must be positive numbers. Received: {received}.")
    return [weight / total for weight in weights]


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


class LoadedGenerator:
    """A generator of images read from a SavedModel.

    Args:
        saved_model: what `tf.saved_model.load` returned.
        metadata: dict, of the SavedModel.

    Attributes:
        image_shape: tuple `(height, width, channels)` of its images.
        latent_dim: integer, length of a latent vector.
        num_classes: integer, number of labels; 0 for a generator without.
        class_names: tuple of strings, one a label; empty for a generator without.

    Call arguments:
        latents: float array or tensor `(batch, latent_dim)`, standard normal.
        labels: integer array or tensor `(batch,)` in `[0, num_classes)`; None without classes.

    Returns:
        float32 tensor `(batch, height, width, channels)` in [0, 1]; gradients flow through it to `latents`.

    Example:
        >>> generator = tfstyle.load("runs/digits_generator")
        >>> images = generator.generate(16, seed=1, labels=7)
    """

    def __init__(self, saved_model, metadata):
        self._saved_model = saved_model  # the signatures do not keep their variables alive
        self.metadata = metadata
        self.image_shape = tuple(metadata["image_shape"])
        self.latent_dim = metadata["latent_dim"]
        self.num_classes = metadata["num_classes"]
        self.class_names = tuple(metadata.get("class_names") or (str(label) for label in range(self.num_classes)))

    def __call__(self, latents, labels=None):
        latents = tf.convert_to_tensor(latents)
        if latents.shape.rank != 2 or latents.shape[-1] != self.latent_dim or not latents.dtype.is_floating:
            raise ValueError(
                f"`latents` must be float, of shape (batch, {self.latent_dim}). "
                f"Received: latents.shape={latents.shape}, latents.dtype={latents.dtype.name}."
            )
        inputs = {"latents": tf.cast(latents, tf.float32)}
        if self.num_classes or labels is not None:
            inputs["labels"] = tf.constant(self.check_labels(labels, len(latents)))
        return self._saved_model.signatures["serving_default"](**inputs)["images"]

    def generate(self, num_images, seed=0, labels=None, batch_size=64):
        """Makes images of random latent vectors.

        Args:
            num_images: integer.
            seed: integer. The first images of a seed are the same, however many are made, in batches of any size.
            labels: integer for all images, or a sequence of one for each; None for each class in turn.
            batch_size: integer, how many images are made at once: more take more memory.

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

    def draw_latents(self, num_latents, seed=0):
        """The latent vectors of a seed: float32 array `(num_latents, latent_dim)`, standard normal."""
        return np.random.default_rng(seed).standard_normal((num_latents, self.latent_dim), np.float32)

    def choose_labels(self, num_images, labels=None):
        """The labels of `generate`: int32 array `(num_images,)`, or None for a generator without classes.

        Raises:
            ValueError: if labels are not those of the generator.
        """
        if labels is None:
            return np.arange(num_images, dtype=np.int32) % self.num_classes if self.num_classes else None
        return self.check_labels(np.full(num_images, labels) if np.ndim(labels) == 0 else labels, num_images)

    def check_labels(self, labels, num_labels):
        """Labels as an int32 array; raises a ValueError where they are not those of the generator."""
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


LOADERS = {
    "style_bank": LoadedStyleBank,
    "vgg19_style_extractor": LoadedExtractor,
    "light_style_extractor": LoadedExtractor,
    "generator": LoadedGenerator,
    "adain": LoadedStyler,
    "semantic_style": LoadedStyler,
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

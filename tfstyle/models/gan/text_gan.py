"""A generator of images from captions, and the discriminator that says whether they match."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.fused_batch_normalization import FusedBatchNormalization
from tfstyle.layers.word_attention import WordAttention
from tfstyle.models.gan.gan import Discriminator, Generator
from tfstyle.models.gan.text_encoder import TextEncoder
from tfstyle.tensors import Tensor

LEAK = 0.2  # slope of the leaky ReLUs (Radford et al. 2016)


@keras.saving.register_keras_serializable(package="tfstyle")
class TextConditionalGenerator(Generator):
    """Generates images from latent vectors and captions.

        latents, sentence -> dense -> map -> [attention to the words, transposed 4x4, batch norm, ReLU] x n -> 3x3, tanh

    Args:
        vocabulary: sequence of strings, the words of captions in the order of their numbers, which start with 1.
        num_words: integer, largest number of words of a caption.
        image_size: integer, height and width of the images, a multiple of `2 ** len(filters[1:])`.
        channels: integer, of the images.
        latent_dim: integer, length of a latent vector.
        filters: sequence of integers, channels of the first map, then after each doubling of the resolution.
        units: integer, of the dense layer before the first map.
        text_dim: integer, length of the vectors of words.

    Call arguments:
        latents: float tensor of shape `(batch, latent_dim)`, standard normal.
        tokens: int32 tensor of shape `(batch, num_words)`, numbers of words, 0 after the last word.
        training: bool; Keras passes it on to the layers.

    Returns:
        float32 tensor of shape `(batch, image_size, image_size, channels)` in [-1, 1].

    Raises:
        ValueError: if a size is not supported.

    Reference:
        Reed et al.: Generative Adversarial Text to Image Synthesis, 2016.
        Xu et al.: AttnGAN, 2018, for the attention to words.
    """

    family = "text_generator"

    def __init__(
        self,
        vocabulary,
        num_words,
        image_size=32,
        channels=3,
        latent_dim=32,
        filters=(96, 64, 48, 24),
        units=256,
        text_dim=64,
        **kwargs,
    ):
        vocabulary, filters = tuple(vocabulary), tuple(filters)
        base_size, rest = divmod(image_size, 2 ** (len(filters) - 1)) if filters else (0, 1)
        if rest or base_size < 1:
            raise ValueError(
                "`image_size` must be a multiple of 2 to the number of doublings. "
                f"Received: image_size={image_size}, filters={filters}, the first for the map before them."
            )
        super().__init__((image_size, image_size, channels), latent_dim, **kwargs)
        self.vocabulary = vocabulary
        self.num_words = num_words
        self.image_size = image_size
        self.channels = channels
        self.filters = filters
        self.units = units
        self.text_dim = text_dim
        self.base_shape = (base_size, base_size, filters[0])
        options = {"dtype": self.dtype_policy}
        self.text_encoder = TextEncoder(len(vocabulary), num_words, text_dim, name="text_encoder", **options)
        self.dense = keras.layers.Dense(units, "relu", name="dense", **options)
        self.to_map = keras.layers.Dense(base_size**2 * filters[0], use_bias=False, name="to_map", **options)
        self.normalizations = [
            FusedBatchNormalization(name=f"normalization_{index}", **options) for index in range(len(filters))
        ]
        self.attentions = [WordAttention(name=f"attention_{index}", **options) for index in range(len(filters) - 1)]
        self.convolutions = [
            keras.layers.Conv2DTranspose(width, 4, 2, "same", use_bias=False, name=f"convolution_{index}", **options)
            for index, width in enumerate(filters[1:])
        ]
        self.to_pixels = keras.layers.Conv2D(channels, 3, padding="same", name="to_pixels", **options)
        self.call_symbolically()

    def call_symbolically(self) -> None:
        self.create_weights(keras.Input((self.latent_dim,)), keras.Input((self.num_words,), dtype="int32"))

    def call(self, latents, tokens, training=False) -> Tensor:
        words, sentence = self.text_encoder(tokens)
        hidden = self.dense(ops.concatenate([ops.cast(latents, sentence.dtype), sentence], axis=-1))
        hidden = ops.reshape(self.to_map(hidden), (-1, *self.base_shape))
        hidden = ops.relu(self.normalizations[0](hidden))
        for attention, convolution, normalization in zip(
            self.attentions, self.convolutions, self.normalizations[1:], strict=True
        ):
            hidden = ops.relu(normalization(convolution(attention(hidden, words))))
        return self.to_image(self.to_pixels(hidden))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "vocabulary": self.vocabulary,
            "num_words": self.num_words,
            "image_size": self.image_size,
            "channels": self.channels,
            "latent_dim": self.latent_dim,
            "filters": self.filters,
            "units": self.units,
            "text_dim": self.text_dim,
        }


@keras.saving.register_keras_serializable(package="tfstyle")
class MatchingDiscriminator(Discriminator):
    """Says whether an image is real and matches a caption, and reads the caption off the image word by word.

        images -> [4x4 with stride 2, leaky ReLU] x n -> features
        features -> 1x1 -> logit of each patch
        features, sentence -> 1x1, leaky ReLU -> logit of the match
        features, words before -> dense, ReLU -> logits of the next word

    Args:
        num_tokens: integer, number of words of the vocabulary.
        num_words: integer, largest number of words of a caption.
        image_size: integer, height and width of the images.
        channels: integer, of the images.
        filters: sequence of integers, channels after each halving of the resolution.
        units: integer, of the dense layer that reads the caption.
        text_dim: integer, length of the vectors of words.

    Call arguments:
        images: float tensor of shape `(batch, image_size, image_size, channels)` in [-1, 1].
        tokens: int32 tensor of shape `(batch, num_words)`, numbers of words, 0 after the last word.
        training: bool; Keras passes it on to the layers.

    Returns:
        Tuple of three float32 tensors: logits of shape `(batch, num_patches)`, positive for patches of real images;
        logits of shape `(batch, 1)`, positive for real images with their own caption; and logits of each word, given
        the image and the words before it, of shape `(batch, num_words, num_tokens + 1)`.

    Raises:
        ValueError: if a size is not supported.

    Reference:
        Reed et al.: Generative Adversarial Text to Image Synthesis, 2016, section 4.1 and 4.2, for the matching.
        Isola et al.: Image-to-Image Translation with Conditional Adversarial Networks, 2017, for the patches.
        Qiao et al.: MirrorGAN: Learning Text-to-image Generation by Redescription, 2019, for the reading.
        Differs from the papers: the text encoder is trained along, and one network judges and reads.
    """

    def __init__(
        self,
        num_tokens,
        num_words,
        image_size=32,
        channels=3,
        filters=(32, 64, 128),
        units=256,
        text_dim=64,
        **kwargs,
    ):
        filters = tuple(filters)
        if not filters or image_size % 2 ** len(filters):
            raise ValueError(
                "`image_size` must be a multiple of 2 to the number of filters. "
                f"Received: image_size={image_size}, filters={filters}."
            )
        super().__init__((image_size, image_size, channels), **kwargs)
        self.num_tokens = num_tokens
        self.num_words = num_words
        self.image_size = image_size
        self.channels = channels
        self.filters = filters
        self.units = units
        self.text_dim = text_dim
        self.patches = ((image_size // 2 ** len(filters)) ** 2, filters[-1])
        options = {"dtype": self.dtype_policy}
        self.convolutions = [
            keras.layers.Conv2D(width, 4, 2, "same", name=f"convolution_{index}", **options)
            for index, width in enumerate(filters)
        ]
        self.flatten = keras.layers.Flatten(name="flatten", **options)
        self.text_encoder = TextEncoder(num_tokens, num_words, text_dim, name="text_encoder", **options)
        self.joint = keras.layers.Conv2D(filters[-1], 1, name="joint", **options)
        self.patch_logit = keras.layers.Dense(1, name="patch_logit", dtype="float32")
        self.logit = keras.layers.Dense(1, name="logit", dtype="float32")
        self.seen = keras.layers.Dense(units, name="seen", **options)
        self.read = keras.layers.Dense(units, use_bias=False, name="read", **options)
        self.next_word = keras.layers.Dense(num_tokens + 1, name="next_word", dtype="float32")
        self.call_symbolically()

    def call_symbolically(self) -> None:
        self.create_weights(keras.Input(self.image_shape), keras.Input((self.num_words,), dtype="int32"))

    def call(self, images, tokens, training=False) -> tuple[Tensor, Tensor, Tensor]:
        features = self.features(images)
        words, sentence = self.text_encoder(tokens)
        return self.realness(features), self.match(features, sentence), self.word_logits(features, words)

    def features(self, images) -> Tensor:
        """What it sees, before any caption: tensor of shape `(batch, height, width, filters[-1])`."""
        hidden = ops.cast(images, self.compute_dtype)
        for convolution in self.convolutions:
            hidden = ops.leaky_relu(convolution(hidden), LEAK)
        return hidden

    def realness(self, features) -> Tensor:
        """Whether patches are of a real image, whatever the caption: logits of shape `(batch, num_patches)`."""
        return ops.squeeze(self.patch_logit(ops.cast(ops.reshape(features, (-1, *self.patches)), "float32")), -1)

    def match(self, features, sentence) -> Tensor:
        """Whether features are of a real image that the sentence describes: logits of shape `(batch, 1)`."""
        height, width = features.shape[1:3]
        everywhere = ops.tile(sentence[:, None, None], (1, height, width, 1))
        hidden = ops.leaky_relu(self.joint(ops.concatenate([features, everywhere], axis=-1)), LEAK)
        return self.logit(ops.cast(self.flatten(hidden), "float32"))

    def word_logits(self, features, words) -> Tensor:
        """Logits of each word, given the features and the words before it; shape as in the class."""
        before = ops.concatenate([ops.zeros_like(words[:, :1]), words[:, :-1]], axis=1)
        hidden = ops.relu(self.seen(self.flatten(features))[:, None] + self.read(before))
        return self.next_word(ops.cast(hidden, "float32"))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_tokens": self.num_tokens,
            "num_words": self.num_words,
            "image_size": self.image_size,
            "channels": self.channels,
            "filters": self.filters,
            "units": self.units,
            "text_dim": self.text_dim,
        }


def create_text_networks(
    vocabulary, num_words, image_size=32, generator_options=None, discriminator_options=None, dtype="float32"
) -> tuple[TextConditionalGenerator, MatchingDiscriminator]:
    """Creates a generator of images from captions, and a discriminator that fits.

    Args:
        vocabulary: sequence of strings, the words of the captions.
        num_words: integer, largest number of words of a caption.
        image_size: integer, height and width of the images.
        generator_options: dict of additional arguments of the generator, such as `filters`, or None.
        discriminator_options: dict of additional arguments of the discriminator, or None.
        dtype: dtype policy of both networks, such as "mixed_bfloat16".

    Returns:
        `TextConditionalGenerator` and `MatchingDiscriminator`.

    Raises:
        ValueError: if the image size is not supported.

    Example:
        >>> generator, discriminator = create_text_networks(("a", "red", "ring"), num_words=3)
    """
    doublings = max(image_size // 8, 1).bit_length()  # 4 pixels for 32, 48 and so on: the map before them
    widths = (128, 96, 64, 48, 24)[-doublings - 1 :]
    generator = TextConditionalGenerator(
        vocabulary,
        num_words,
        image_size,
        **{"filters": widths, "dtype": dtype, **(generator_options or {})},
    )
    discriminator = MatchingDiscriminator(
        len(generator.vocabulary),
        num_words,
        image_size,
        **{"filters": (32, 64, 128, 128, 128)[:doublings], "dtype": dtype, **(discriminator_options or {})},
    )
    return generator, discriminator

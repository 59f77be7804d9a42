"""Base classes of generators and discriminators, and the pair as one model."""

import keras
from keras import ops

from tfstyle.models.base_model import BaseModel
from tfstyle.network_pairs import check_network_pair
from tfstyle.tensors import Tensor


class Generator(BaseModel):
    """Base class of networks that generate images from latent vectors, and from labels if they are class-conditional.

    Args:
        image_shape: three integers, height, width and channels of its images.
        latent_dim: integer, length of a latent vector.
        num_classes: integer, number of labels; 0 for a network without labels.

    Call arguments:
        latents: float tensor of shape `(batch, latent_dim)`, standard normal.
        labels: int32 tensor of shape `(batch,)` in `[0, num_classes)`; None without classes.
        training: bool; Keras passes it on to the layers.

    Returns:
        float32 tensor of shape `(batch, *image_shape)` in [-1, 1].

    Raises:
        ValueError: if a size is not positive, or labels are missing or not expected.
    """

    family = "generator"

    def __init__(self, image_shape, latent_dim, num_classes=0, **kwargs):
        image_shape = tuple(image_shape)
        if len(image_shape) != 3 or min(image_shape) < 1 or latent_dim < 1 or num_classes < 0:
            raise ValueError(
                "A generator needs images of (height, width, channels) and latent vectors. Received: "
                f"image_shape={image_shape}, latent_dim={latent_dim}, num_classes={num_classes}."
            )
        super().__init__(**kwargs)
        self.image_shape = image_shape
        self.latent_dim = latent_dim
        self.num_classes = num_classes

    def embed_labels(self, embedding_dim) -> None:
        """Creates the label embedding of a class-conditional network.

        Args:
            embedding_dim: integer, length of a label's embedding.
        """
        self.embedding_dim = embedding_dim
        if self.num_classes:
            self.label_embedding = keras.layers.Embedding(
                self.num_classes, embedding_dim, "random_normal", name="label_embedding", dtype=self.dtype_policy
            )

    def join_labels(self, latents, labels) -> Tensor:
        """The input of the first layer: latent vectors, concatenated with the label embeddings."""
        check_labels(self, labels)
        return ops.concatenate([latents, self.label_embedding(labels)], axis=-1) if self.num_classes else latents

    def to_image(self, hidden) -> Tensor:
        """Images from pre-activations: tanh in float32, to avoid rounding to the 8 bits of bfloat16."""
        return ops.tanh(ops.cast(hidden, "float32"))

    def call_symbolically(self) -> None:
        """Creates all weights."""
        self.create_weights(
            keras.Input((self.latent_dim,)), keras.Input((), dtype="int32") if self.num_classes else None
        )


class Discriminator(BaseModel):
    """Base class of networks that distinguish real images from generated ones.

    A subclass with `is_self_supervised = True` accepts one more call argument, `quadrants`, with which it also returns
    reconstructions of its images and their targets, as `FastGANDiscriminator` does. Trainers add their distance to its
    loss.

    Args:
        image_shape: three integers, height, width and channels of its images.
        num_classes: integer, number of labels; 0 for a network without labels.

    Call arguments:
        images: float tensor of shape `(batch, *image_shape)` in [-1, 1].
        labels: int32 tensor of shape `(batch,)` in `[0, num_classes)`; None without classes.
        training: bool; Keras passes it on to the layers.

    Returns:
        float32 tensor of shape `(batch, 1)`: logits, positive for images classified as real.

    Raises:
        ValueError: if a size is not positive, or labels are missing or not expected.
    """

    is_self_supervised = False

    def __init__(self, image_shape, num_classes=0, **kwargs):
        image_shape = tuple(image_shape)
        if len(image_shape) != 3 or min(image_shape) < 1 or num_classes < 0:
            raise ValueError(
                "A discriminator needs images of (height, width, channels). "
                f"Received: image_shape={image_shape}, num_classes={num_classes}."
            )
        super().__init__(**kwargs)
        self.image_shape = image_shape
        self.num_classes = num_classes

    def call_symbolically(self) -> None:
        """Creates all weights."""
        self.create_weights(keras.Input(self.image_shape), keras.Input((), dtype="int32") if self.num_classes else None)


def check_labels(network, labels) -> None:
    """Raises a ValueError if labels are missing for a class-conditional network, or given to another."""
    if (labels is None) == bool(network.num_classes):
        raise ValueError(
            f"{type(network).__name__} has num_classes={network.num_classes} and needs "
            f"{'labels of shape (batch,)' if network.num_classes else 'no labels'}. "
            f"Received: labels={'None' if labels is None else 'given'}."
        )


def num_doublings(image_size, base_size) -> int:
    """Number of times `base_size` is doubled to reach `image_size`.

    Raises:
        ValueError: if `image_size` cannot be reached.
    """
    doublings, reached = 0, base_size
    while reached < image_size:
        doublings, reached = doublings + 1, 2 * reached
    if reached != image_size:
        raise ValueError(f"`image_size` must be {base_size} doubled some times. Received: image_size={image_size}.")
    return doublings


def create_gan(generator, discriminator) -> keras.Model:
    """Combines a generator and a discriminator into one model, from noise to logits.

    The model is meant for inspection (`summary`, `plot_model`) and export. It shares the weights of the two networks,
    which `train_gan` trains, each with its own optimizer and loss.

    Args:
        generator: `Generator`.
        discriminator: `Discriminator` for images of the same shape and the same number of classes.

    Returns:
        `keras.Model` of `latents` (and `labels`) -> float32 logits of shape `(batch, 1)`.

    Raises:
        ValueError: if the two do not match.

    Example:
        >>> gan = create_gan(DenseGenerator(), DenseDiscriminator())
        >>> gan(keras.random.normal((4, 100))).shape
        TensorShape([4, 1])
    """
    check_network_pair(generator, discriminator)
    latents = keras.Input((generator.latent_dim,), name="latents")
    if not generator.num_classes:
        return keras.Model(latents, discriminator(generator(latents)), name="gan")
    labels = keras.Input((), dtype="int32", name="labels")
    validity = discriminator(generator(latents, labels), labels)
    return keras.Model({"latents": latents, "labels": labels}, validity, name="gan")

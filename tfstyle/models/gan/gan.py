"""What all adversarial networks have in common, and the pair as one model."""

import keras
from keras import ops

from tfstyle.models.base_model import BaseModel


class Generator(BaseModel):
    """A network that makes images of latent vectors, and of labels where it is class-conditional.

    Args:
        image_shape: three integers, height, width and channels of its images.
        latent_dim: integer, length of a latent vector.
        num_classes: integer, number of labels; 0 for a network without labels.

    Call arguments:
        latents: float tensor of shape `(batch, latent_dim)`, standard normal.
        labels: int32 tensor of shape `(batch,)` in `[0, num_classes)`; None without classes.
        training: bool; Keras hands it on to the layers.

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

    def embed_labels(self, embedding_dim):
        """Gives a class-conditional network the layer by which labels join the latent vectors.

        Args:
            embedding_dim: integer, length of a label's vector.
        """
        self.embedding_dim = embedding_dim
        if self.num_classes:
            self.label_embedding = keras.layers.Embedding(
                self.num_classes, embedding_dim, "random_normal", name="label_embedding", dtype=self.dtype_policy
            )

    def join_labels(self, latents, labels):
        """The input of the first layer: latent vectors, followed by what stands for the labels."""
        check_labels(self, labels)
        return ops.concatenate([latents, self.label_embedding(labels)], axis=-1) if self.num_classes else latents

    def to_image(self, hidden):
        """Pixels before the tanh -> images; in float32, so that they are not rounded to the 8 bits of bfloat16."""
        return ops.tanh(ops.cast(hidden, "float32"))

    def call_symbolically(self):
        """Creates all weights."""
        self.create_weights(
            keras.Input((self.latent_dim,)), keras.Input((), dtype="int32") if self.num_classes else None
        )


class Discriminator(BaseModel):
    """A network that tells real images from made ones.

    Args:
        image_shape: three integers, height, width and channels of its images.
        num_classes: integer, number of labels; 0 for a network without labels.

    Call arguments:
        images: float tensor of shape `(batch, *image_shape)` in [-1, 1].
        labels: int32 tensor of shape `(batch,)` in `[0, num_classes)`; None without classes.
        training: bool; Keras hands it on to the layers.

    Returns:
        float32 tensor of shape `(batch, 1)`: logits, positive where an image is taken for real.

    Raises:
        ValueError: if a size is not positive, or labels are missing or not expected.
    """

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

    def call_symbolically(self):
        """Creates all weights."""
        self.create_weights(keras.Input(self.image_shape), keras.Input((), dtype="int32") if self.num_classes else None)


def check_labels(network, labels):
    """Raises a ValueError where a class-conditional network gets no labels, or another one gets some."""
    if (labels is None) == bool(network.num_classes):
        raise ValueError(
            f"{type(network).__name__} has num_classes={network.num_classes} and needs "
            f"{'labels of shape (batch,)' if network.num_classes else 'no labels'}. "
            f"Received: labels={'None' if labels is None else 'given'}."
        )


def num_doublings(image_size, base_size):
    """How often `base_size` is doubled to reach `image_size`.

    Raises:
        ValueError: if no whole number of doublings does.
    """
    doublings, reached = 0, base_size
    while reached < image_size:
        doublings, reached = doublings + 1, 2 * reached
    if reached != image_size:
        raise ValueError(f"`image_size` must be {base_size} doubled some times. Received: image_size={image_size}.")
    return doublings


def create_gan(generator, discriminator):
    """A generator and a discriminator as one model: noise in, validity out.

    It is for reading (`summary`, `plot_model`) and for export. It shares its networks' weights; they are trained by
    `train_gan`, each with its own optimizer and loss.

    Args:
        generator: `Generator`.
        discriminator: `Discriminator` for images of the same shape and the same number of classes.

    Returns:
        `keras.Model` of `latents` (and `labels`) -> float32 logits of shape `(batch, 1)`.

    Raises:
        ValueError: if the two do not fit together.

    Example:
        >>> gan = create_gan(DenseGenerator(), DenseDiscriminator())
        >>> gan(keras.random.normal((4, 100))).shape
        TensorShape([4, 1])
    """
    check_pair(generator, discriminator)
    latents = keras.Input((generator.latent_dim,), name="latents")
    if not generator.num_classes:
        return keras.Model(latents, discriminator(generator(latents)), name="gan")
    labels = keras.Input((), dtype="int32", name="labels")
    validity = discriminator(generator(latents, labels), labels)
    return keras.Model({"latents": latents, "labels": labels}, validity, name="gan")


def check_pair(generator, discriminator):
    """Raises a ValueError where a generator and a discriminator are for other images or labels."""
    for attribute in ("image_shape", "num_classes"):
        made, judged = getattr(generator, attribute), getattr(discriminator, attribute)
        if made != judged:
            raise ValueError(
                f"Generator and discriminator must have the same {attribute}. Received: {made} and {judged}."
            )

"""What all networks that paint like any painting have in common."""

from tfstyle.models.base_model import BaseModel


class ArbitraryStyler(BaseModel):
    """A feed-forward network that paints a photograph like a painting it need not have seen in training.

    A style is a vector: what `encode_style` makes of a painting. Vectors can be kept, averaged and interpolated, and
    one is enough to paint any number of photographs.

    Subclasses implement `encode_style` and `call`, and have the attributes `style_dim`, length of a style vector, and
    `family`, the name that a SavedModel of theirs bears in its metadata. Those with a `noise_dim` implement
    `vary_style`, too.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`, from `encode_style`.
        strength: float tensor of shape `(batch or 1,)` in [0, 1], how much of the style is painted.

    Returns:
        float32 tensor of the shape of `images`, RGB in [0, 1].
    """

    family = ""
    style_dim = 0
    noise_dim = 0

    def encode_style(self, style_images):
        """Style vectors of paintings.

        Args:
            style_images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.

        Returns:
            float32 tensor of shape `(batch, style_dim)`.
        """
        raise NotImplementedError

    def vary_style(self, style_vectors, noise):
        """Vectors of the same styles, as from other parts of the paintings: the strokes fall otherwise.

        Args:
            style_vectors: float tensor of shape `(batch or 1, style_dim)`.
            noise: float tensor of shape `(batch, noise_dim)`, standard normal; multiplied by 2, styles vary twice as
                much.

        Returns:
            float32 tensor of shape `(batch, style_dim)`.
        """
        raise NotImplementedError

    def call(self, images, style_vectors, strength):
        raise NotImplementedError

"""Base class of networks for arbitrary style transfer."""

from tfstyle.models.base_model import BaseModel
from tfstyle.tensors import Tensor


class ArbitraryStyler(BaseModel):
    """Base class of feed-forward networks for arbitrary style transfer.

    A style is a vector, the style embedding of a painting, computed by `encode_style`. Vectors can be stored, averaged
    and interpolated, and one vector can be used for any number of photographs.

    Subclasses implement `encode_style` and `call`, and define `style_dim`, the length of a style vector, and `family`,
    the name in the metadata of their SavedModels. Subclasses with a `noise_dim` also implement `vary_style`; the `call`
    of those that `has_noise` also takes seeds and a corner, as that of `StyleBank`. `canvas` is the longest side up to
    which `tfstyle.stylize` enlarges small photographs, on which its strokes would wipe out too much.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`, from `encode_style`.
        strength: float tensor of shape `(batch or 1,)` in [0, 1].

    Returns:
        float32 tensor of the shape of `images`, RGB in [0, 1].
    """

    family = ""
    style_dim = 0
    noise_dim = 0
    has_noise = False
    canvas = 0

    def encode_style(self, style_images) -> Tensor:
        """Computes the style vectors of paintings.

        Args:
            style_images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.

        Returns:
            float32 tensor of shape `(batch, style_dim)`.
        """
        raise NotImplementedError

    def vary_style(self, style_vectors, noise) -> Tensor:
        """Perturbs style vectors within the variation of a single painting, so that the strokes differ.

        Args:
            style_vectors: float tensor of shape `(batch or 1, style_dim)`.
            noise: float tensor of shape `(batch, noise_dim)`, standard normal; its scale sets the amount of variation.

        Returns:
            float32 tensor of shape `(batch, style_dim)`.
        """
        raise NotImplementedError

    def call(self, images, style_vectors, strength) -> Tensor:
        raise NotImplementedError

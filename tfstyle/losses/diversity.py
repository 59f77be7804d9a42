"""The loss of generated images that hardly depend on the latents."""

from keras import ops

from tfstyle.tensors import Tensor


def mode_seeking_loss(images, other_images, latents, other_latents, epsilon=0.1) -> Tensor:
    """Small if images of the same condition differ as much as their latents.

        1 / (mean(mean|images - other_images| / mean|latents - other_latents|) + epsilon)

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, generated images.
        other_images: float tensor of the same shape: images of the same conditions, such as captions or labels.
        latents: float tensor of shape `(batch, latent_dim)`, of `images`.
        other_latents: float tensor of the same shape, of `other_images`.
        epsilon: positive float.

    Returns:
        float32 scalar in (0, 1 / epsilon]. Ratios of pairs are averaged over the batch.

    Reference:
        Mao, Lee, Tseng, Ma, Yang: Mode Seeking Generative Adversarial Networks for Diverse Image Synthesis, 2019,
        section 3. Differs from the authors' code: they add 1e-5, with which images that ignore their latents have a
        gradient of up to 1e10; here it is at most 1 / epsilon^2.
    """

    def difference(one, other):
        distances = ops.abs(ops.cast(one, "float32") - ops.cast(other, "float32"))
        return ops.mean(distances, axis=tuple(range(1, len(distances.shape))))

    ratios = difference(images, other_images) / ops.maximum(difference(latents, other_latents), 1e-6)
    return 1.0 / (ops.mean(ratios) + epsilon)

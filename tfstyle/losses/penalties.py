"""Penalties on a discriminator's gradients.

They take the gradients of the logits, summed over the batch, with respect to the images; the trainer computes these
with its backend. Each returns a float32 scalar, the mean over the batch. The discriminator must not contain layers that
mix the images of a batch, such as batch normalization, because the gradient of a single image is then undefined.
"""

from keras import ops

from tfstyle.tensors import Tensor


def _squared_norms(gradients):
    """Squared length of each image's gradient: float32 tensor of shape `(batch,)`."""
    axes = tuple(range(1, len(gradients.shape)))
    return ops.sum(ops.square(ops.cast(gradients, "float32")), axis=axes)


def mix_images(real_images, fake_images, shares) -> Tensor:
    """Images on the lines between real and generated ones, where WGAN-GP penalizes the critic.

    Args:
        real_images: float tensor of shape `(batch, height, width, channels)`.
        fake_images: float tensor of the same shape.
        shares: float tensor of shape `(batch,)`, uniform in [0, 1): 0 is the generated image, 1 the real one.

    Returns:
        Tensor of the shape of the images.

    Reference:
        Gulrajani et al.: Improved Training of Wasserstein GANs, 2017, algorithm 1.
    """
    shares = ops.reshape(ops.cast(shares, fake_images.dtype), (-1,) + (1,) * (len(fake_images.shape) - 1))
    return fake_images + shares * (real_images - fake_images)


def gradient_penalty(gradients, epsilon=1e-12) -> Tensor:
    """`(|grad| - 1)^2`: asks for gradients of norm 1.

    Args:
        gradients: float tensor of shape `(batch, ...)`, of the logits with respect to mixed images.
        epsilon: float, added under the square root, which is not differentiable at zero.

    Reference:
        Gulrajani et al., 2017, equation 3. The paper's weight is 10.
    """
    return ops.mean(ops.square(ops.sqrt(_squared_norms(gradients) + epsilon) - 1.0))


def zero_centered_penalty(gradients) -> Tensor:
    """`1/2 |grad|^2`: R1 on real images, R2 on generated ones.

    Args:
        gradients: float tensor of shape `(batch, ...)`, of the logits with respect to real or generated images.

    Reference:
        Mescheder, Geiger, Nowozin: Which Training Methods for GANs do actually Converge?, 2018, equations 9 and 10.
    """
    return 0.5 * ops.mean(_squared_norms(gradients))

"""Losses that compare two images pixel by pixel, of networks that make one image of another."""

from keras import ops


def l1_loss(images, targets):
    """`mean |y - x|`: how far translated images are from their targets.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, of any value range.
        targets: float tensor of the same shape and range.

    Returns:
        float32 scalar, the mean over all values.

    Reference:
        Isola et al.: Image-to-Image Translation with Conditional Adversarial Networks, 2017, equation 3.
    """
    return ops.mean(ops.abs(ops.cast(images, "float32") - ops.cast(targets, "float32")))


def cycle_loss(images, returned_images):
    """`mean |F(G(x)) - x|`: how far images are from what they become there and back again.

    Its gradient reaches both generators. A pair of them has two cycles, each with a loss of its own.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, of any value range.
        returned_images: float tensor of the same shape and range.

    Returns:
        float32 scalar, the mean over all values.

    Reference:
        Zhu et al.: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, 2017, equation 2.
    """
    return l1_loss(returned_images, images)


def identity_loss(images, translated_images):
    """`mean |G(y) - y|`: how much a generator changes images that are of its target domain already.

    It keeps colors: without it a generator is free to tint, as long as the tint is taken back.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, of any value range.
        translated_images: float tensor of the same shape and range.

    Returns:
        float32 scalar, the mean over all values.

    Reference:
        Zhu et al., 2017, section 5.2.
    """
    return l1_loss(translated_images, images)

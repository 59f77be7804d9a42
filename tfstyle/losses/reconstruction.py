"""Pixel losses of image-to-image translation."""

from keras import ops

from tfstyle.tensors import Tensor


def l1_loss(images, targets) -> Tensor:
    """`mean |y - x|`: distance of translated images from their targets.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, of any value range.
        targets: float tensor of the same shape and range.

    Returns:
        float32 scalar, the mean over all values.

    Reference:
        Isola et al.: Image-to-Image Translation with Conditional Adversarial Networks, 2017, equation 3.
    """
    return ops.mean(ops.abs(ops.cast(images, "float32") - ops.cast(targets, "float32")))


def masked_l1_loss(images, targets, masks) -> Tensor:
    """`sum m |y - x| / (channels * sum m)`: distance from the targets where the mask is 1.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, of any value range.
        targets: float tensor of the same shape and range.
        masks: float tensor of shape `(batch, height, width, 1)` in [0, 1].

    Returns:
        float32 scalar, the mean over all masked values of the batch; 0 if nothing is masked.
    """
    masks = ops.cast(masks, "float32")
    errors = masks * ops.abs(ops.cast(images, "float32") - ops.cast(targets, "float32"))
    return ops.sum(errors) / ops.maximum(ops.sum(masks) * images.shape[-1], 1.0)


def cycle_loss(images, returned_images) -> Tensor:
    """`mean |F(G(x)) - x|`: distance of images from their reconstruction after both translations.

    Its gradient reaches both generators. A pair of generators has two cycles, each with its own loss.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, of any value range.
        returned_images: float tensor of the same shape and range.

    Returns:
        float32 scalar, the mean over all values.

    Reference:
        Zhu et al.: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, 2017, equation 2.
    """
    return l1_loss(returned_images, images)


def identity_loss(images, translated_images) -> Tensor:
    """`mean |G(y) - y|`: change of images that already belong to the target domain.

    It preserves colors: without it, a generator can add a tint that the other generator removes.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, of any value range.
        translated_images: float tensor of the same shape and range.

    Returns:
        float32 scalar, the mean over all values.

    Reference:
        Zhu et al., 2017, section 5.2.
    """
    return l1_loss(translated_images, images)

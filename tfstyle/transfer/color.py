"""Color preservation: luminance-only transfer, and matching of color statistics."""

from typing import Any

import numpy as np

from tfstyle.images import as_array, luma

LEAST_VARIANCE = 1 / 255**2  # a standard deviation of one step of 8-bit values
TOLERANCE = 1e-3  # excess over [0, 1] of rounding errors, as in blended tiles


def preserve_color(stylized: Any, photo: Any) -> np.ndarray:
    """Combines the luminance of a stylized image with the colors of the photograph.

        output = photo + luma(stylized) - luma(photo)

    I and Q of YIQ (like Cb and Cr of YCbCr) are sums of the differences R - Y, G - Y, B - Y. Adding the same number to
    R, G and B changes none of them, so this formula replaces Y and keeps the chroma, without a conversion.

    Where the sum would leave [0, 1], the luminance changes only as far as the chroma allows. So the chroma is the
    photograph's at every pixel, and the luminance is the stylized image's at every pixel where one color can have both:
    a pure red has only one luminance.

    Args:
        stylized: float array of shape `(height, width, 3)`, RGB in [0, 1].
        photo: float array of the same shape, RGB in [0, 1].

    Returns:
        Array of the shape and dtype of `stylized`, RGB in [0, 1].

    Raises:
        ValueError: if shapes differ, or values are not floats in [0, 1].

    Reference:
        Gatys, Bethge, Hertzmann, Shechtman: Preserving Color in Neural Artistic Style Transfer, 2016, section 3
        (luminance-only transfer).
    """
    stylized, photo = as_array("stylized", stylized), as_array("photo", photo)
    if stylized.shape != photo.shape:
        raise ValueError(
            "`stylized` and `photo` must have the same shape. Resize one with `tfstyle.images.resize_image`. "
            f"Received: stylized.shape={stylized.shape}, photo.shape={photo.shape}."
        )
    dtype = stylized.dtype
    stylized, photo = _check_rgb("stylized", stylized), _check_rgb("photo", photo)
    change = luma(stylized - photo)
    change = np.clip(change, -photo.min(axis=-1), 1 - photo.max(axis=-1))
    return (photo + change[..., None]).clip(0, 1).astype(dtype)


def match_color_statistics(image: Any, reference: Any) -> np.ndarray:
    """Transforms the colors of an image so that their mean and covariance match a reference.

        output = A (image - mean(image)) + mean(reference),  A = covariance(reference)^1/2 covariance(image)^-1/2

    With a painting as `image` and the photograph as `reference`, it recolors the style before the transfer. Symmetric
    square roots change the colors as little as possible.

    A color direction in which the image varies by less than one step of 8-bit values is rounding noise, and is not
    amplified (the root is that of the pseudo-inverse). So a gray image takes one direction of the reference's colors,
    and an image of one color becomes the reference's mean.

    Args:
        image: float array of shape `(height, width, 3)`, RGB in [0, 1].
        reference: float array of shape `(reference_height, reference_width, 3)`, RGB in [0, 1].

    Returns:
        Array of the shape and dtype of `image`, clipped to [0, 1]. The statistics match exactly if nothing is clipped.

    Raises:
        ValueError: if an array has another shape, or values are not floats in [0, 1].

    Reference:
        Gatys, Bethge, Hertzmann, Shechtman: Preserving Color in Neural Artistic Style Transfer, 2016, section 4.
    """
    from tfstyle.statistics import symmetric_power  # imports Keras, which the checks of a command do without

    image, reference = as_array("image", image), as_array("reference", reference)
    dtype = image.dtype
    image, reference = _check_rgb("image", image), _check_rgb("reference", reference)
    mean, covariance = _color_statistics(image)
    reference_mean, reference_covariance = _color_statistics(reference)
    matrix = symmetric_power(reference_covariance, 0.5) @ symmetric_power(covariance, -0.5, LEAST_VARIANCE)
    return ((image - mean) @ matrix.T + reference_mean).clip(0, 1).astype(dtype)


def _color_statistics(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean, shape `(3,)`, and covariance, shape `(3, 3)`, of the colors of an image."""
    colors = image.reshape(-1, 3)
    mean = colors.mean(axis=0)
    return mean, (colors - mean).T @ (colors - mean) / len(colors)


def _check_rgb(name: str, image: np.ndarray) -> np.ndarray:
    """Returns the image as float64."""
    if image.ndim != 3 or image.shape[-1] != 3 or image.size == 0:
        raise ValueError(f"`{name}` must have the shape (height, width, 3). Received: shape={image.shape}.")
    if not np.issubdtype(image.dtype, np.floating) or not (image.min() >= -TOLERANCE and image.max() <= 1 + TOLERANCE):
        raise ValueError(
            f"`{name}` must be float in [0, 1]. Convert it with `tfstyle.images.to_float`. "
            f"Received: dtype={image.dtype}, values from {image.min()} to {image.max()}."
        )
    return image.astype(np.float64).clip(0, 1)

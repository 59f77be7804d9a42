"""Images as arrays: their value ranges, what makes an array an image, and their sizes."""

from typing import Any

import numpy as np
from PIL import Image

from tfstyle.errors import TfstyleError


class ImageError(TfstyleError, ValueError):
    """An image that cannot be read, written or converted; the message is one line for the user, with the cure."""


def to_float(image: Any) -> np.ndarray:
    """Converts uint8 in [0, 255] to float32 in [0, 1]; floats keep their values and become float32.

    Raises:
        ImageError: if the array is neither uint8 nor float.
    """
    image = _check_dtype(image)
    return image.astype(np.float32) / np.float32(255) if image.dtype == np.uint8 else image.astype(np.float32)


def to_uint8(image: Any) -> np.ndarray:
    """Converts floats in [0, 1] to uint8 in [0, 255], clipping and rounding to the nearest; uint8 passes unchanged.

    Raises:
        ImageError: if the array is neither uint8 nor float, or holds NaN.
    """
    image = _check_dtype(image)
    if image.dtype == np.uint8:
        return image
    values = image.astype(np.float32)
    num_nan = np.count_nonzero(np.isnan(values))
    if num_nan:
        raise ImageError(
            f"{num_nan} of {values.size} values are not numbers (NaN). The computation that made the image has "
            "diverged: try a smaller learning rate or step, or float32."
        )
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def to_signed(images: Any) -> Any:
    """Converts [0, 1] to [-1, 1], the range of tanh. Takes float arrays and tensors of any shape.

    Raises:
        ImageError: if the values are integers.
    """
    return _check_float(images) * 2.0 - 1.0


def from_signed(images: Any) -> Any:
    """Converts [-1, 1] to [0, 1], without clipping. Takes float arrays and tensors of any shape.

    Raises:
        ImageError: if the values are integers.
    """
    return (_check_float(images) + 1.0) / 2.0


def _check_float(images: Any) -> Any:
    if "float" not in str(getattr(images, "dtype", None)):
        raise ImageError(
            "A float array or tensor is needed: `to_float` makes one of uint8. "
            f"Received: dtype={getattr(images, 'dtype', type(images).__name__)}."
        )
    return images


def _check_dtype(image: Any) -> np.ndarray:
    image = np.asarray(image)
    if image.dtype != np.uint8 and "float" not in image.dtype.name:  # NumPy does not count bfloat16 among the floats
        raise ImageError(f"An image must be uint8 in [0, 255] or float in [0, 1]. Received: dtype={image.dtype}.")
    return image


def check_image(image: Any) -> np.ndarray:
    image = _check_dtype(image)
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4) or 0 in image.shape:
        hint = " Pass one image of the batch, such as images[0]." if image.ndim == 4 else ""
        raise ImageError(
            f"An image must have the shape (height, width, channels) with 1, 3 or 4 channels.{hint} "
            f"Received: shape={image.shape}."
        )
    return image


def to_picture(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)


def resize_image(image: Any, height: int, width: int) -> np.ndarray:
    """Resizes an image with a Lanczos filter, which is widened when the image shrinks (antialiasing).

    Args:
        image: uint8 or float array of shape `(image_height, image_width, channels)` with 1, 3 or 4 channels. Colors
            are weighted with alpha, so that what is transparent does not bleed into what is not.
        height: integer, at least 1.
        width: integer, at least 1.

    Returns:
        Array of the dtype of `image` and of shape `(height, width, channels)`. Floats stay within the range of their
        channel, where the filter alone would swing beyond it at edges.

    Raises:
        ImageError: if the array is not an image or a side is less than 1.
    """
    image = check_image(image)
    if height < 1 or width < 1:
        raise ImageError(f"Sides must be at least 1 pixel. Received: height={height}, width={width}.")
    size = (int(width), int(height))
    has_alpha = image.shape[2] == 4
    if image.dtype == np.uint8:
        if has_alpha:  # colors times alpha need more than 8 bits
            return to_uint8(resize_image(to_float(image), height, width))
        resized = np.array(to_picture(image).resize(size, Image.Resampling.LANCZOS))
        return resized.reshape(height, width, image.shape[2])
    values = image.astype(np.float32)
    if has_alpha:
        values[:, :, :3] *= values[:, :, 3:]
    planes = [Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS) for plane in np.moveaxis(values, -1, 0)]
    resized = np.stack([np.asarray(plane) for plane in planes], axis=-1)
    if has_alpha:
        resized[:, :, :3] /= np.maximum(resized[:, :, 3:], 1e-6)
    bounds = image.astype(np.float32)
    return np.clip(resized, bounds.min(axis=(0, 1)), bounds.max(axis=(0, 1))).astype(image.dtype)


def resize_longest_side(image: Any, size: int) -> np.ndarray:
    """Resizes an image so that its longer side has `size` pixels, up or down, keeping the proportions.

    Args:
        image: as for `resize_image`.
        size: integer, at least 1.

    Returns:
        As `resize_image`; the shorter side is rounded to the nearest pixel and is never less than 1.

    Raises:
        ImageError: as `resize_image`.
    """
    image = check_image(image)
    height, width = image.shape[:2]
    scale = size / max(height, width)
    if scale <= 0:
        raise ImageError(f"`size` must be at least 1 pixel. Received: size={size}.")
    return resize_image(image, max(1, round(height * scale)), max(1, round(width * scale)))

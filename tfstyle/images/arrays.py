"""Images as arrays: value ranges, checks and sizes."""

from typing import Any

import numpy as np
from PIL import Image

from tfstyle.errors import TfstyleError

LUMA_WEIGHTS = (0.299, 0.587, 0.114)  # ITU-R BT.601: the Y of YIQ and of YCbCr, of red, green and blue


class ImageError(TfstyleError, ValueError):
    """Raised for an image that cannot be read, written or converted. The message is one line, written for the user."""


def as_array(name: str, value: Any) -> np.ndarray:
    """Converts an argument to a NumPy array of numbers.

    Args:
        name: name of the argument, for the message.
        value: array, tensor, or nested list of numbers.

    Returns:
        NumPy array. An array is returned as it is, without a copy.

    Raises:
        ImageError: if it is no array of numbers. The message says what was received.
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:  # such as nested lists of different lengths
        raise ImageError(f"`{name}` must be an array. Received: {describe(value)}.") from error
    if array.dtype.kind in "OSUMm":
        raise ImageError(f"`{name}` must be an array of numbers. Received: {describe(value)}.")
    return array


def describe(value: Any) -> str:
    """The type of a value, and a short value itself, for a message."""
    text = repr(value)
    return f"{type(value).__name__} {text}" if len(text) <= 60 else f"a {type(value).__name__}"


def check_unit_range(name: str, image: np.ndarray) -> None:
    """Checks that an image is uint8 in [0, 255] or float in [0, 1].

    Floats may exceed [0, 1] a little, as resized images do. Images in [0, 255] or [-1, 1] are refused.

    Args:
        name: name of the argument, for the message.
        image: array of any shape.

    Raises:
        ImageError: if the dtype or the range is another one.
    """
    if image.dtype == np.uint8 or not image.size:
        return
    if "float" not in image.dtype.name or not (image.min() >= -0.5 and image.max() <= 2):
        raise ImageError(
            f"`{name}` must be uint8 in [0, 255] or float in [0, 1]. Convert other ranges with `tfstyle.images`. "
            f"Received: dtype={image.dtype}, values from {image.min():.4g} to {image.max():.4g}."
        )


def luma(image: np.ndarray) -> np.ndarray:
    """Computes the luma of RGB colors: `0.299 R + 0.587 G + 0.114 B`, as in ITU-R BT.601.

    Args:
        image: float array of shape `(..., 3)`, RGB.

    Returns:
        Array of shape `(...)`, in the dtype and range of `image`.
    """
    return image @ np.array(LUMA_WEIGHTS, image.dtype)


def to_float(image: Any) -> np.ndarray:
    """Converts uint8 in [0, 255] to float32 in [0, 1]; floats keep their values and become float32.

    Raises:
        ImageError: if the array is neither uint8 nor float.
    """
    image = _check_dtype(image)
    return image.astype(np.float32) / np.float32(255) if image.dtype == np.uint8 else image.astype(np.float32)


def to_uint8(image: Any) -> np.ndarray:
    """Converts floats in [0, 1] to uint8 in [0, 255], with clipping and rounding; uint8 is returned unchanged.

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
            f"{num_nan} of {values.size} values are NaN. The computation that produced the image has "
            "diverged. Use a smaller learning rate or step, or float32."
        )
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def to_signed(images: Any) -> Any:
    """Converts [0, 1] to [-1, 1], the range of tanh. Accepts float arrays and tensors of any shape.

    Raises:
        ImageError: if the values are integers.
    """
    return _check_float(images) * 2.0 - 1.0


def from_signed(images: Any) -> Any:
    """Converts [-1, 1] to [0, 1], without clipping. Accepts float arrays and tensors of any shape.

    Raises:
        ImageError: if the values are integers.
    """
    return (_check_float(images) + 1.0) / 2.0


def _check_float(images: Any) -> Any:
    if "float" not in str(getattr(images, "dtype", None)):
        raise ImageError(
            "The values must be a float array or tensor. Convert uint8 with `to_float`. "
            f"Received: dtype={getattr(images, 'dtype', type(images).__name__)}."
        )
    return images


def _check_dtype(image: Any) -> np.ndarray:
    image = as_array("image", image)
    if image.dtype != np.uint8 and "float" not in image.dtype.name:  # NumPy does not count bfloat16 among the floats
        raise ImageError(f"An image must be uint8 in [0, 255] or float in [0, 1]. Received: dtype={image.dtype}.")
    return image


def check_image(image: Any) -> np.ndarray:
    image = _check_dtype(image)
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4) or 0 in image.shape:
        hint = " Pass a single image of the batch, such as images[0]." if image.ndim == 4 else ""
        raise ImageError(
            f"An image must have the shape (height, width, channels) with 1, 3 or 4 channels.{hint} "
            f"Received: shape={image.shape}."
        )
    return image


def to_picture(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)


def resize_image(image: Any, height: int, width: int) -> np.ndarray:
    """Resizes an image with a Lanczos filter, antialiased.

    Args:
        image: uint8 or float array of shape `(image_height, image_width, channels)` with 1, 3 or 4 channels. Colors
            are weighted by alpha, so that transparent pixels do not bleed into opaque ones.
        height: integer, at least 1.
        width: integer, at least 1.

    Returns:
        Array of the dtype of `image` and of shape `(height, width, channels)`. Floats are clipped to the range of their
        channel: the filter overshoots at edges.

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
    """Resizes an image so that its longer side has `size` pixels. The aspect ratio is preserved.

    Args:
        image: as in `resize_image`.
        size: integer, at least 1. Smaller images are enlarged.

    Returns:
        As for `resize_image`. The shorter side is rounded to the nearest pixel, at least 1.

    Raises:
        ImageError: as in `resize_image`.
    """
    image = check_image(image)
    height, width = image.shape[:2]
    scale = size / max(height, width)
    if scale <= 0:
        raise ImageError(f"`size` must be at least 1 pixel. Received: size={size}.")
    return resize_image(image, max(1, round(height * scale)), max(1, round(width * scale)))

"""How close images are to their targets, pixel by pixel and structure by structure."""

import numpy as np


def peak_signal_to_noise_ratio(images, targets) -> float:
    """PSNR in decibels, `-10 log10 mean (y - x)^2`, averaged over the images. Equal images have 100 dB.

    Args:
        images: float array of shape `(batch, height, width, channels)` in [0, 1].
        targets: float array of the same shape.

    Raises:
        ValueError: if the shapes differ.
    """
    images, targets = _checked(images, targets)
    errors = np.mean(np.square(images - targets), axis=(1, 2, 3))
    return float(np.mean(-10.0 * np.log10(np.maximum(errors, 1e-10))))


def structural_similarity(images, targets) -> float:
    """SSIM, averaged over the images: 1 for equal images. Both sides must have at least 11 pixels.

    Args:
        images: float array of shape `(batch, height, width, channels)` in [0, 1].
        targets: float array of the same shape.

    Raises:
        ValueError: if the shapes differ, or a side is too short for the window of 11 pixels.

    Reference:
        Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment: From Error Visibility to Structural Similarity, 2004,
        computed by `tf.image.ssim`.
    """
    import tensorflow as tf

    images, targets = _checked(images, targets)
    if min(images.shape[1:3]) < 11:
        raise ValueError(f"Sides must have at least 11 pixels. Received: shape={images.shape}.")
    return float(np.mean(tf.image.ssim(images.astype(np.float32), targets.astype(np.float32), 1.0)))


def _checked(images, targets):
    images, targets = np.asarray(images, np.float64), np.asarray(targets, np.float64)
    if images.shape != targets.shape or images.ndim != 4:
        raise ValueError(
            "Images and targets must have one shape (batch, height, width, channels). "
            f"Received: {images.shape} and {targets.shape}."
        )
    return images, targets

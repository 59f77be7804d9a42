"""Periodicity of textures in plain areas."""

import numpy as np
from PIL import Image, ImageFilter

WINDOW = 64  # pixels
STEP = 16
BORDER = 8
PLAINEST = 0.1  # share of the windows that are looked at
SMALLEST_IMAGE = WINDOW + 2 * BORDER
BLUR = 4  # pixels: finer than this is texture
NEAREST, FARTHEST = 14, 28  # pixels: a stroke is like itself nearer than this
LEAST_ENERGY = 1e-4  # below, there is no texture


def periodicity(photograph, painted) -> float:
    """Periodicity of the fine texture that a network adds to plain areas: its largest autocorrelation at a distance.

    Hatching repeats one tile, while the strokes of paintings do not repeat. Paintings have a periodicity of 0.20 to
    0.38, exact hatching has 1.

    Args:
        photograph: uint8 array `(height, width, 3)`, RGB in [0, 255]; both sides at least 80 pixels.
        painted: uint8 array of the same shape, the stylized photograph.

    Returns:
        Float in [0, 1]: the largest normalized autocorrelation at a distance of 14 to 28 px. It is computed of the
        image minus its blur (4 px), and averaged over the tenth of the windows (64 px) in which the photograph varies
        least. 0 if no window has texture.

    Raises:
        ValueError: if the shapes differ or are too small.
    """
    photograph, painted = np.asarray(photograph), np.asarray(painted)
    if photograph.shape != painted.shape or min(photograph.shape[:2]) < SMALLEST_IMAGE:
        raise ValueError(
            f"`photograph` and `painted` must have the same shape, with sides of at least {SMALLEST_IMAGE} pixels. "
            f"Received: photograph.shape={photograph.shape}, painted.shape={painted.shape}."
        )
    picture = Image.fromarray(painted).convert("L")
    texture = (np.asarray(picture, float) - np.asarray(picture.filter(ImageFilter.GaussianBlur(BLUR)), float)) / 255
    taper = np.outer(np.hanning(WINDOW), np.hanning(WINDOW))
    # What the taper alone takes away with the distance.
    taper_correlation = np.maximum(_autocorrelation(taper), 0.05)
    rows, columns = np.indices(taper_correlation.shape) - WINDOW
    ring = (np.hypot(rows, columns) >= NEAREST) & (np.hypot(rows, columns) <= FARTHEST)
    largest = []
    for top, left in _plain_windows(np.asarray(Image.fromarray(photograph).convert("L"), float)):
        window = texture[top : top + WINDOW, left : left + WINDOW]
        window = (window - window.mean()) * taper
        if np.sum(window**2) >= LEAST_ENERGY:
            largest.append((_autocorrelation(window) / taper_correlation)[ring].max())
    return float(np.mean(largest)) if largest else 0.0


def _plain_windows(luminance):
    """Corners of the windows with the smallest luminance variation."""
    height, width = luminance.shape
    corners = [
        (top, left)
        for top in range(BORDER, height - WINDOW - BORDER + 1, STEP)
        for left in range(BORDER, width - WINDOW - BORDER + 1, STEP)
    ]
    spread = [luminance[top : top + WINDOW, left : left + WINDOW].std() for top, left in corners]
    bound = np.quantile(spread, PLAINEST)
    return [corner for corner, deviation in zip(corners, spread, strict=True) if deviation <= bound]


def _autocorrelation(values):
    """Normalized autocorrelation of zero-padded `(size, size)` values: `(2 size, 2 size)`, distance 0 in the center."""
    spectrum = np.fft.fft2(values, (2 * WINDOW, 2 * WINDOW))
    correlation = np.fft.fftshift(np.fft.ifft2(np.abs(spectrum) ** 2).real)
    return correlation / correlation[WINDOW, WINDOW]

"""Labeled color images of shapes drawn by code, a dataset without download."""

import numpy as np

from tfstyle.data.image_array import ImageArray
from tfstyle.images import luma

SHAPES = ("disk", "ring", "square", "triangle", "cross")


def procedural_images(num_images=4096, image_size=32, channels=3, seed=0) -> ImageArray:
    """Draws one shape per image at a random position, size, angle and color, on a shaded background.

    Image `i` depends on `seed` and `i` only, so a larger set starts with the smaller one.

    Args:
        num_images: integer.
        image_size: integer, height and width in pixels.
        channels: 1, 3, or 4 for a transparent background.
        seed: integer.

    Returns:
        `ImageArray` with the shapes as labels. Edges are antialiased.
    """
    numbers = np.random.default_rng(seed).random((num_images, 10))
    label, turn, size, left, top, hue, depth, ground_hue, ground_value, slope = numbers.T
    labels = (label * len(SHAPES)).astype(np.int32)
    radius = 0.22 + 0.16 * size  # as a share of the image
    margin = 1.1 * radius + 0.02
    center = [margin + share * (1.0 - 2.0 * margin) for share in (left, top)]
    # Colors: a strong one on a pale ground of any other hue.
    color = hsv_to_rgb(hue, 0.6 + 0.4 * depth, 0.35 + 0.5 * depth)
    ground = hsv_to_rgb(hue + 0.25 + 0.5 * ground_hue, np.full(num_images, 0.25), 0.75 + 0.25 * ground_value)

    images = np.empty((num_images, image_size, image_size, channels), np.uint8)
    pixels = (np.arange(image_size) + 0.5) / image_size
    for index in range(num_images):
        x, y = np.meshgrid(pixels - center[0][index], pixels - center[1][index])
        angle = 2.0 * np.pi * turn[index]
        x, y = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        distance = signed_distance(SHAPES[labels[index]], x / radius[index], y / radius[index]) * radius[index]
        share = np.clip(0.5 - distance * image_size, 0.0, 1.0)[..., None]  # of each pixel that the shape covers
        shade = 1.0 - 0.3 * slope[index] * pixels[:, None, None]
        picture = share * color[index] + (1.0 - share) * shade * ground[index]
        if channels == 1:
            picture = luma(picture)[..., None]
        elif channels == 4:
            picture = np.concatenate([np.broadcast_to(color[index], picture.shape), share], axis=-1)
        images[index] = np.rint(255.0 * picture)
    return ImageArray(images, labels, SHAPES)


def signed_distance(shape, x, y) -> np.ndarray:
    """Distance from the outline of a shape of about radius 1 around the origin; negative inside.

    Args:
        shape: one of `SHAPES`.
        x: float array.
        y: float array of the same shape.

    Returns:
        Float array of the same shape; exact near straight edges, a bound beyond corners.
    """
    length = np.hypot(x, y)
    if shape == "disk":
        return length - 1.0
    if shape == "ring":
        return np.abs(length - 0.75) - 0.25
    if shape == "square":
        return np.maximum(np.abs(x), np.abs(y)) - 0.7
    if shape == "triangle":
        return np.maximum.reduce([y, -0.5 * y + 0.75**0.5 * x, -0.5 * y - 0.75**0.5 * x]) - 0.5
    bars = [np.maximum(np.abs(a) - 1.0, np.abs(b) - 0.3) for a, b in ((x, y), (y, x))]
    return np.minimum(*bars)


def hsv_to_rgb(hue, saturation, value) -> np.ndarray:
    """Colors of hue, saturation and value.

    Args:
        hue: float array of shape `(n,)`; whole numbers are red, and 1 is once around.
        saturation: float array of shape `(n,)` in [0, 1].
        value: float array of shape `(n,)` in [0, 1].

    Returns:
        Float array of shape `(n, 3)` in [0, 1].
    """
    distance = np.abs(6.0 * np.mod(hue[:, None] + np.array([0.0, 2.0, 1.0]) / 3.0, 1.0) - 3.0)
    full = np.clip(distance - 1.0, 0.0, 1.0)
    return value[:, None] * (1.0 - saturation[:, None] * (1.0 - full))

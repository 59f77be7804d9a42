"""Restoring photographs of any size: repair, colors, and resolution.

Inpainters and upscalers have no normalization, so that a pixel depends on its surroundings only. Large photographs are
processed in tiles with that much margin: the result is that of the whole photograph, without seams.
"""

import math
from typing import Any

import numpy as np

from tfstyle.images import as_array, luma, resize_image, to_float, to_uint8
from tfstyle.transfer.geometry import geometry_of
from tfstyle.transfer.stylize import StylizeError, check_photo
from tfstyle.transfer.tiling import STEP, plan_tiles

TILE_SIZE = 512  # pixels, without the margin: about 1 GB of memory for repairs
UPSCALE_TILE_SIZE = 256
DIFFUSION_MARGIN = 192  # pixels: colors that diffuse into a hole from further away do not differ by a rounding
COLOR_SIZE = 384  # longest side at which colors are predicted: about the scale of the training


def repair(photo: Any, mask: Any, inpainter: Any = None) -> np.ndarray:
    """Fills the holes of a photograph.

    Without an inpainter, colors diffuse into the holes from their edges (`HoleDiffusion`): right for scratches, spots
    and what lies on plain areas, soft and without texture where a hole is wide.

    Args:
        photo: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`, RGB, or
            `(height, width, 4)`, RGBA, whose alpha is kept.
        mask: array of shape `(height, width)`: bool, uint8 or float in [0, 1]; true, at least 128 or at least 0.5 in
            the holes.
        inpainter: a loaded inpainter, as `tfstyle.load` returns it, or None.

    Returns:
        Array of the shape and dtype of `photo`. Pixels outside of the holes are bit for bit those of `photo`.

    Raises:
        ValueError: if `photo` or `mask` is invalid, they differ in size, or the mask covers everything.

    Example:
        ```python
        whole = tfstyle.transfer.repair(photo, mask)
        whole = tfstyle.transfer.repair(photo, mask, tfstyle.load("repair"))
        ```
    """
    photo = check_photo(photo)
    holes = as_holes(mask, photo)
    repaired = photo.copy()
    if not holes.any():
        return repaired
    if holes.all():
        raise StylizeError("The mask covers the whole photograph: nothing is left to repair it from.")
    fill = inpainter or diffuse
    geometry = geometry_of(inpainter.metadata) if inpainter else None
    reach = geometry.reach if geometry else 0
    margin = math.ceil((reach + DIFFUSION_MARGIN) / STEP) * STEP  # what a pixel depends on, rounded up
    images = photo[None, ..., :3]
    height, width = holes.shape
    for tile in plan_tiles(height, width, TILE_SIZE, margin):
        inner = tile.inner_rows, tile.inner_columns
        in_tile = holes[tile.rows, tile.columns]
        if not in_tile[inner].any():
            continue
        filled = fill(tile.cut(images), in_tile[None])[0]
        target = repaired[tile.rows, tile.columns, :3][inner]
        target[in_tile[inner]] = filled[inner][in_tile[inner]]
    return repaired


def diffuse(images: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Images whose holes are filled by `HoleDiffusion`, called as an inpainter."""
    from tfstyle.layers.hole_diffusion import HoleDiffusion

    filled = np.asarray(HoleDiffusion()(to_float(images), np.float32(masks[..., None])))
    return to_uint8(filled) if images.dtype == np.uint8 else filled.astype(images.dtype)


def as_holes(mask: Any, photo: np.ndarray) -> np.ndarray:
    """Converts a mask to a bool array `(height, width)`, or raises a ValueError if it does not fit the photograph."""
    mask = as_array("mask", mask)
    if mask.shape != photo.shape[:2]:
        raise StylizeError(
            "`mask` must have the height and width of the photograph. "
            f"Received: mask.shape={mask.shape}, photo.shape={photo.shape}."
        )
    if mask.dtype == bool:
        return mask
    return mask >= (128 if mask.dtype == np.uint8 else 0.5)


def upscale(photo: Any, upscaler: Any) -> np.ndarray:
    """Enlarges a photograph.

    Args:
        photo: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`, RGB, or
            `(height, width, 4)`, RGBA, whose alpha is enlarged by interpolation.
        upscaler: a loaded upscaler, as `tfstyle.load` returns it.

    Returns:
        Array of the dtype of `photo`, `upscaler.scale` times as high and wide.

    Raises:
        ValueError: if `photo` is invalid.
    """
    photo, scale = check_photo(photo), upscaler.scale
    height, width = photo.shape[:2]
    images = photo[None, ..., :3]
    large = np.empty((scale * height, scale * width, photo.shape[-1]), photo.dtype)
    blocks = upscaler.metadata["config"]["num_residual_blocks"]
    margin = math.ceil((2 * blocks + 12) / STEP) * STEP
    for tile in plan_tiles(height, width, UPSCALE_TILE_SIZE, margin):
        made = upscaler(tile.cut(images))[0]
        inner = tuple(slice(scale * part.start, scale * part.stop) for part in (tile.inner_rows, tile.inner_columns))
        top, left = (
            scale * (outer.start + part.start)
            for outer, part in ((tile.rows, tile.inner_rows), (tile.columns, tile.inner_columns))
        )
        piece = made[inner]
        large[top : top + piece.shape[0], left : left + piece.shape[1], :3] = piece
    if photo.shape[-1] == 4:
        large[..., 3:] = resize_image(photo[..., 3:], *large.shape[:2])
    return large


def colorize(photo: Any, colorizer: Any, size: int = COLOR_SIZE, saturation: float = 1.0) -> np.ndarray:
    """Adds colors to a photograph, and keeps its luminance at every pixel.

    Colors are predicted on a reduced copy, since they are coarse and the network knows things in the size of its
    training, and then enlarged; the luminance stays as sharp as it is.

    Args:
        photo: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`, RGB, or
            `(height, width, 4)`, RGBA, whose alpha is kept. Only its luminance is used.
        colorizer: a loaded colorizer, as `tfstyle.load` returns it.
        size: integer, longest side of the reduced copy. Smaller photographs are not reduced.
        saturation: float, at least 0, factor of the predicted chrominance.

    Returns:
        Array of the shape and dtype of `photo`.

    Raises:
        ValueError: if `photo` is invalid, or a number is out of range.
    """
    photo = check_photo(photo)
    if size < 1 or not saturation >= 0:
        raise StylizeError(
            f"`size` must be positive and `saturation` not negative. Received: size={size}, saturation={saturation}."
        )
    values = to_float(photo)
    gray = luma(values[..., :3]).clip(0, 1)
    height, width = gray.shape
    scale = min(1.0, size / max(height, width))
    small = gray
    if scale < 1:
        sides = max(1, round(height * scale)), max(1, round(width * scale))
        small = resize_image(gray[..., None], *sides)[..., 0]
    colored = colorizer(np.repeat(small[None, ..., None], 3, axis=-1))[0]
    change = colored - luma(colored)[..., None]
    if scale < 1:  # differences in [-1, 1], which the resizing of images takes as they are
        change = np.concatenate([resize_image(change[..., index : index + 1], height, width) for index in range(3)], -1)
        change -= luma(change)[..., None]
    change *= np.float32(saturation)
    # The largest share of each change that keeps the color in [0, 1]: so the luminance is exact.
    room = np.where(change > 0, 1 - gray[..., None], gray[..., None])
    share = np.min(room / np.maximum(np.abs(change), 1e-6), axis=-1, keepdims=True).clip(0, 1)
    result = np.concatenate([gray[..., None] + share * change, values[..., 3:]], axis=-1)
    return to_uint8(result) if photo.dtype == np.uint8 else result.astype(photo.dtype)

"""Stylizing a photograph in memory. For files, see `tfstyle.transfer.jobs`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.errors import TfstyleError
from tfstyle.images import as_array, check_unit_range, to_float, to_uint8
from tfstyle.transfer import color
from tfstyle.transfer.canvas import canvas_side, on_canvas
from tfstyle.transfer.masks import normalize_masks


class StylizeError(TfstyleError, ValueError):
    """Raised for a request that cannot be met. The message is one line, written for the user."""


def stylize(
    photo: Any,
    model: Any,
    styles: Any,
    strength: float = 1.0,
    preserve_color: bool = False,
    masks: Any = None,
    stroke_size: float = 1.0,
    seed: int | None = None,
    canvas: int | None = None,
) -> np.ndarray:
    """Stylizes a photograph in one feed-forward pass.

    Several styles are blended, or, with `masks`, each is applied to a region of its own.

    Args:
        photo: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`, RGB, or
            `(height, width, 4)`, RGBA. Alpha is copied to the output. Fully transparent pixels count as white.
        model: a loaded model, as `tfstyle.load` returns it: a style bank or an arbitrary style transfer network.
        styles: a style, or a list of `(style, weight)` with positive weights, which are normalized to sum to 1. A style
            of a bank is its name; a mapping of name -> weight is accepted too. Arbitrary style transfer takes a
            painting (uint8 or float array of shape `(height, width, 3)`) or a style embedding (float array of shape
            `(style_dim,)`). For many photographs in the style of one painting, compute its embedding once with
            `model.encode_style`: this may take seconds. With `masks`, a list of one style for each mask.
        strength: float in [0, 1]. 0 returns the photograph.
        preserve_color: whether to keep the colors of the photograph.
        masks: float array of shape `(num_masks, height, width)` in [0, 1], the share of each style at each pixel, or
            None. Where the masks sum to less than 1, the remainder is the photograph; where they sum to more, they are
            normalized. `tfstyle.transfer.masks` reads masks from files and softens their edges.
        stroke_size: positive float, the size of the strokes relative to the usual one. A bank interpolates between the
            sizes that it has learned; arbitrary style transfer resizes the painting.
        seed: integer in `[0, 2**31)`. Another seed gives other strokes, the same seed the same picture; None is the
            seed 0 of a bank, and the style as it is for arbitrary style transfer. Models without noise ignore it.
        canvas: integer, longest side at which a smaller photograph is painted before it is reduced to its own size:
            larger keeps finer details, and takes longer. 0 paints it at its own size; None is twice its size, at most
            the "canvas" in the metadata of the model, if it has one.

    Returns:
        Array of the shape and dtype of `photo`.

    Raises:
        ValueError: if a style is unknown, a number is out of range, or `photo`, `model` or `masks` is invalid.

    Example:
        >>> bank = tfstyle.load("style_bank")
        >>> painting = tfstyle.stylize(photo, bank, {"van_gogh_starry_night": 2, "hokusai_great_wave": 1}, strength=0.8)
        >>> painting.shape == photo.shape
        True
    """
    if not hasattr(model, "painter"):
        hint = f" Pass tfstyle.load({str(model)!r})." if isinstance(model, str | Path) else ""
        raise ValueError(f"`model` must be a loaded model.{hint} Received: {type(model).__name__}.")
    photo = check_photo(photo)
    values = to_float(photo)
    side = canvas_side(photo.shape[0], photo.shape[1], getattr(model, "metadata", {}), canvas)

    def painter(style):
        return on_canvas(model.painter(style, strength, stroke_size, seed), side, in_bytes=photo.dtype == np.uint8)

    if masks is None:
        paint = painter(styles)
    else:
        masks = check_masks(masks, styles, photo)
        paint = regions_painter([painter(style) for style in styles], masks)
    if strength == 0:
        return photo
    rgb, alpha = values[..., :3], values[..., 3:]
    if alpha.size:
        # Only where alpha is 0: half transparent pixels keep their color, or outlines get a white fringe.
        rgb = np.where(alpha > 0, rgb, np.float32(1))
    stylized = paint(rgb[None])[0]
    if preserve_color:
        stylized = color.preserve_color(stylized, rgb)
    stylized = np.concatenate([stylized, alpha], axis=-1)
    return to_uint8(stylized) if photo.dtype == np.uint8 else stylized.astype(photo.dtype)


def regions_painter(
    painters: Sequence[Callable[[np.ndarray], np.ndarray]], masks: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Combines functions of images, each for a region of its own.

    Args:
        painters: sequence of functions of images.
        masks: float array of shape `(num_painters, height, width)` in [0, 1].

    Returns:
        Function of images of shape `(batch, height, width, 3)`, float in [0, 1].
    """
    shares = normalize_masks(masks)[..., None]

    def paint(images: np.ndarray) -> np.ndarray:
        painted = np.maximum(1 - shares.sum(axis=0), 0) * images
        for share, painter in zip(shares, painters, strict=True):
            painted += share * painter(images)
        return painted

    return paint


def check_masks(masks: Any, styles: Any, photo: np.ndarray) -> np.ndarray:
    """Returns masks as a float32 array. Raises a ValueError if they do not match the styles or the photograph."""
    masks = as_array("masks", masks)
    if masks.ndim != 3 or masks.shape[1:] != photo.shape[:2]:
        raise ValueError(
            "`masks` must have the shape (num_masks, height, width), with the height and width of the photograph, as "
            f"load_masks(files, height, width) returns them. Received: masks.shape={masks.shape}, "
            f"photo.shape={photo.shape}."
        )
    if isinstance(styles, str | Mapping) or not isinstance(styles, list | tuple) or len(styles) != len(masks):
        length = f" of length {len(styles)}" if isinstance(styles, list | tuple) else ""
        raise ValueError(
            "With `masks`, `styles` must be a list of one style for each mask. "
            f"Received: a {type(styles).__name__}{length}, masks.shape={masks.shape}."
        )
    if masks.dtype.kind != "f" or not (masks.min() >= 0 and masks.max() <= 1):
        raise ValueError(
            "`masks` must be float in [0, 1]. "
            f"Received: dtype={masks.dtype}, values from {masks.min()} to {masks.max()}."
        )
    return masks.astype(np.float32)


def check_photo(photo: Any) -> np.ndarray:
    """Returns a photograph as an array. Raises a ValueError if `stylize` cannot take it."""
    if isinstance(photo, str | Path):
        raise ValueError(f"`photo` must be an array, not a path. Pass tfstyle.load_image({str(photo)!r}).")
    photo = as_array("photo", photo)
    if photo.ndim != 3 or photo.shape[-1] not in (3, 4) or not photo.size:
        raise ValueError(
            "`photo` must have the shape (height, width, 3), or (height, width, 4) with alpha. "
            f"Received: photo.shape={photo.shape}."
        )
    check_unit_range("photo", photo)
    return photo

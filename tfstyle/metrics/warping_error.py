"""How much a painted clip flickers, and how sharp its frames are."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tfstyle.video.flow import find_correspondence, warp

FINE = 2  # pixels: standard deviation of the blur below which texture is fine
LUMA = np.array([0.299, 0.587, 0.114])


def warping_error(original: Iterable[np.ndarray], painted: Iterable[np.ndarray]) -> float:
    """Flicker of a painted clip: how far each frame is from the one before, carried along by the original's motion.

        sqrt( mean over frames t and sure pixels x of | painted_t(x) - painted_{t-1}(x + flow_t(x)) |^2 )

    The flow is that of the original (`optical_flow`). Pixels that were hidden before, those at the borders of motions,
    and those whose brightness changed do not count (`find_correspondence`). A painting that is fixed to what it shows
    has the error of the interpolation alone.

    Args:
        original: frames of the original, uint8 arrays of shape `(height, width, 3)`, RGB in [0, 255]. With the original
            also as `painted`, the function returns what the flow and the camera's noise account for.
        painted: its painted frames, of the same shape and number.

    Returns:
        Float, at least 0, of color values in [0, 1].

    Raises:
        ValueError: if a clip has fewer than two frames, or the clips differ in size.

    Reference:
        Lai, Huang, Wang, Shechtman, Yumer, Yang: Learning Blind Video Temporal Consistency, 2018, section 4.1. Differs
        from the paper: DIS flow instead of FlowNet2, one mean over all frames, and its root.
    """
    return measure_clip(original, painted).painted_error


def texture_energy(image: np.ndarray) -> float:
    """Energy of the fine texture of an image: the mean square of its luma minus the blurred luma (2 px).

    Args:
        image: uint8 array of shape `(height, width, 3)`, RGB in [0, 255].

    Returns:
        Float, at least 0, of values in [0, 1].
    """
    luma = np.float32(np.asarray(image) @ LUMA / 255)
    return float(np.mean((luma - _blur(luma)) ** 2))


def _blur(values):
    """Gaussian blur with mirrored borders, one axis after the other."""
    offsets = np.arange(-3 * FINE, 3 * FINE + 1)
    kernel = np.exp(-0.5 * (offsets / FINE) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padding = [(3 * FINE, 3 * FINE) if axis == other else (0, 0) for other in (0, 1)]
        padded = np.pad(values, padding, mode="reflect" if values.shape[axis] > 3 * FINE else "edge")
        values = sum(
            weight * padded.take(np.arange(start, start + values.shape[axis]), axis=axis)
            for start, weight in enumerate(kernel)
        )
    return values


@dataclass(frozen=True)
class ClipReport:
    """Measurements of a painted clip beside its original.

    Args:
        num_frames: integer.
        painted_error: `warping_error` of the painted clip.
        original_error: that of the original itself.
        painted_texture: mean `texture_energy` of the painted frames.
        original_texture: that of the original frames.
        share_measured: share of the pixels that count.
    """

    num_frames: int
    painted_error: float
    original_error: float
    painted_texture: float
    original_texture: float
    share_measured: float


def measure_clip(original: Iterable[np.ndarray], painted: Iterable[np.ndarray]) -> ClipReport:
    """Measures flicker and sharpness of a painted clip. Of both clips two frames are in memory at a time.

    Args:
        original: as in `warping_error`.
        painted: as in `warping_error`. If one of the clips is longer, the rest of it does not count.

    Returns:
        `ClipReport`.

    Raises:
        ValueError: as in `warping_error`.
    """
    squares, num_measured, num_pixels, num_frames = np.zeros(2), 0, 0, 0
    textures = np.zeros(2)
    before: tuple[np.ndarray, ...] | None = None
    for frames in zip(original, painted, strict=False):
        now = tuple(np.ascontiguousarray(frame) for frame in frames)
        if now[0].shape != now[1].shape or (before and before[0].shape != now[0].shape):
            raise ValueError(
                "The original and the painted clip must have frames of one size. "
                f"Received: {now[0].shape} and {now[1].shape}."
            )
        textures += [texture_energy(frame) for frame in now]
        num_frames += 1
        if before is not None:
            found = find_correspondence(before[0], now[0])
            for number in (0, 1):
                carried = warp(before[number].astype(np.float32), found.flow)
                difference = (now[number] - carried)[found.is_sure] / 255
                squares[number] += np.sum(difference**2, dtype=np.float64)
            num_measured += 3 * int(np.count_nonzero(found.is_sure))
            num_pixels += found.is_sure.size
        before = now
    if num_frames < 2:
        raise ValueError(f"Flicker is measured between two frames or more. Received: {num_frames}.")
    original_error, painted_error = np.sqrt(squares / max(num_measured, 1))
    original_texture, painted_texture = textures / num_frames
    return ClipReport(
        num_frames,
        float(painted_error),
        float(original_error),
        float(painted_texture),
        float(original_texture),
        num_measured / 3 / max(num_pixels, 1),
    )

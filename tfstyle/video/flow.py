"""Optical flow between frames, and where it can be trusted."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.video.clip import import_package

LONGEST_SIDE = 512  # flow is estimated at this size and enlarged: strokes are coarser than its errors
# Sundaram, Brox, Keutzer 2010, section 3: forward and backward flow agree, and no border of a motion is near.
CONSISTENCY, CONSISTENCY_PIXELS = 0.01, 0.5
BOUNDARY, BOUNDARY_PIXELS = 0.01, 0.002
SAME_BRIGHTNESS = 0.1  # of values in [0, 1]: a pixel that changed by more shows something else, or the flow is wrong
LEAST_SIDE = 16  # of frames in which DIS finds a flow


@dataclass(frozen=True)
class Correspondence:
    """Where each pixel of a frame was in the frame before.

    Args:
        flow: float32 array of shape `(height, width, 2)`: columns and rows from the pixel to its place before.
        is_sure: bool array of shape `(height, width)`: the pixel was visible before, inside the frame, and of nearly
            the same brightness, and its flow can be trusted.
    """

    flow: np.ndarray
    is_sure: np.ndarray


def optical_flow(frame: np.ndarray, other: np.ndarray, longest_side: int = LONGEST_SIDE) -> np.ndarray:
    """Dense optical flow by DIS: where each pixel of a frame is in another one.

    Args:
        frame: uint8 array of shape `(height, width, 3)`, RGB in [0, 255].
        other: uint8 array of the same shape.
        longest_side: integer, size at which larger frames are compared.

    Returns:
        float32 array of shape `(height, width, 2)`: columns and rows from the pixel to its place in `other`.

    Raises:
        VideoError: if OpenCV is not installed.

    Reference:
        Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using Dense Inverse Search, 2016.
    """
    cv2 = import_package("cv2")
    height, width = frame.shape[:2]
    if min(height, width) < LEAST_SIDE:
        return np.zeros((height, width, 2), np.float32)
    first, second = (_small_gray(cv2, image, longest_side) for image in (frame, other))
    estimator = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = estimator.calc(first, second, None)
    if first.shape == (height, width):
        return flow
    scale = np.array([width / first.shape[1], height / first.shape[0]], np.float32)
    return cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * scale


def _small_gray(cv2: Any, image: np.ndarray, longest_side: int) -> np.ndarray:
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    height, width = gray.shape
    scale = longest_side / max(height, width)
    if scale >= 1:
        return gray
    sides = max(LEAST_SIDE, round(width * scale)), max(LEAST_SIDE, round(height * scale))
    return cv2.resize(gray, sides, interpolation=cv2.INTER_AREA)


def warp(values: np.ndarray, flow: np.ndarray, is_smooth: bool = False) -> np.ndarray:
    """Carries what was there before to where it is now.

    Args:
        values: uint8 or float32 array of shape `(height, width)` or `(height, width, channels)`, of the frame before.
        flow: as in `Correspondence`.
        is_smooth: whether to interpolate linearly. Otherwise bicubic interpolation keeps textures sharper.

    Returns:
        Array of the shape and dtype of `values`. Beyond the border, the nearest pixel counts.
    """
    cv2 = import_package("cv2")
    height, width = flow.shape[:2]
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    interpolation = cv2.INTER_LINEAR if is_smooth else cv2.INTER_CUBIC
    warped = cv2.remap(
        values, columns + flow[..., 0], rows + flow[..., 1], interpolation, borderMode=cv2.BORDER_REPLICATE
    )
    return warped.reshape(values.shape)


def find_correspondence(previous: np.ndarray, current: np.ndarray, longest_side: int = LONGEST_SIDE) -> Correspondence:
    """Finds where the pixels of a frame were in the frame before.

    A pixel is sure if the flow there and back returns to it, if it is at no border between two motions, and if its
    brightness hardly changed: on fast motion, DIS may agree with itself and be wrong.

    Args:
        previous: uint8 array of shape `(height, width, 3)`, RGB in [0, 255].
        current: uint8 array of the same shape.
        longest_side: as in `optical_flow`.

    Returns:
        `Correspondence` of `current` with `previous`.

    Reference:
        Sundaram, Brox, Keutzer: Dense Point Trajectories by GPU-Accelerated Large Displacement Optical Flow, 2010,
        section 3; used for style transfer by Ruder, Dosovitskiy, Brox: Artistic Style Transfer for Videos, 2016.
    """
    backward = optical_flow(current, previous, longest_side)
    forward = optical_flow(previous, current, longest_side)
    return Correspondence(backward, _is_visible(backward, forward) & _looks_the_same(previous, current, backward))


def squared_lengths(vectors: np.ndarray) -> np.ndarray:
    """Sum of the squares of float32 values `(height, width, channels)` over the channels.

    Plane by plane: a sum over a last axis of two or three takes many times as long.
    """
    return sum((vectors[..., channel] ** 2 for channel in range(1, vectors.shape[-1])), start=vectors[..., 0] ** 2)


def _looks_the_same(previous: np.ndarray, current: np.ndarray, backward: np.ndarray) -> np.ndarray:
    cv2 = import_package("cv2")
    before, now = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255 for image in (previous, current))
    change = cv2.GaussianBlur(now - warp(before, backward, is_smooth=True), (0, 0), 1.0)  # without the camera's noise
    return np.abs(change) < SAME_BRIGHTNESS


def _is_visible(backward: np.ndarray, forward: np.ndarray) -> np.ndarray:
    height, width = backward.shape[:2]
    returned = warp(forward, backward, is_smooth=True)
    lengths = squared_lengths(backward)
    limit = CONSISTENCY * (squared_lengths(returned) + lengths) + CONSISTENCY_PIXELS
    is_consistent = squared_lengths(returned + backward) <= limit
    changes = sum(squared_lengths(np.gradient(backward, axis=axis)) for axis in (0, 1) if backward.shape[axis] > 1)
    is_inner = changes <= BOUNDARY * lengths + BOUNDARY_PIXELS
    columns = np.arange(width) + backward[..., 0]
    rows = np.arange(height)[:, None] + backward[..., 1]
    is_inside = (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)
    return is_consistent & is_inner & is_inside

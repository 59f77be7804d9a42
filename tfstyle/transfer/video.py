"""Stylizing clips: frame by frame, or so that the painting follows what is seen."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.images import to_float, to_uint8
from tfstyle.transfer import color
from tfstyle.transfer.stylize import check_photo, stylize
from tfstyle.video.clip import import_package
from tfstyle.video.flow import LONGEST_SIDE, find_correspondence, squared_lengths, warp

SMOOTH = 0.8
COARSE = 4.0  # pixels: coarser than this, the painting before must agree with the new one, or strokes leave ghosts
BANDS = (0.7, 1.2, 2.0)  # pixels: standard deviations of the blurs between which texture is compared
NEIGHBORHOOD = 16  # pixels over which the energy of the texture is compared
TOLERANCE = 0.2  # difference of colors in [0, 1] at which trust falls to 1 / e
LARGEST_GAIN = 1.5  # of the texture
LONGEST_STRETCH = 0.5  # of the noise: where what it is fixed to grows or shrinks by more, it starts anew
LEAST_SURE = 0.1  # share of the pixels: with less, the scene is another one


def stylize_video(
    frames: Iterable[np.ndarray],
    model: Any,
    styles: Any,
    smooth: float = SMOOTH,
    strength: float = 1.0,
    preserve_color: bool = False,
    stroke_size: float = 1.0,
    seed: int | None = None,
) -> Iterator[np.ndarray]:
    """Stylizes a clip, one frame after the other.

    A style network paints each frame for itself, so that its strokes flicker. With `smooth`, the network's noise
    travels with what moves, the statistics of its normalizations are averaged over time, and the painting of the frame
    before is carried along by the optical flow, where that is sure.

    Args:
        frames: iterable of uint8 arrays of shape `(height, width, 3)`, RGB in [0, 255], such as those of
            `tfstyle.video.Clip`. Two of them are in memory at a time.
        model: a loaded model, as `tfstyle.load` returns it.
        styles: as in `tfstyle.stylize`.
        smooth: float in [0, 1): the weight of what was painted before. 0 stylizes frame by frame, as `tfstyle.stylize`
            does, and needs no OpenCV.
        strength: float in [0, 1]. 0 returns the frames.
        preserve_color: whether to keep the colors of the frames.
        stroke_size: as in `tfstyle.stylize`.
        seed: as in `tfstyle.stylize`.

    Returns:
        Iterator of uint8 arrays of the shapes of `frames`.

    Raises:
        ValueError: as in `tfstyle.stylize`, or if `smooth` is out of range.
        VideoError: if OpenCV is not installed.

    Example:

    ```python
    with tfstyle.video.Clip("clip.mp4") as clip, tfstyle.video.ClipWriter("out.mp4", clip.format) as writer:
        frames, originals = itertools.tee(clip)
        painted = tfstyle.stylize_video((frame.image for frame in frames), bank, "hokusai_great_wave")
        for frame, image in zip(originals, painted):
            writer.write(image, frame.time, frame.duration)
    ```
    """
    if not 0 <= smooth < 1:
        raise ValueError(f"`smooth` must lie in [0, 1). Received: smooth={smooth}.")
    if smooth == 0 or strength == 0:
        options = (strength, preserve_color, None, stroke_size, seed, 0)
        return (stylize(frame, model, styles, *options) for frame in frames)
    from tfstyle.transfer.frame_painter import FramePainter  # imports TensorFlow

    import_package("cv2")
    painter = SteadyPainter(FramePainter(model, styles, strength, stroke_size, seed), smooth, preserve_color)
    return map(painter, frames)


@dataclass(frozen=True)
class _Moment:
    """What is remembered of the frame before."""

    frame: np.ndarray
    painted: np.ndarray
    displacements: np.ndarray


class SteadyPainter:
    """Paints each frame with what it remembers of the one before. See `stylize_video`.

    Args:
        paint: function of a frame, displacements of the noise, and the share of the statistics before: `FramePainter`.
        smooth: float in [0, 1).
        preserve_color: whether to keep the colors of the frames.
        flow_size: integer, longest side at which the optical flow is estimated.
        moves_noise: whether `paint` uses the displacements; otherwise they are always 0.

    Call arguments:
        frame: uint8 array of shape `(height, width, 3)`, RGB in [0, 255]. If its size or the scene is another one, what
            was before is forgotten.

    Returns:
        uint8 array of the shape of `frame`.
    """

    def __init__(
        self,
        paint,
        smooth: float = SMOOTH,
        preserve_color: bool = False,
        flow_size: int = LONGEST_SIDE,
        moves_noise: bool = True,
    ):
        self.paint, self.smooth, self.preserve_color = paint, smooth, preserve_color
        self.flow_size, self.moves_noise = flow_size, moves_noise
        self._before: _Moment | None = None

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        frame = np.ascontiguousarray(check_photo(frame)[..., :3])
        before = self._before
        flow, is_sure = self._compare(before, frame)
        if before is None or np.mean(is_sure) < LEAST_SURE:
            displacements = np.zeros((*frame.shape[:2], 2), np.float32)
            painted = self.paint(to_float(frame), displacements, 0.0)
        else:
            displacements = before.displacements
            if self.moves_noise:
                displacements = follow_noise(displacements, flow, is_sure)
            painted = self.paint(to_float(frame), displacements, self.smooth)
            painted = follow_painting(painted, warp(before.painted, flow), is_sure, self.smooth)
        self._before = _Moment(frame, painted, displacements)
        if self.preserve_color:
            painted = color.preserve_color(painted, to_float(frame))
        return to_uint8(painted)

    def _compare(self, before, frame):
        if before is None or before.frame.shape != frame.shape:
            return np.zeros((*frame.shape[:2], 2), np.float32), np.zeros(frame.shape[:2], bool)
        found = find_correspondence(before.frame, frame, self.flow_size)
        return found.flow, found.is_sure


def follow_noise(displacements: np.ndarray, flow: np.ndarray, is_sure: np.ndarray) -> np.ndarray:
    """The displacements of the noise in the next frame.

        displacement_t(x) = flow(x) + displacement_{t-1}(x + flow(x)),   0 where the flow is not sure

    Args:
        displacements: float32 array of shape `(height, width, 2)`, rows and columns, of the frame before.
        flow: float32 array of the same shape, columns and rows, as in `Correspondence`.
        is_sure: bool array of shape `(height, width)`.

    Returns:
        float32 array of the shape of `displacements`. Where what the noise is fixed to was stretched much, it is 0 too.
    """
    carried = flow[..., ::-1] + warp(displacements, flow, is_smooth=True)
    stretch = sum(squared_lengths(np.gradient(carried, axis=axis)) for axis in (0, 1) if carried.shape[axis] > 1)
    is_kept = is_sure & (stretch < LONGEST_STRETCH**2)
    return np.where(is_kept[..., None], carried, 0).astype(np.float32)


def follow_painting(painted: np.ndarray, carried: np.ndarray, is_sure: np.ndarray, smooth: float) -> np.ndarray:
    """Mixes a new painting with the one before, as sharp as the new one.

        mixed = painted + trust * (carried - painted),   trust = smooth * sure * exp(-(coarse difference / tolerance)^2)

    The texture of the mixture gets the energy that it has in the new painting (`with_texture_of`).

    Args:
        painted: float32 array of shape `(height, width, 3)` in [0, 1], the new painting.
        carried: the same of the painting before, carried along by the flow.
        is_sure: bool array of shape `(height, width)`, where the flow is sure.
        smooth: float in [0, 1).

    Returns:
        float32 array of the shape of `painted`, in [0, 1].
    """
    difference = blur(carried - painted, COARSE)
    agreement = np.exp(-squared_lengths(difference) / (3 * TOLERANCE**2))
    trust = smooth * agreement * np.minimum(blur(is_sure.astype(np.float32), 1.0), is_sure)
    return with_texture_of(painted, painted + trust[..., None] * (carried - painted))


def with_texture_of(painted: np.ndarray, mixed: np.ndarray) -> np.ndarray:
    """Gives the fine texture of a mixture of two paintings the energy that it has in one of them.

    A mean of two textures has less contrast than either, and repeated interpolation changes its finest part. Each band
    of frequencies is amplified or damped around each pixel.

    Args:
        painted: float32 array of shape `(height, width, 3)` in [0, 1].
        mixed: float32 array of the same shape.

    Returns:
        float32 array of the same shape, in [0, 1].
    """
    wanted, found = ([image, *[blur(image, deviation) for deviation in BANDS]] for image in (painted, mixed))
    result = found[-1]
    for finer, coarser in itertools.pairwise(range(len(found))):
        energies = [local_mean(squared_lengths(levels[finer] - levels[coarser]) / 3) for levels in (wanted, found)]
        gain = np.clip(np.sqrt((energies[0] + 1e-6) / (energies[1] + 1e-6)), 1 / LARGEST_GAIN, LARGEST_GAIN)
        result = result + gain[..., None] * (found[finer] - found[coarser])
    return np.clip(result, 0.0, 1.0)


def local_mean(values: np.ndarray) -> np.ndarray:
    """Mean of float32 values `(height, width)` around each pixel, interpolated between squares of 16 pixels."""
    cv2 = import_package("cv2")
    height, width = values.shape
    squares = max(1, width // NEIGHBORHOOD), max(1, height // NEIGHBORHOOD)
    return cv2.resize(cv2.resize(values, squares, interpolation=cv2.INTER_AREA), (width, height))


def blur(values: np.ndarray, deviation: float) -> np.ndarray:
    """Gaussian blur of float32 values `(height, width)` or `(height, width, channels)`, in pixels."""
    return import_package("cv2").GaussianBlur(values, (0, 0), deviation)

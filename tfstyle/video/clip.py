"""What reading and writing of clips share."""

import importlib
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tfstyle.errors import TfstyleError


class VideoError(TfstyleError, ValueError):
    """A clip cannot be read or written. The message is one line, written for the user."""


@dataclass(frozen=True)
class Frame:
    """A frame of a clip.

    Args:
        image: uint8 array of shape `(height, width, 3)`, RGB in [0, 255], upright.
        time: seconds from the first frame.
        duration: seconds for which it is shown.
    """

    image: np.ndarray
    time: Fraction
    duration: Fraction


@dataclass(frozen=True)
class ClipFormat:
    """What a painted clip keeps of the original.

    Args:
        height: of the upright frames, in pixels.
        width: of the upright frames, in pixels.
        rate: frames per second; the mean, if it varies.
        time_base: seconds; all times are multiples of it.
        pixel_aspect: width of an upright pixel divided by its height.
        bits: of each color channel.
        colorspace: number of the matrix from RGB to YUV, as in H.273; 2 if the file does not say.
        color_range: 1 for 16 to 235, 2 for 0 to 255, 0 if the file does not say.
        color_primaries: number of the primaries, as in H.273.
        color_transfer: number of the transfer function, as in H.273.
    """

    height: int
    width: int
    rate: Fraction
    time_base: Fraction
    pixel_aspect: Fraction = Fraction(1)
    bits: int = 8
    colorspace: int = 2
    color_range: int = 0
    color_primaries: int = 2
    color_transfer: int = 2

    @property
    def is_high_dynamic_range(self) -> bool:
        """Whether the brightness is coded for HDR screens (PQ or HLG)."""
        return self.color_transfer in (16, 18)

    @property
    def matrix(self) -> str:
        """PyAV's name of the matrix from RGB to YUV; where the file does not say, what players assume."""
        assumed = "ITU709" if self.height >= 720 else "ITU601"
        return {1: "ITU709", 4: "FCC", 7: "SMPTE240M", 9: "BT2020", 10: "BT2020", 5: "ITU601", 6: "ITU601"}.get(
            self.colorspace, assumed
        )


def import_package(name: str) -> Any:
    """Imports a package of the extra `video`.

    Args:
        name: "av" or "cv2".

    Raises:
        VideoError: if it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        package = {"av": "av", "cv2": "opencv-python-headless"}[name]
        raise VideoError(f'Clips need the package {package}. Run pip install "tfstyle[video]".') from None


def reason_of(error: BaseException) -> str:
    """What an error of FFmpeg says, in a few words and without its numbers."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())


def in_seconds(time: Fraction | float) -> str:
    """A time in a message: "3.2 s"."""
    return f"{float(time):.1f} s"

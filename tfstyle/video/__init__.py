"""Clips: reading and writing videos and animations, and the optical flow between frames.

A frame is a uint8 array of shape `(height, width, 3)`, RGB in [0, 255], with its time. PyAV and OpenCV are imported
when they are used: they come with the extra `video`.
"""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # what the table below does at run time, in a form that editors and type checkers read
    from tfstyle.video.clip import ClipFormat, Frame, VideoError
    from tfstyle.video.flow import Correspondence, find_correspondence, optical_flow, warp
    from tfstyle.video.kinds import is_clip
    from tfstyle.video.reading import Clip
    from tfstyle.video.writing import ClipWriter

__all__ = [
    "Clip",
    "ClipFormat",
    "ClipWriter",
    "Correspondence",
    "Frame",
    "VideoError",
    "find_correspondence",
    "is_clip",
    "optical_flow",
    "warp",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "clip": ["ClipFormat", "Frame", "VideoError"],
        "flow": ["Correspondence", "find_correspondence", "optical_flow", "warp"],
        "kinds": ["is_clip"],
        "reading": ["Clip"],
        "writing": ["ClipWriter"],
    },
)

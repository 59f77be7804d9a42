"""Frames of a camera, or of a clip in its place."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tfstyle.video.clip import VideoError, import_package
from tfstyle.video.reading import Clip


def camera_frames(source: int | str | Path) -> Iterator[np.ndarray]:
    """Frames of a camera, mirrored as in a mirror, or those of a clip.

    Args:
        source: number of a camera, or a file.

    Yields:
        uint8 arrays of shape `(height, width, 3)`, RGB in [0, 255].

    Raises:
        VideoError: if there is no such camera, or the file is not a clip.
    """
    if isinstance(source, int):
        yield from _of_camera(source)
        return
    with Clip(source) as clip:
        for frame in clip:
            yield frame.image


def _of_camera(number):
    cv2 = import_package("cv2")
    level = cv2.setLogLevel(0) if hasattr(cv2, "setLogLevel") else None
    camera = cv2.VideoCapture(number)
    try:
        if not camera.isOpened():
            raise VideoError(f"There is no camera {number}, or another program uses it. Name another number or a clip.")
        camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # frames that wait would be shown late
        while True:
            is_there, frame = camera.read()
            if not is_there:
                return
            yield np.ascontiguousarray(frame[:, ::-1, ::-1])  # blue, green, red; and mirrored
    finally:
        camera.release()
        if level is not None:
            cv2.setLogLevel(level)

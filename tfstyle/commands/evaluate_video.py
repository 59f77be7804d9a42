"""`tfstyle evaluate --video`: flicker and sharpness of painted clips."""

import json
from dataclasses import asdict

from tfstyle.commands.console import UsageError


def evaluate_video(options) -> None:
    """Prints the measurements of painted clips beside those of their original.

    Args:
        options: return value of the parser, with `video`, a list of the original and the painted clips, and `report`.

    Raises:
        UsageError: if no painted clip is named.
        VideoError: if a clip cannot be read, or has fewer than two frames.
    """
    original, *painted = options.video
    if not painted:
        raise UsageError("--video takes the original and the clips painted from it: --video clip.mp4 painted.mp4")
    from tfstyle.images import resize_image
    from tfstyle.metrics.warping_error import measure_clip
    from tfstyle.video.clip import VideoError
    from tfstyle.video.reading import Clip

    reports = {}
    for path in painted:
        with Clip(original) as first, Clip(path) as second:
            height, width = second.format.height, second.format.width

            def original_frames(clip=first, height=height, width=width):
                for frame in clip:
                    is_same = frame.image.shape[:2] == (height, width)
                    yield frame.image if is_same else resize_image(frame.image, height, width)

            try:
                report = measure_clip(original_frames(), (frame.image for frame in second))
            except ValueError as error:
                raise VideoError(f"{path}: {error}") from None
        reports[str(path)] = asdict(report)
        print(
            f"{path}: flicker {report.painted_error:.4f} (warping error; the original's {report.original_error:.4f}), "
            f"fine texture {report.painted_texture:.2e} (the original's {report.original_texture:.2e}); "
            f"{report.num_frames} frames, {report.share_measured:.0%} of their pixels",
            flush=True,
        )
    if options.report:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(json.dumps({"original": str(original), "clips": reports}, indent=2) + "\n")

"""The part of `tfstyle stylize` and `tfstyle translate` for clips: flags, progress, and one clip after another."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfstyle.commands.console import UsageError, complain, import_tensorflow
from tfstyle.commands.flags import in_terms_of_flags

USUAL_EXTENSION = ".mp4"


def timestamp(text) -> float:
    """Seconds, or minutes and seconds, or hours, minutes and seconds: 90, 1:30 or 0:01:30.5."""
    seconds = 0.0
    for part in text.split(":"):
        seconds = 60 * seconds + float(part)
    if not 0 <= seconds < float("inf") or text.count(":") > 2:
        raise argparse.ArgumentTypeError(f"must be a time such as 90 or 1:30, not {text}")
    return seconds


def smoothness(text) -> float:
    """A number in [0, 1)."""
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 0 and less than 1, not {text}")
    return number


timestamp.__name__, smoothness.__name__ = "time", "number"  # argparse says "invalid time value"


def add_clip_flags(parser) -> None:
    """Adds the flags for clips, which `do_clips` reads."""
    group = parser.add_argument_group("a clip: a video, or an animated GIF or WebP (extra: video)")
    add = group.add_argument
    add("--start", type=timestamp, default=0.0, metavar="T", help="time at which to start, such as 90 or 1:30")
    add("--end", type=timestamp, metavar="T", help="time at which to end (default: that of the clip)")
    add(
        "--smooth",
        type=smoothness,
        metavar="S",
        help="how much of each frame follows the one before, from 0, frame by frame, to less than 1 (default: 0.8)",
    )
    add("--no-sound", action="store_true", help="leave the sound out (default: copy it)")


def split_clips(photos, output) -> tuple[list[Path], list[Path]]:
    """Splits what was named into clips and everything else.

    Args:
        photos: list of files and folders. The clips of a folder are left out: clips are named.
        output: the output that was asked for.

    Returns:
        Two lists of paths: clips, photographs and folders.
    """
    from tfstyle.video.kinds import is_clip

    clips = [photo for photo in photos if not photo.is_dir() and is_clip(photo, output)]
    return clips, [photo for photo in photos if photo not in clips]


def do_clips(clips, open_model, recipe, options) -> int:
    """Stylizes each clip, reports the result, and continues after one that fails.

    Args:
        clips: list of files.
        open_model: function without arguments that returns a loaded model and arguments of `stylize_video`, as a dict.
            It is called only if there is a clip that can be read, after TensorFlow is imported.
        recipe: string, the comment of the outputs.
        options: return value of the parser, with `output`, `overwrite`, `size`, `quality` and the flags of
            `add_clip_flags`.

    Returns:
        The exit code.
    """
    from tfstyle.video.clip import VideoError

    for name in ("keep_alpha", "masks"):
        if getattr(options, name, None):
            raise UsageError(in_terms_of_flags(f"`{name}` is for photographs. Leave it out for a clip.", options))
    outputs = [output_of(clip, options.output, len(clips)) for clip in clips]
    opened: list[Any] = []  # the model and its arguments, once a clip needs them
    code = 0
    for clip, output in zip(clips, outputs, strict=True):
        try:
            truncation = _do_clip(clip, output, open_model, opened, recipe, options)
        except VideoError as error:
            code = complain(in_terms_of_flags(str(error), options))
            continue
        if truncation:
            code = complain(f"{clip}: {truncation}. What can be read is in {output}.")
        print(f"{clip} -> {output}", flush=True)
    return code


def output_of(clip, output, num_clips) -> Path:
    """The output of a clip: the file that was asked for, or one of the clip's name in the folder that was.

    Raises:
        UsageError: if several clips would go to one file.
    """
    from tfstyle.video.kinds import ANIMATION_EXTENSIONS, VIDEO_EXTENSIONS

    if output.is_dir() or not output.suffix:
        is_known = clip.suffix.lower() in (*VIDEO_EXTENSIONS, *ANIMATION_EXTENSIONS)
        return output / (clip.name if is_known else clip.stem + USUAL_EXTENSION)
    if num_clips > 1:
        raise UsageError(f"{output}: several clips need a folder. Name a folder as output.")
    return output


def _do_clip(clip, output, open_model, opened, recipe, options) -> str:
    """Stylizes one clip. Returns why it ended early, or an empty string."""
    from tfstyle.images import resize_longest_side
    from tfstyle.video.clip import VideoError
    from tfstyle.video.reading import Clip
    from tfstyle.video.writing import ClipWriter

    if output.resolve() == clip.resolve():
        raise VideoError(f"{output}: is the clip itself. Name another output.")
    with (
        Clip(clip, options.start, options.end) as source,
        ClipWriter(
            output,
            source.format,
            options.quality,
            sound=None if options.no_sound else clip,
            sound_origin=source.origin,
            sound_end=None if source.end is None else source.end - source.start,
            overwrite=options.overwrite,
            comment=recipe,
        ) as writer,
    ):
        tell(source, options)
        if not opened:
            import_tensorflow()
            opened.extend(open_model())
        from tfstyle.transfer.video import SMOOTH, stylize_video

        shown: list[Any] = []  # the frame whose painting comes next

        def images() -> Iterator[Any]:
            for frame in source:
                shown[:] = [frame]
                yield frame.image if options.size is None else resize_longest_side(frame.image, options.size)

        model, arguments = opened
        smooth = SMOOTH if options.smooth is None else options.smooth
        painted = stylize_video(images(), model, smooth=smooth, **arguments)
        try:
            for image in progress(painted, source.num_frames):
                writer.write(image, shown[0].time, shown[0].duration)
        except KeyboardInterrupt:
            writer.close()
            raise KeyboardInterrupt(
                f"stopped after {writer.num_frames} frames, which are in {output}" if writer.num_frames else ""
            ) from None
        if writer.note:
            complain(writer.note)
    return source.truncation


def tell(source, options) -> None:
    """Tells what of a clip cannot be kept."""
    clip_format = source.format
    if clip_format.is_high_dynamic_range:
        complain(f"{source.path}: is HDR, and is painted as it is, without tone mapping: colors look pale.")
    elif clip_format.bits > 8:
        complain(f"{source.path}: has {clip_format.bits} bits per color; it is painted and written with 8.")


def progress(frames, num_frames) -> Iterator[Any]:
    """Passes frames on, with a progress bar, frames per second and the time left; only on a terminal."""
    from tqdm import tqdm

    return iter(tqdm(frames, total=num_frames or None, unit=" frames", disable=None, leave=False))

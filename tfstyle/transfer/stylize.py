"""Photographs in, paintings out: what `tfstyle stylize` does with arrays and with files."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import tfstyle
from tfstyle.artifacts import available, did_you_mean
from tfstyle.images import (
    READ_EXTENSIONS,
    WITHOUT_ALPHA,
    WRITE_FORMATS,
    ImageError,
    list_images,
    load_image,
    resize_longest_side,
    save_image,
    to_float,
    to_uint8,
)
from tfstyle.transfer import color


class StylizeError(ValueError):
    """A wish that cannot be met; the message is one line for the user, with the cure."""


def stylize(photo, bank, styles, strength=1.0, preserve_color=False):
    """Paints a photograph in a style, or in a mixture of styles.

    Args:
        photo: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`, RGB, or
            `(height, width, 4)` with alpha. Alpha is carried over; the color below fully transparent pixels counts as
            white.
        bank: a style bank as `tfstyle.load` returns it.
        styles: name of a style, or mapping of names to positive weights; the weights are divided by their sum.
        strength: float in [0, 1]. 0 returns the photograph itself; in between, the identity has the rest of the weight.
        preserve_color: bool, give the result the colors of the photograph.

    Returns:
        Array of the shape and dtype of `photo`.

    Raises:
        ValueError: if a style is unknown, a number is out of its range, or `photo` or `bank` is something else.

    Example:
        >>> bank = tfstyle.load("style_bank")
        >>> painting = stylize(photo, bank, {"starry_night": 2, "hokusai_wave": 1}, strength=0.8)
    """
    if isinstance(bank, str | Path):
        raise ValueError(f"`bank` must be a model, not its name. Pass tfstyle.load({str(bank)!r}).")
    row = bank.style_weights({styles: 1.0} if isinstance(styles, str) else dict(styles), strength)
    check_photo(photo)
    if strength == 0:
        return photo
    values = to_float(photo)
    rgb, alpha = values[..., :3], values[..., 3:]
    if alpha.size:
        # Only there: pixels half transparent keep their own color, or outlines would get a white fringe.
        rgb = np.where(alpha > 0, rgb, np.float32(1))
    stylized = np.asarray(bank(rgb[None], row))[0]
    if preserve_color:
        stylized = color.preserve_color(stylized, rgb)
    stylized = np.concatenate([stylized, alpha], axis=-1)
    return to_uint8(stylized) if photo.dtype == np.uint8 else stylized.astype(photo.dtype)


def check_photo(photo):
    """Raises a ValueError for what is no photograph as `stylize` takes it."""
    if isinstance(photo, str | Path):
        raise ValueError(f"`photo` must be an array, not a path. Pass tfstyle.load_image({str(photo)!r}).")
    if photo.ndim != 3 or photo.shape[-1] not in (3, 4):
        raise ValueError(
            f"`photo` must have the shape (height, width, 3), or 4 with alpha. Received: photo.shape={photo.shape}."
        )
    if photo.dtype != np.uint8 and photo.size and photo.max() > 2:  # a resized photograph may overshoot 1 a little
        raise ValueError(
            "`photo` must be uint8 in [0, 255] or float in [0, 1]. "
            f"Received: dtype={photo.dtype} with values up to {photo.max():.4g}."
        )


def parse_styles(texts: Sequence[str], style_names: Sequence[str], model_name: str = "this model") -> dict[str, float]:
    """Reads styles as the command line gives them.

    Args:
        texts: each `NAME` or `NAME=WEIGHT`; the weights of a name that comes twice are added.
        style_names: the names of the bank.
        model_name: string, for the messages.

    Returns:
        Dict of name -> weight.

    Raises:
        StylizeError: if a name is unknown, or a weight is not a positive number.
    """
    styles: dict[str, float] = {}
    for text in texts:
        name, weight = text, 1.0
        if text not in style_names and "=" in text:
            name, _, number = text.rpartition("=")
            try:
                weight = float(number)
            except ValueError:
                weight = math.nan
            if not (math.isfinite(weight) and weight > 0):
                raise StylizeError(
                    f"The weight of a style must be a positive number, as in {name}=0.5. Received: {text}."
                )
        if name not in style_names:
            if Path(name).suffix.lower() in READ_EXTENSIONS or Path(name).is_file():
                raise StylizeError(
                    f"{name} is an image, but {model_name} is a bank of styles that have names. "
                    f"{available('Its styles', style_names)} A model that takes any painting does not ship yet; "
                    "`tfstyle train style-bank --start-from` teaches a bank a new one."
                )
            raise StylizeError(
                f"{model_name} has no style {name!r}.{did_you_mean(name, style_names)} "
                f"{available('Its styles', style_names)}"
            )
        styles[name] = styles.get(name, 0.0) + weight
    return styles


@dataclass(frozen=True)
class Job:
    """A photograph, and the file its painting goes to."""

    photo: Path
    output: Path


@dataclass(frozen=True)
class Failure:
    """A file or folder that cannot be done, and why."""

    source: Path
    reason: str


def plan_jobs(sources: Sequence[str | Path], output: str | Path, overwrite=False) -> tuple[list[Job], list[Failure]]:
    """Finds the photographs and names their outputs, before any work is spent on them.

    A photograph of a folder keeps its path below that folder. It keeps its extension as well, or gets `.png` where
    tfstyle does not write that format. What lies in the output folder already is not taken for a photograph.

    Args:
        sources: files and folders.
        output: a file if there is a single photograph, else a folder; a name without extension is a folder.
        overwrite: bool, existing outputs may be replaced. Photographs are never.

    Returns:
        The jobs, and the failures: what is missing or has no images, outputs that exist, and outputs that would be
        written twice.

    Raises:
        StylizeError: if `output` does not fit the sources.
    """
    output = Path(output)
    is_folder = _is_output_folder(sources, output)
    photos: dict[Path, tuple[Path, Path]] = {}  # where it really is -> as it was named, below its source
    failures = []
    for source in map(Path, sources):
        root = source if source.is_dir() else source.parent
        nested = is_folder and root.resolve() != output.resolve() and source.is_dir()
        try:
            found = list_images(source)
        except ImageError as error:
            failures.append(Failure(source, str(error)))
            continue
        for photo in found:
            place = photo.resolve()
            if not (nested and place.is_relative_to(output.resolve())):
                photos.setdefault(place, (photo, photo.relative_to(root)))
    jobs = []
    taken: dict[Path, Path] = {}
    for photo, below in photos.values():
        suffix = below.suffix if below.suffix.lower() in WRITE_FORMATS else ".png"
        target = output / below.with_suffix(suffix) if is_folder else output
        place = target.resolve()
        if place in photos or (target.exists() and target.samefile(photo)):
            failures.append(Failure(photo, f"{target}: is one of the photos. Name another output."))
        elif place in taken:
            failures.append(Failure(photo, f"{photo}: its output {target} is that of {taken[place]}. Do it by itself."))
        elif target.exists() and not overwrite:
            failures.append(Failure(photo, f"{target}: exists already. Add --overwrite, or name another output."))
        else:
            taken[place] = photo
            jobs.append(Job(photo, target))
    return jobs, failures


def _is_output_folder(sources: Sequence[str | Path], output: Path) -> bool:
    if output.is_dir() or not output.suffix:
        if output.is_file():
            raise StylizeError(f"{output}: is a file without extension. Name a folder, or a file such as painting.png.")
        return True
    if len(sources) > 1 or Path(sources[0]).is_dir():
        if output.suffix.lower() in WRITE_FORMATS or output.exists():
            raise StylizeError(f"{output}: several photos need a folder. Name one, as in --output paintings.")
        return True
    if output.suffix.lower() not in WRITE_FORMATS:
        raise StylizeError(f"{output}: unknown extension {output.suffix!r}. Use one of {', '.join(WRITE_FORMATS)}.")
    return False


def stylize_file(
    job: Job,
    bank,
    styles: Mapping[str, float],
    strength=1.0,
    preserve_color=False,
    keep_alpha=False,
    size=None,
    quality=95,
    overwrite=False,
) -> None:
    """Reads a photograph, paints it, and writes the painting with a note of how it was made.

    Args:
        job: what to read and to write.
        bank: a style bank as `tfstyle.load` returns it.
        styles: mapping of names to positive weights.
        strength: float in [0, 1].
        preserve_color: bool, give the painting the colors of the photograph.
        keep_alpha: bool, give the painting the transparency of the photograph; otherwise that is laid on white.
        size: integer or None, longest side of the output; None keeps the photograph's.
        quality: integer in [1, 100], of JPEG and WebP.
        overwrite: bool.

    Raises:
        ImageError: if the photograph cannot be read, or the painting not be written.
        StylizeError: if the output's format has no transparency to keep, or the memory is too small.
    """
    photo = load_image(job.photo, keep_alpha=keep_alpha)
    if keep_alpha and photo[..., 3].min() == 255:
        photo = photo[..., :3]
    elif keep_alpha and WRITE_FORMATS[job.output.suffix.lower()] in WITHOUT_ALPHA:
        raise StylizeError(f"{job.output}: this format has no transparency to keep. Write a .png or .webp.")
    try:
        if size is not None:
            photo = resize_longest_side(photo, size)
        painting = stylize(photo, bank, styles, strength, preserve_color)
    except Exception as error:
        # TensorFlow's is told by its name: this module does not need TensorFlow itself.
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            height, width = photo.shape[:2]
            raise StylizeError(
                f"{job.photo}: not enough memory for {width}x{height} pixels. Add --size to make it smaller."
            ) from error
        raise
    tags = {"Software": f"tfstyle {tfstyle.__version__}", "Description": describe_recipe(bank, styles, strength)}
    save_image(job.output, painting, overwrite=overwrite, quality=quality, tags=tags)


def describe_recipe(bank, styles: Mapping[str, float], strength=1.0) -> str:
    """One line that says how a painting was made, for the tag in its file."""
    total = sum(styles.values())
    mixture = ", ".join(f"{name} {weight / total:.3g}" for name, weight in styles.items())
    return f"Made with the model {bank.metadata['name']}; styles: {mixture}; strength: {strength:g}"


def stylize_files(
    jobs: Sequence[Job], bank, styles: Mapping[str, float], **options
) -> Iterator[tuple[Job, str | None]]:
    """Does one job after the other, whether or not some fail.

    Args:
        jobs: from `plan_jobs`.
        bank: a style bank as `tfstyle.load` returns it.
        styles: mapping of names to positive weights.
        **options: of `stylize_file`.

    Yields:
        Each job as it ends, with None or the reason why it failed.
    """
    for job in jobs:
        try:
            stylize_file(job, bank, styles, **options)
        except (ImageError, StylizeError) as error:
            yield job, str(error)
        else:
            yield job, None

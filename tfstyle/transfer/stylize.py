"""Photographs in, paintings out: what `tfstyle stylize` does with arrays and with files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import tfstyle
from tfstyle.errors import TfstyleError
from tfstyle.images import (
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
from tfstyle.transfer.masks import MaskError, normalize_masks


class StylizeError(TfstyleError, ValueError):
    """A wish that cannot be met; the message is one line for the user, with the cure."""


def stylize(photo, model, styles, strength=1.0, preserve_color=False, masks=None):
    """Paints a photograph in a style, in a mixture of styles, or each of its regions in a style of its own.

    Args:
        photo: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`, RGB, or
            `(height, width, 4)` with alpha. Alpha is carried over; the color below fully transparent pixels counts as
            white.
        model: as `tfstyle.load` returns it: a style bank, or a network that paints like any painting.
        styles: a style, or a list of `(style, weight)` with positive weights, which are divided by their sum. A style
            of a bank is its name, and a mapping of names to weights does as well. Other networks take a painting (uint8
            or float array of shape `(height, width, 3)`) or a style vector (float array of shape `(style_dim,)`); of a
            painting that many photographs shall look like, take the vector: `model.encode_style` may take seconds.
            With `masks`, a list with one of these for each mask.
        strength: float in [0, 1]. 0 returns the photograph itself.
        preserve_color: bool, give the result the colors of the photograph.
        masks: float array of shape `(num_masks, height, width)` in [0, 1], how much of each style is painted where, or
            None. What is left to 1 stays the photograph; sums of more than 1 are divided by themselves. See
            `tfstyle.transfer.masks` for masks from files and for soft edges.

    Returns:
        Array of the shape and dtype of `photo`.

    Raises:
        ValueError: if a style is unknown, a number is out of its range, or `photo`, `model` or `masks` is something
            else.

    Example:
        >>> bank = tfstyle.load("style_bank")
        >>> painting = stylize(photo, bank, {"starry_night": 2, "hokusai_wave": 1}, strength=0.8)
    """
    if isinstance(model, str | Path):
        raise ValueError(f"`model` must be a model, not its name. Pass tfstyle.load({str(model)!r}).")
    check_photo(photo)
    if masks is None:
        paint = model.painter(styles, strength)
    else:
        masks = check_masks(masks, styles, photo)
        paint = regions_painter([model.painter(style, strength) for style in styles], masks)
    if strength == 0:
        return photo
    values = to_float(photo)
    rgb, alpha = values[..., :3], values[..., 3:]
    if alpha.size:
        # Only there: pixels half transparent keep their own color, or outlines would get a white fringe.
        rgb = np.where(alpha > 0, rgb, np.float32(1))
    stylized = paint(rgb[None])[0]
    if preserve_color:
        stylized = color.preserve_color(stylized, rgb)
    stylized = np.concatenate([stylized, alpha], axis=-1)
    return to_uint8(stylized) if photo.dtype == np.uint8 else stylized.astype(photo.dtype)


def regions_painter(painters, masks):
    """Paints each region with a painter of its own.

    Args:
        painters: sequence of functions of images.
        masks: float array of shape `(num_painters, height, width)` in [0, 1].

    Returns:
        Function of images of shape `(batch, height, width, 3)`, float in [0, 1].
    """
    shares = normalize_masks(masks)[..., None]

    def paint(images):
        painted = np.maximum(1 - shares.sum(axis=0), 0) * images
        for share, painter in zip(shares, painters, strict=True):
            painted += share * painter(images)
        return painted

    return paint


def check_masks(masks, styles, photo):
    """Masks as a float32 array; raises a ValueError where they do not fit the styles or the photograph."""
    masks = np.asarray(masks)
    if not isinstance(styles, list | tuple) or len(styles) != len(masks):
        received = f"{len(styles)} styles" if isinstance(styles, list | tuple) else type(styles).__name__
        raise ValueError(
            f"With `masks`, `styles` must be a list of one style for each mask. "
            f"Received: {received}, masks.shape={masks.shape}."
        )
    if masks.shape[1:] != photo.shape[:2]:
        raise ValueError(
            f"`masks` must have the photograph's height and width, as load_masks(files, height, width) gives them. "
            f"Received: masks.shape={masks.shape}, photo.shape={photo.shape}."
        )
    if masks.dtype.kind != "f" or not (masks.min() >= 0 and masks.max() <= 1):
        raise ValueError(
            "`masks` must be float in [0, 1]. "
            f"Received: dtype={masks.dtype}, values from {masks.min()} to {masks.max()}."
        )
    return masks.astype(np.float32)


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
    paint: Callable[[np.ndarray], np.ndarray],
    description: str,
    keep_alpha=False,
    size=None,
    quality=95,
    overwrite=False,
) -> None:
    """Reads a photograph, paints it, and writes the painting with a note of how it was made.

    Args:
        job: what to read and to write.
        paint: function of a photograph, a uint8 array `(height, width, 3)`, or 4 with alpha, that returns its painting.
        description: string, the note.
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
        painting = paint(photo)
    except Exception as error:
        # TensorFlow's is told by its name: this module does not need TensorFlow itself.
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            height, width = photo.shape[:2]
            raise StylizeError(
                f"{job.photo}: not enough memory for {width}x{height} pixels. Add --size to make it smaller."
            ) from error
        raise
    tags = {"Software": f"tfstyle {tfstyle.__version__}", "Description": description}
    save_image(job.output, painting, overwrite=overwrite, quality=quality, tags=tags)


def describe_recipe(
    model_name: str, styles: Sequence[tuple[str, float]], masks: Sequence[Path] = (), strength=1.0
) -> str:
    """One line that says how a painting was made, for the tag in its file.

    Args:
        model_name: string.
        styles: list of (name, weight).
        masks: files of the masks, one a style, or none.
        strength: float in [0, 1].
    """
    if masks:
        mixture = ", ".join(f"{name} in {mask.name}" for (name, _), mask in zip(styles, masks, strict=True))
    else:
        total = sum(weight for _, weight in styles)
        names = dict.fromkeys(name for name, _ in styles)
        weights = {name: sum(weight for other, weight in styles if other == name) for name in names}
        mixture = ", ".join(f"{name} {weight / total:.3g}" for name, weight in weights.items())
    return f"Made with the model {model_name}; styles: {mixture}; strength: {strength:g}"


def stylize_files(
    jobs: Sequence[Job], paint: Callable[[np.ndarray], np.ndarray], description: str, **options
) -> Iterator[tuple[Job, str | None]]:
    """Does one job after the other, whether or not some fail.

    Args:
        jobs: from `plan_jobs`.
        paint: function of a photograph, as in `stylize_file`.
        description: string, the note of how the paintings were made.
        **options: of `stylize_file`.

    Yields:
        Each job as it ends, with None or the reason why it failed.
    """
    for job in jobs:
        try:
            stylize_file(job, paint, description, **options)
        except (ImageError, MaskError, StylizeError) as error:
            yield job, str(error)
        else:
            yield job, None

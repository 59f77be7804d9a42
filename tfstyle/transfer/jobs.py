"""Stylizing files: which photographs, where the outputs go, and one job after another."""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import tfstyle
from tfstyle.images import (
    WITHOUT_ALPHA,
    WRITE_FORMATS,
    ImageError,
    check_writable,
    list_images,
    load_image,
    resize_longest_side,
    save_image,
)
from tfstyle.transfer.canvas import pixels_of
from tfstyle.transfer.masks import MaskError
from tfstyle.transfer.stylize import StylizeError

TOGETHER = 4_000_000  # pixels of photographs in work at once: 1 GB in the networks of this package


@dataclass(frozen=True)
class Job:
    """A photograph and its output file."""

    photo: Path
    output: Path


@dataclass(frozen=True)
class Failure:
    """A file or folder that cannot be processed, and the reason."""

    source: Path
    reason: str


def plan_jobs(
    sources: Sequence[str | Path], output: str | Path, overwrite: bool = False
) -> tuple[list[Job], list[Failure]]:
    """Lists the photographs and their output files, before any of them is processed.

    A photograph of a folder keeps its path relative to that folder. It keeps its extension, or gets `.png` if tfstyle
    does not write its format. Files in the output folder are not taken for photographs. A photograph that is named
    twice is one job; a symbolic link to it is a job of its own.

    Args:
        sources: files and folders.
        output: a file for a single photograph, otherwise a folder. A name without extension is a folder.
        overwrite: whether existing outputs are replaced. Photographs are never replaced.

    Returns:
        List of `Job`, and list of `Failure`: sources that are missing or have no images, outputs that exist or cannot
        be written, and outputs of two photographs.

    Raises:
        StylizeError: if `output` does not fit the sources, or cannot be written at all.
    """
    output = Path(output)
    is_folder = _is_output_folder(sources, output)
    try:
        check_writable(output / "image.png" if is_folder else output)
    except ImageError as error:
        raise StylizeError(str(error).replace(str(output / "image.png"), str(output))) from None
    photos: dict[Path, tuple[Path, Path]] = {}  # unique place -> path as named, path relative to its source
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
            if not (nested and photo.resolve().is_relative_to(output.resolve())):
                photos.setdefault(photo.parent.resolve() / photo.name, (photo, photo.relative_to(root)))
    originals = {*photos, *[photo.resolve() for photo, _ in photos.values()]}
    jobs = []
    taken: dict[Path, Path] = {}
    for photo, below in photos.values():
        suffix = below.suffix if below.suffix.lower() in WRITE_FORMATS else ".png"
        target = output / below.with_suffix(suffix) if is_folder else output
        place = target.resolve()
        if place in originals or (target.exists() and target.samefile(photo)):
            failures.append(Failure(photo, f"{target}: is one of the photographs. Name another output."))
        elif place in taken:
            failures.append(
                Failure(photo, f"{photo}: its output {target} is the output of {taken[place]}. Process it separately.")
            )
        elif target.exists() and not overwrite:
            failures.append(Failure(photo, f"{target}: already exists. Name another output, or pass overwrite=True."))
        else:
            taken[place] = photo
            try:
                check_writable(target)
                jobs.append(Job(photo, target))
            except ImageError as error:
                failures.append(Failure(photo, str(error)))
    return jobs, failures


def _is_output_folder(sources: Sequence[str | Path], output: Path) -> bool:
    if output.is_dir() or not output.suffix:
        if output.is_file():
            raise StylizeError(f"{output}: is a file without extension. Name a folder, or a file such as painting.png.")
        return True
    if len(sources) > 1 or Path(sources[0]).is_dir():
        if output.suffix.lower() in WRITE_FORMATS or output.exists():
            raise StylizeError(f"{output}: several photographs need a folder. Name a folder as output.")
        return True
    if output.suffix.lower() not in WRITE_FORMATS:
        raise StylizeError(f"{output}: unknown extension {output.suffix!r}. Use one of {', '.join(WRITE_FORMATS)}.")
    return False


def stylize_file(
    job: Job,
    paint: Callable[[np.ndarray], np.ndarray],
    description: str,
    keep_alpha: bool = False,
    size: int | None = None,
    quality: int = 95,
    overwrite: bool = False,
) -> None:
    """Reads a photograph, stylizes it, and writes the result with a tag that says how it was generated.

    Args:
        job: input and output file.
        paint: function of a photograph, a uint8 array `(height, width, 3)`, or 4 with alpha, that returns it stylized.
        description: text of the tag.
        keep_alpha: whether to keep the alpha channel of the photograph. Otherwise it is composited on white.
        size: integer, longest side of the output, or None for the size of the photograph.
        quality: integer in [1, 100], of JPEG, WebP and AVIF.
        overwrite: whether to replace an existing file.

    Raises:
        ImageError: if the photograph cannot be read, or the output cannot be written.
        StylizeError: if the output's format cannot store alpha, or memory runs out.
    """
    photo = load_image(job.photo, keep_alpha=keep_alpha, longest_side=size)
    if keep_alpha and photo[..., 3].min() == 255:
        photo = photo[..., :3]
    elif keep_alpha and WRITE_FORMATS[job.output.suffix.lower()] in WITHOUT_ALPHA:
        raise StylizeError(f"{job.output}: this format cannot store transparency. Write a .png or .webp.")
    with _explained_memory(job, photo):
        photo = photo if size is None else resize_longest_side(photo, size)
    with _explained_memory(job, photo):
        painting = paint(photo)
    tags = {"Software": f"tfstyle {tfstyle.__version__}", "Description": description}
    save_image(job.output, painting, overwrite=overwrite, quality=quality, tags=tags)


@contextlib.contextmanager
def _explained_memory(job: Job, photo: np.ndarray) -> Iterator[None]:
    """Turns the errors of a full memory into one that says what to do."""
    try:
        yield
    except Exception as error:
        # TensorFlow's error is recognized by its name: this module does not import TensorFlow.
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            height, width = photo.shape[:2]
            raise StylizeError(
                f"{job.photo}: not enough memory for {width}x{height} pixels. Pass size=N for a smaller output."
            ) from error
        raise


def stylize_files(
    jobs: Sequence[Job],
    paint: Callable[[np.ndarray], np.ndarray],
    description: str,
    keep_alpha: bool = False,
    size: int | None = None,
    quality: int = 95,
    overwrite: bool = False,
    canvas: int = 0,
) -> Iterator[tuple[Job, str | None]]:
    """Runs jobs. A failure does not stop the others.

    Several photographs are in work at once, each in a thread: while one is painted, others are read and written, and
    where a network does not fill all cores, others are painted. The results are those of `stylize_file`. The memory is
    bounded: together they have at most `TOGETHER` pixels, or there is one alone.

    Args:
        jobs: from `plan_jobs`.
        paint: function of a photograph, as in `stylize_file`. Several threads call it at once.
        description: text of the tag.
        keep_alpha: as in `stylize_file`.
        size: as in `stylize_file`.
        quality: as in `stylize_file`.
        overwrite: as in `stylize_file`.
        canvas: integer, longest side up to which `paint` enlarges a photograph, which takes memory.

    Yields:
        Each job when it and those before it have ended, in order, with None or the reason of its failure.
    """
    num_threads = os.cpu_count() or 1
    pool = ThreadPoolExecutor(num_threads, "stylize")
    waiting, begun = deque(jobs), deque[tuple[Job, Future[None]]]()
    running: dict[Future[None], int] = {}  # with the pixels of each
    try:
        while waiting or begun:
            while waiting and len(running) < num_threads:
                pixels = _num_pixels(waiting[0], size, canvas)
                if running and sum(running.values()) + pixels > TOGETHER:
                    break
                job = waiting.popleft()
                done = pool.submit(stylize_file, job, paint, description, keep_alpha, size, quality, overwrite)
                begun.append((job, done))
                running[done] = pixels
            while begun and begun[0][1].done():
                job, done = begun.popleft()
                yield job, _failure(done)
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                del running[done]
    finally:
        pool.shutdown(cancel_futures=True)


def _num_pixels(job: Job, size: int | None, canvas: int) -> int:
    """Pixels of a photograph as it is painted, and a share of those that are decoded for it, which take less memory."""
    try:
        decoded, painted = pixels_of(job.photo, size, canvas)
    except ImageError:  # of a format that only its decoder can measure, or of a broken file
        return TOGETHER
    return painted + decoded // 16


def _failure(done: "Future[None]") -> str | None:
    try:
        done.result()
    except (ImageError, MaskError, StylizeError) as error:
        return str(error)
    return None


def describe_recipe(
    method: str, styles: Sequence[tuple[str, float]], masks: Sequence[str | Path] = (), **details: object
) -> str:
    """Describes in one line how an image was generated, for the tag in its file.

    Args:
        method: such as "the model style_bank".
        styles: list of (name, weight). Without masks the weights are normalized, and those of one name summed.
        masks: mask files, one for each style, or none.
        **details: name -> value, appended in order. None is left out.

    Example:
        >>> describe_recipe("the model style_bank", [("picabia_udnie", 1), ("hokusai_great_wave", 3)], strength=0.5)
        'Stylized by the model style_bank; styles: picabia_udnie 0.25, hokusai_great_wave 0.75; strength: 0.5'
    """
    if masks:
        parts = [
            f"{name}{'' if weight == 1 else f' {weight:.3g}'} in {Path(mask).name}"
            for (name, weight), mask in zip(styles, masks, strict=True)
        ]
    else:
        total = sum(weight for _, weight in styles)
        weights: dict[str, float] = {}
        for name, weight in styles:
            weights[name] = weights.get(name, 0.0) + weight / total
        parts = [f"{name} {share:.3g}" for name, share in weights.items()]
    described = [
        f"{name}: {format(value, 'g') if isinstance(value, float) else value}"
        for name, value in details.items()
        if value is not None
    ]
    return "; ".join([f"Stylized by {method}", f"styles: {', '.join(parts)}", *described])

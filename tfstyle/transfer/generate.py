"""Generated images as files: what `tfstyle generate` does."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tfstyle
from tfstyle.artifacts import available, did_you_mean
from tfstyle.errors import TfstyleError
from tfstyle.images import WRITE_FORMATS, ImageError, as_array, check_writable, image_grid, save_image


class GenerateError(TfstyleError, ValueError):
    """Raised for a request that cannot be met. The message is one line, written for the user."""


@dataclass(frozen=True)
class Plan:
    """The images to generate: a latent vector and, for a conditional generator, a label for each.

    Args:
        latents: float32 array of shape `(num_images, latent_dim)`.
        labels: int32 array of shape `(num_images,)`, or None.
        num_columns: integer, columns of a grid, or None for about a square.
        description: how the images are generated, for the tags of the files.
    """

    latents: np.ndarray
    labels: np.ndarray | None
    num_columns: int | None
    description: str


def spherical_interpolation(start: Any, end: Any, num_steps: int) -> np.ndarray:
    """Interpolates between latent vectors on a sphere, so that their length stays that of Gaussian noise.

        sin((1 - t) a) / sin(a) start + sin(t a) / sin(a) end,   a: the angle between the two

    Args:
        start: float array of shape `(latent_dim,)`.
        end: float array of shape `(latent_dim,)`.
        num_steps: integer, at least 2. The first step is `start`, the last is `end`.

    Returns:
        float32 array of shape `(num_steps, latent_dim)`.

    Raises:
        ValueError: if `start` and `end` are not vectors of one length.

    Reference:
        White: Sampling Generative Networks, 2016, section 2.1.
    """
    start, end = as_array("start", start).astype(np.float64), as_array("end", end).astype(np.float64)
    if start.ndim != 1 or start.shape != end.shape:
        raise ValueError(
            "`start` and `end` must be vectors of one length. "
            f"Received: start.shape={start.shape}, end.shape={end.shape}."
        )
    cosine = start @ end / max(np.linalg.norm(start) * np.linalg.norm(end), 1e-12)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    shares = np.linspace(0.0, 1.0, num_steps)[:, None]
    if np.sin(angle) < 1e-6:  # collinear: there is no arc, or no unique one
        return ((1.0 - shares) * start + shares * end).astype(np.float32)
    path = (np.sin((1.0 - shares) * angle) * start + np.sin(shares * angle) * end) / np.sin(angle)
    return path.astype(np.float32)


def parse_labels(texts: Sequence[str], class_names: Sequence[str]) -> list[int]:
    """Parses labels.

    Args:
        texts: each the name of a class, or its number.
        class_names: names of the generator's classes; empty if it is unconditional.

    Raises:
        GenerateError: if a label is unknown.
    """
    if texts and not class_names:
        raise GenerateError("this generator has no classes. Leave `labels` out.")
    labels = []
    for text in texts:
        if text in class_names:
            labels.append(class_names.index(text))
        elif text.isascii() and text.isdigit() and int(text) < len(class_names):
            labels.append(int(text))
        else:
            raise GenerateError(
                f"there is no class {text!r}.{did_you_mean(text, class_names)} {available('Classes', class_names)}"
            )
    return labels


def make_plan(
    generator: Any, num_images: int, seed: int = 0, labels: Sequence[int] = (), num_steps: int | None = None
) -> Plan:
    """Chooses latent vectors and labels.

    Args:
        generator: `LoadedGenerator`.
        num_images: integer; with `num_steps` the number of rows.
        seed: integer.
        labels: sequence of integers, used in turn; empty for all classes in turn.
        num_steps: integer or None. If given, each row interpolates from one latent vector to the next in this many
            steps, and the next row continues from there.

    Returns:
        `Plan`.
    """
    classes = list(labels) or list(range(generator.num_classes))
    chosen = np.resize(np.array(classes, np.int32), num_images) if classes else None
    description = f"model: {generator.metadata['name']}; seed: {seed}"
    if num_steps is None:
        num_columns = len(classes) if 1 < len(classes) <= num_images else None
        return Plan(generator.draw_latents(num_images, seed), chosen, num_columns, description)
    ends = generator.draw_latents(num_images + 1, seed)
    rows = [spherical_interpolation(start, end, num_steps) for start, end in itertools.pairwise(ends)]
    chosen = None if chosen is None else np.repeat(chosen, num_steps)
    return Plan(np.concatenate(rows), chosen, num_steps, f"{description}; interpolated in {num_steps} steps")


def generate_images(generator: Any, plan: Plan, batch_size: int = 64) -> Iterator[np.ndarray]:
    """Generates the images of a plan, batch by batch.

    Args:
        generator: `LoadedGenerator`.
        plan: `Plan`.
        batch_size: integer.

    Returns:
        Iterator of float32 arrays of shape `(height, width, channels)` in [0, 1].
    """
    for start in range(0, len(plan.latents), batch_size):
        rows = slice(start, start + batch_size)
        yield from generator(plan.latents[rows], None if plan.labels is None else plan.labels[rows]).numpy()


def is_image_file(output: Path) -> bool:
    """Whether an output is an image file; otherwise it is a folder."""
    return output.suffix.lower() in WRITE_FORMATS and not output.is_dir()


def output_files(output: Path, num_images: int, overwrite: bool = False) -> list[Path]:
    """Lists the files to write: one with all images, or one for each.

    Args:
        output: an image file for a grid, or a folder for numbered files.
        num_images: integer.
        overwrite: whether to replace existing files.

    Raises:
        GenerateError: if a file exists or cannot be written, or `output` is neither an image file nor a folder.
    """
    if is_image_file(output):
        files = [output]
    else:
        if output.exists() and not output.is_dir():
            raise GenerateError(
                f"{output} is a file. Name a folder, or an image file that ends in {', '.join(WRITE_FORMATS)}."
            )
        files = [output / f"{number:05d}.png" for number in range(num_images)]
    existing = [file for file in files if file.exists()]
    if existing and not overwrite:
        raise GenerateError(f"{existing[0]}: already exists. Name another output, or pass overwrite=True.")
    try:
        check_writable(files[0])
    except ImageError as error:
        raise GenerateError(str(error)) from None
    return files


def write_images(
    images: Iterable[np.ndarray], output: Path, plan: Plan, class_names: Sequence[str], overwrite: bool = False
) -> None:
    """Writes the images of a plan, as a grid or one by one.

    Args:
        images: from `generate_images`.
        output: file or folder.
        plan: `Plan`.
        class_names: names of the labels.
        overwrite: whether to replace existing files.

    Raises:
        GenerateError: as in `output_files`.
        ImageError: if a file cannot be written.
    """
    files = output_files(output, len(plan.latents), overwrite)
    tags = {"Software": f"tfstyle {tfstyle.__version__}", "Description": plan.description}
    if is_image_file(output):
        save_image(files[0], image_grid(list(images), plan.num_columns), overwrite=overwrite, tags=tags)
        return
    for number, (file, image) in enumerate(zip(files, images, strict=True)):
        label = "" if plan.labels is None else f"; label: {class_names[plan.labels[number]]}"
        description = f"{plan.description}; image: {number}{label}"
        save_image(file, image, overwrite=overwrite, tags={**tags, "Description": description})

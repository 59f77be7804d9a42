"""Images of a generator as files: what `tfstyle generate` does."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import tfstyle
from tfstyle.artifacts import available, did_you_mean
from tfstyle.errors import TfstyleError
from tfstyle.images import WRITE_FORMATS, image_grid, save_image


class GenerateError(TfstyleError, ValueError):
    """A wish that cannot be met; the message is one line for the user, with the cure."""


@dataclass(frozen=True)
class Plan:
    """What is to be made: a latent vector and maybe a label for each image.

    Args:
        latents: float32 array `(num_images, latent_dim)`.
        labels: int32 array `(num_images,)`, or None.
        num_columns: integer, columns of a grid; None for about a square.
        description: string, how the images came about, for the tags of the files.
    """

    latents: np.ndarray
    labels: np.ndarray | None
    num_columns: int | None
    description: str


def spherical_interpolation(start, end, num_steps):
    """A path between latent vectors along which they stay as long as those that a generator was trained with.

        sin((1 - t) a) / sin(a) start + sin(t a) / sin(a) end,   a: the angle between the two

    Args:
        start: float array `(latent_dim,)`.
        end: float array `(latent_dim,)`.
        num_steps: integer, at least 2; the first is `start`, the last is `end`.

    Returns:
        float32 array `(num_steps, latent_dim)`.

    Reference:
        White: Sampling Generative Networks, 2016, section 2.1.
    """
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    cosine = start @ end / max(np.linalg.norm(start) * np.linalg.norm(end), 1e-12)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    shares = np.linspace(0.0, 1.0, num_steps)[:, None]
    if np.sin(angle) < 1e-6:  # in line: there is no arc, or no single one
        return ((1.0 - shares) * start + shares * end).astype(np.float32)
    path = (np.sin((1.0 - shares) * angle) * start + np.sin(shares * angle) * end) / np.sin(angle)
    return path.astype(np.float32)


def parse_labels(texts: Sequence[str], class_names: Sequence[str]) -> list[int]:
    """Reads labels as the command line gives them.

    Args:
        texts: each the name of a class, or its number.
        class_names: names of the generator's classes; empty for a generator without.

    Raises:
        GenerateError: if a label is unknown.
    """
    if texts and not class_names:
        raise GenerateError("this generator has no classes: leave out --labels.")
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


def make_plan(generator, num_images, seed=0, labels=(), num_steps=None):
    """Chooses latent vectors and labels.

    Args:
        generator: `LoadedGenerator`.
        num_images: integer; with `num_steps` the number of rows.
        seed: integer.
        labels: sequence of integers, which are taken in turn; empty for all classes in turn.
        num_steps: integer or None: each row shows that many steps on the way from one latent vector to the next, and
            the row below goes on from there.

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


def generate_images(generator, plan, batch_size=64):
    """Makes the images of a plan, a batch at a time.

    Args:
        generator: `LoadedGenerator`.
        plan: `Plan`.
        batch_size: integer.

    Returns:
        Iterator of float32 arrays `(height, width, channels)` in [0, 1].
    """
    for start in range(0, len(plan.latents), batch_size):
        rows = slice(start, start + batch_size)
        yield from generator(plan.latents[rows], None if plan.labels is None else plan.labels[rows]).numpy()


def is_image_file(output: Path) -> bool:
    """Whether an output is one file; else it is a folder."""
    return output.suffix.lower() in WRITE_FORMATS and not output.is_dir()


def output_files(output: Path, num_images: int, overwrite: bool = False) -> list[Path]:
    """The files to be written: one with all images, or one for each.

    Args:
        output: an image file for a grid, or a folder for files with numbers for names.
        num_images: integer.
        overwrite: whether to replace files.

    Raises:
        GenerateError: if a file exists, or a file is where the folder is to be.
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
        raise GenerateError(f"{existing[0]} exists already. Add --overwrite, or name another --output.")
    return files


def write_images(images: Iterable[np.ndarray], output: Path, plan: Plan, class_names: Sequence[str], overwrite=False):
    """Writes the images of a plan as a grid or one by one.

    Args:
        images: what `generate_images` gives.
        output: file or folder.
        plan: `Plan`.
        class_names: names of the labels.
        overwrite: bool.

    Raises:
        GenerateError: as `output_files`.
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

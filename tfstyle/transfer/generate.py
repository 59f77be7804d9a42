"""Generated images as files: what `tfstyle generate` does."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import tfstyle
from tfstyle.artifacts import available, did_you_mean
from tfstyle.errors import TfstyleError
from tfstyle.images import WRITE_FORMATS, ImageError, check_writable, image_grid, save_animation, save_image, to_uint8
from tfstyle.transfer.latents import closed_path, spherical_interpolation, truncate, vary
from tfstyle.video.clip import ClipFormat, import_package
from tfstyle.video.writing import ClipWriter, check_output


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


class CaptionedGenerator:
    """A generator of images from words with given captions, used as one with a class for each.

    Args:
        generator: `LoadedTextGenerator`.
        captions: sequence of strings.
    """

    def __init__(self, generator: Any, captions: Sequence[str]):
        self.generator, self.class_names = generator, tuple(captions)
        self.num_classes, self.metadata = len(self.class_names), generator.metadata
        self.latent_dim, self.image_shape = generator.latent_dim, generator.image_shape
        self.draw_latents = generator.draw_latents

    def __call__(self, latents: Any, labels: Any) -> Any:
        return self.generator([self.class_names[int(label)] for label in labels], latents)


def with_captions(generator: Any, captions: Sequence[str]) -> Any:
    """The generator itself, or a `CaptionedGenerator` if there are captions."""
    return CaptionedGenerator(generator, captions) if captions else generator


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
    generator: Any,
    num_images: int,
    seed: int = 0,
    labels: Sequence[int] = (),
    num_steps: int | None = None,
    truncation: float = 1.0,
    is_loop: bool = False,
    num_variations: int = 0,
    starts: np.ndarray | None = None,
) -> Plan:
    """Chooses latent vectors and labels.

    Args:
        generator: `LoadedGenerator`.
        num_images: integer; with `num_steps` the number of rows, with `num_variations` that of the images to vary.
        seed: integer.
        labels: sequence of integers, used in turn; empty for all classes in turn.
        num_steps: integer or None. If given, each row interpolates from one latent vector to the next in this many
            steps, and the next row continues from there.
        truncation: float in [0, 1], as in `tfstyle.transfer.truncate`.
        is_loop: bool, whether interpolated images are the frames of a loop, which ends where it begins.
        num_variations: integer, variations that follow each image.
        starts: float32 array of shape `(num_images, latent_dim)`, vectors to use instead of random ones; with
            `num_steps` one more, if it is not a loop.

    Returns:
        `Plan`.
    """
    classes = list(labels) or list(range(generator.num_classes))
    chosen = np.resize(np.array(classes, np.int32), num_images) if classes else None
    name = generator.metadata["name"]
    description = f"model: {name}; " + (f"seed: {seed}" if starts is None or num_variations else "given latents")
    if truncation != 1:
        description += f"; truncation: {truncation}"

    def start_with(count):
        return truncate(generator.draw_latents(count, seed) if starts is None else starts, truncation)

    if num_variations:
        latents = np.concatenate([
            np.concatenate([latent[None], vary(latent, num_variations, seed=seed + number)])
            for number, latent in enumerate(start_with(num_images))
        ])  # fmt: skip
        chosen = None if chosen is None else np.repeat(chosen, num_variations + 1)
        num_columns = num_variations + 1 if num_images > 1 else None
        return Plan(latents, chosen, num_columns, f"{description}; {num_variations} variations")
    if num_steps is None:
        num_columns = len(classes) if 1 < len(classes) <= num_images else None
        return Plan(start_with(num_images), chosen, num_columns, description)
    if is_loop:
        latents = closed_path(start_with(num_images), num_steps)
    else:
        pairs = itertools.pairwise(start_with(num_images + 1))
        latents = np.concatenate([spherical_interpolation(start, end, num_steps) for start, end in pairs])
    chosen = None if chosen is None else np.repeat(chosen, num_steps)
    return Plan(latents, chosen, num_steps, f"{description}; interpolated in {num_steps} steps")


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


# Clips

CLIP_SUFFIXES = (".gif", ".webp", ".mp4", ".webm", ".mkv", ".mov")
FRAMES_PER_SECOND = 25


def is_clip_file(output: Path) -> bool:
    """Whether an interpolation is written as a clip; otherwise as a grid or a folder of images."""
    return output.suffix.lower() in CLIP_SUFFIXES and not output.is_dir()


def check_clip(output: Path, overwrite: bool = False) -> None:
    """Raises an error, before any work is done, if a clip cannot be written."""
    check_output(output, overwrite)
    if output.suffix.lower() != ".gif":
        import_package("av")


def write_clip(images: Iterable[np.ndarray], output: Path, description: str, overwrite: bool = False) -> None:
    """Writes generated images as the frames of a clip, 25 a second. GIFs and WebPs loop forever.

    Args:
        images: iterable of float arrays `(height, width, channels)` in [0, 1] with 1, 3 or 4 channels; alpha is
            composited on white.
        output: file that ends in one of `CLIP_SUFFIXES`. All but .gif need the extra `video`.
        description: string, stored in the file if the container can.
        overwrite: whether to replace an existing file.

    Raises:
        ImageError: if a GIF exists or cannot be written.
        VideoError: if another file exists or cannot be written, or the extra is missing.
    """
    from tfstyle.metrics.features import as_rgb  # with Keras, which a wrong request should not wait for

    frames = (to_uint8(as_rgb(np.asarray(image)[None])[0].clip(0, 1)) for image in images)
    if output.suffix.lower() == ".gif":
        kept = list(frames)
        save_animation(output, kept, [1000 // FRAMES_PER_SECOND] * len(kept), overwrite)
        return
    first = next(frames)
    tick = Fraction(1, FRAMES_PER_SECOND)
    height, width, _ = first.shape
    clip_format = ClipFormat(height, width, Fraction(FRAMES_PER_SECOND), Fraction(1, 1000))
    with ClipWriter(output, clip_format, overwrite=overwrite, comment=description) as writer:
        for number, frame in enumerate(itertools.chain([first], frames)):
            writer.write(frame, number * tick, tick)

"""`tfstyle generate`: images from a trained generator."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, natural_number, positive_integer
from tfstyle.commands.models import load_model, open_model, read_family, read_restorer
from tfstyle.saved.family import GENERATE, UPSCALE
from tfstyle.wording import counted

if TYPE_CHECKING:
    import numpy as np


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "generate",
        run,
        "generate images with a trained generator",
        "tfstyle generate --model NAME_OR_FOLDER --output FILE_OR_FOLDER [options]",
        (
            "tfstyle generate --model dcgan_emoji --num-images 25 --output emoji.png",
            "tfstyle generate --model conditional_dcgan_mnist --labels 7 --seed 1 --output sevens/",
        ),
    )
    add = parser.add_argument
    add("--model", required=True, metavar="NAME_OR_FOLDER", help="a generator, or the run directory of its training")
    add(
        "--output",
        type=Path,
        required=True,
        metavar="FILE_OR_FOLDER",
        help="an image file for a grid of all images, or a folder for one PNG per image",
    )
    add("--num-images", type=positive_integer, default=16, metavar="N", help="default: 16")
    add("--seed", type=natural_number, default=0, metavar="S", help="a seed always gives the same images (default: 0)")
    add("--labels", nargs="+", default=[], metavar="LABEL", help="classes by name or number, in turn (default: all)")
    add(
        "--interpolate",
        nargs="?",
        const=8,
        type=several,
        metavar="STEPS",
        help="interpolate: N rows, each from one image to the next in STEPS steps (8 if no number is given)",
    )
    add(
        "--upscale",
        nargs="?",
        const="upscale",
        metavar="NAME_OR_FOLDER",
        help="enlarge the images, by the shipped model upscale or another upscaler",
    )
    add("--overwrite", action="store_true", help="replace existing outputs")


def several(text) -> int:
    number = int(text)
    if number < 2:
        raise ValueError
    return number


several.__name__ = "number of steps"


def run(options) -> None:
    family, metadata = read_family(options.model)
    if family.use != GENERATE:
        raise UsageError(f"{options.model} is a {family.title}, not a generator. tfstyle zoo lists the generators.")
    if options.upscale:
        read_restorer(options.upscale, "upscale", UPSCALE, "upscale")
    from tfstyle.transfer.generate import generate_images, make_plan, output_files, parse_labels, write_images

    # All mistakes are found before TensorFlow is imported.
    num_images = options.num_images * (options.interpolate or 1)
    output_files(options.output, num_images, options.overwrite)
    labels = parse_labels(options.labels, metadata["class_names"])
    import_tensorflow()
    with open_model(options.model) as generator:
        plan = make_plan(generator, options.num_images, options.seed, labels, options.interpolate)
        images = generate_images(generator, plan)
        if options.upscale:
            images = upscaled(images, load_model(options.upscale))
        write_images(images, options.output, plan, generator.class_names, options.overwrite)
    print(f"{options.output}: {counted(num_images, 'image')} of {generator.metadata['name']}")


def upscaled(images, upscaler) -> Iterator["np.ndarray"]:
    """Enlarges generated images. Gray ones become RGB; alpha is enlarged by interpolation.

    Args:
        images: iterable of float arrays `(height, width, channels)` in [0, 1].
        upscaler: `LoadedUpscaler`.
    """
    import numpy as np

    from tfstyle.transfer.restore import upscale

    for image in images:
        image = np.asarray(image).clip(0, 1)
        yield upscale(np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image, upscaler)

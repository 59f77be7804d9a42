"""`tfstyle generate`: images from a trained generator."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, natural_number, positive_integer
from tfstyle.commands.models import load_model, open_model, read_family, read_restorer
from tfstyle.saved.family import GENERATE, ILLUSTRATE, UPSCALE
from tfstyle.wording import counted

if TYPE_CHECKING:
    import numpy as np


STEPS, CLIP_STEPS = 8, 25  # of an interpolation without a number, as a row of images and as a clip of a second
DIRECTIONS = 8
MIXED = 6  # rows and columns of a sheet of mixed images


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "generate",
        run,
        "generate images with a trained generator",
        "tfstyle generate --model NAME_OR_FOLDER --output FILE_OR_FOLDER [options]",
        (
            "tfstyle generate --model emoji --labels faces food --num-images 24 --output emoji.png",
            "tfstyle generate --model conditional_dcgan_mnist --labels 7 --seed 1 --output sevens/",
            'tfstyle generate --model runs/shapes --text "a large green star above a yellow ring" --output star.png',
            "tfstyle generate --model emoji --labels faces --num-images 6 --interpolate 25 --output morph.gif",
            "tfstyle generate --model emoji --latents mine.npz --variations 15 --output family.png",
        ),
    )
    add = parser.add_argument
    add("--model", required=True, metavar="NAME_OR_FOLDER", help="a generator, or the run directory of its training")
    add(
        "--output",
        type=Path,
        required=True,
        metavar="FILE_OR_FOLDER",
        help="an image file for a grid of all images, or a folder for one PNG per image; a clip with --interpolate",
    )
    add("--num-images", type=positive_integer, metavar="N", help="default: 16, or as many as in --latents")
    add("--seed", type=natural_number, default=0, metavar="S", help="a seed always gives the same images (default: 0)")
    add("--labels", nargs="+", default=[], metavar="LABEL", help="classes by name or number, in turn (default: all)")
    add(
        "--text",
        nargs="+",
        default=[],
        metavar="CAPTION",
        help="for a generator of images from words: what to make, each caption in turn",
    )
    add(
        "--truncation",
        type=fraction_or_one,
        default=1.0,
        metavar="PSI",
        help="scale the latents by PSI in [0, 1]: below 1, images are more typical and less varied (default: 1)",
    )
    add("--latents", type=Path, metavar="FILE", help="an .npz file of tfstyle invert, instead of random latents")
    add("--variations", type=positive_integer, metavar="N", help="show each image with N variations of it")
    add(
        "--interpolate",
        nargs="?",
        const=0,
        type=several,
        metavar="STEPS",
        help="interpolate on a sphere: N rows, each from one image to the next in STEPS steps (default: 8); or, if the "
        "output is a .gif, .webp, .mp4 or another clip, a loop through N images (default: 25 frames, a second, each)",
    )
    add(
        "--directions",
        nargs="?",
        const=DIRECTIONS,
        type=positive_integer,
        metavar="N",
        help="find N directions in which images change most (8 if no number is given), and draw a sheet of them",
    )
    add(
        "--mix",
        nargs="?",
        const=MIXED,
        type=positive_integer,
        metavar="N",
        help="draw a sheet of images mixed by layers: the content of each image (as many as --num-images or --latents) "
        "with the style of N others (6 if no number is given). For generators of the architecture fastgan",
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


def fraction_or_one(text) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError
    return number


fraction_or_one.__name__ = "number in [0, 1]"


def run(options) -> None:
    family, metadata = read_family(options.model)
    if family.use not in (GENERATE, ILLUSTRATE):
        raise UsageError(f"{options.model} is a {family.title}, not a generator. tfstyle zoo lists the generators.")
    if options.text and family.use == GENERATE:
        raise UsageError(f"{options.model} makes images from noise, not from words. Leave --text out.")
    if family.use == ILLUSTRATE:
        check_text(options, metadata)
        metadata = {**metadata, "class_names": options.text}
    if options.upscale:
        read_restorer(options.upscale, "upscale", UPSCALE, "upscale")
    chosen = [flag for flag in ("interpolate", "variations", "directions", "mix") if getattr(options, flag) is not None]
    if len(chosen) > 1:
        raise UsageError(f"--{chosen[0]} and --{chosen[1]} exclude each other. Run the command twice.")
    if options.latents and options.num_images:
        raise UsageError("--latents gives the number of images. Leave --num-images out.")
    from tfstyle.transfer.generate import is_clip_file, parse_labels
    from tfstyle.transfer.latents import load_latents
    from tfstyle.transfer.mixing import check_mixing

    # All mistakes are found before TensorFlow is imported.
    if options.mix:
        check_mixing(metadata)
    labels = parse_labels(options.labels, metadata["class_names"])
    starts, given_labels = None, None
    if options.latents:
        starts, given_labels = load_latents(options.latents, metadata["latent_dim"], len(metadata["class_names"]))
    if not labels and given_labels is not None:
        labels = given_labels.tolist()
    is_clip = options.interpolate is not None and is_clip_file(options.output)
    if options.interpolate == 0:
        options.interpolate = CLIP_STEPS if is_clip else STEPS
    if options.directions:
        draw_directions(options, labels, starts)
    elif options.mix:
        draw_mixed(options, labels, starts)
    else:
        generate(options, labels, starts, is_clip)


def check_text(options, metadata) -> None:
    """Checks the flags for a generator of images from words, without importing TensorFlow.

    Args:
        options: return value of the parser.
        metadata: dict, as returned by `read_family`.

    Raises:
        UsageError: if there are no captions, or there are labels.
        VocabularyError: if a caption has an unknown word, none, or too many.
    """
    from tfstyle.vocabulary import Vocabulary

    if not options.text:
        raise UsageError(f'{options.model} makes images from words: --text is needed, as in --text "CAPTION".')
    if options.labels:
        raise UsageError(f"{options.model} has words instead of labels. Leave --labels out.")
    config = metadata.get("config", metadata)
    Vocabulary(config["vocabulary"]).encode(options.text, config["num_words"])


def generate(options, labels, starts, is_clip) -> None:
    """Generates images, and writes them as the output says."""
    from tfstyle.transfer.generate import (
        check_clip,
        generate_images,
        make_plan,
        output_files,
        with_captions,
        write_clip,
        write_images,
    )

    num_starts = len(starts) if starts is not None else options.num_images or 16
    if starts is not None and options.interpolate and not is_clip:
        num_starts -= 1  # rows lead from one to the next
        if not num_starts:
            raise UsageError("--interpolate needs two latents at least, and there is one in --latents.")
    num_images = num_starts * (options.interpolate or 1 + (options.variations or 0))
    if is_clip:
        check_clip(options.output, options.overwrite)
    else:
        output_files(options.output, num_images, options.overwrite)
    import_tensorflow()
    with open_model(options.model) as generator:
        generator = with_captions(generator, options.text)
        plan = make_plan(
            generator,
            num_starts,
            options.seed,
            labels,
            options.interpolate,
            options.truncation,
            is_clip,
            options.variations or 0,
            starts,
        )
        images = generate_images(generator, plan)
        if options.upscale:
            images = upscaled(images, load_model(options.upscale))
        if is_clip:
            write_clip(images, options.output, plan.description, options.overwrite)
        else:
            write_images(images, options.output, plan, generator.class_names, options.overwrite)
    print(f"{options.output}: {counted(num_images, 'image')} of {generator.metadata['name']}")


def draw_directions(options, labels, starts) -> None:
    """Finds directions in latent space, and draws a sheet of them."""
    from tfstyle.images import save_image
    from tfstyle.transfer.generate import with_captions

    output_of_a_sheet(options, "directions")
    import_tensorflow()
    import numpy as np

    from tfstyle.interpret.directions import latent_directions, plot_latent_directions
    from tfstyle.transfer.latents import truncate

    with open_model(options.model) as generator:
        generator = with_captions(generator, options.text)
        label = labels[0] if labels else None
        directions = latent_directions(
            generator, options.directions, max(1000, 4 * generator.latent_dim), label, options.seed
        )
        latent = (generator.draw_latents(1, options.seed) if starts is None else starts)[0]
        sheet = plot_latent_directions(generator, directions, truncate(latent, options.truncation), label)
        save_image(options.output, np.asarray(sheet), overwrite=options.overwrite)
    print(
        f"{options.output}: {counted(len(directions.vectors), 'direction')}, {directions.shares.sum():.0%} of the "
        f"variance of images of {generator.metadata['name']}"
    )


def draw_mixed(options, labels, starts) -> None:
    """Draws a sheet of images mixed by layers."""
    from tfstyle.images import save_image

    output_of_a_sheet(options, "mix")
    import_tensorflow()
    from tfstyle.transfer.generate import make_plan
    from tfstyle.transfer.mixing import mixing_sheet

    num_rows = len(starts) if starts is not None else options.num_images or options.mix
    with open_model(options.model) as generator:
        rows = make_plan(generator, num_rows, options.seed, labels, truncation=options.truncation, starts=starts)
        columns = make_plan(generator, options.mix, options.seed + 1, labels, truncation=options.truncation)
        sheet = mixing_sheet(generator, rows.latents, columns.latents, rows.labels, columns.labels)
        save_image(options.output, sheet, overwrite=options.overwrite)
    print(f"{options.output}: {counted(num_rows * options.mix, 'mixed image')} of {generator.metadata['name']}")


def output_of_a_sheet(options, flag) -> None:
    """Raises an error, before any work is done, if a sheet cannot be written."""
    from tfstyle.transfer.generate import is_image_file, output_files

    if not is_image_file(options.output):
        raise UsageError(f"--{flag} draws one sheet: --output must be an image file, such as sheet.png.")
    if options.upscale:
        raise UsageError(f"--upscale is not for the sheet of --{flag}. Leave it out.")
    output_files(options.output, 1, options.overwrite)


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

"""`tfstyle invert`: the latent vector of a picture."""

from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.extractors import EXTRACTOR_HELP, make_extractor, parse_extractor
from tfstyle.commands.flags import add_command, natural_number, positive_integer
from tfstyle.commands.models import open_model, read_family
from tfstyle.saved.family import GENERATE


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "invert",
        run,
        "find the latent vector from which a generator makes a picture",
        "tfstyle invert PICTURE --model NAME_OR_FOLDER --output FILE [options]",
        (
            "tfstyle invert my_emoji.png --model emoji --label faces --output mine.png",
            "tfstyle invert digit.png --model conditional_dcgan_mnist --label 7 --output seven.png",
        ),
    )
    add = parser.add_argument
    add("picture", type=Path, metavar="PICTURE", help="an image file; its central square is used")
    add("--model", required=True, metavar="NAME_OR_FOLDER", help="a generator, or the run directory of its training")
    add(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="an image file: the picture, and beside it what the generator makes. The latents are written next to it "
        "as .npz, for tfstyle generate --latents",
    )
    add("--label", metavar="LABEL", help="class by name or number (default: the one that fits best)")
    add("--num-steps", type=positive_integer, default=200, metavar="N", help="steps of Adam (default: 200)")
    add("--num-starts", type=positive_integer, default=8, metavar="N", help="latents optimized together (default: 8)")
    add("--seed", type=natural_number, default=0, metavar="S", help="seed of the first latents (default: 0)")
    add(
        "--extractor",
        default="light",
        metavar="NAME[=WEIGHTS]",
        help=f"loss network (default: light): {EXTRACTOR_HELP}",
    )
    add("--overwrite", action="store_true", help="replace existing outputs")


def run(options) -> None:
    family, metadata = read_family(options.model)
    if family.use != GENERATE:
        raise UsageError(f"{options.model} is a {family.title}, not a generator. tfstyle zoo lists the generators.")
    name, weights = parse_extractor(options.extractor)
    from tfstyle.images import image_grid, load_image, save_image
    from tfstyle.transfer.generate import is_image_file, output_files, parse_labels
    from tfstyle.transfer.latents import save_latents

    # All mistakes are found before TensorFlow is imported.
    if not is_image_file(options.output):
        raise UsageError(f"{options.output}: --output must be an image file, such as mine.png.")
    output_files(options.output, 1, options.overwrite)
    latents_file = options.output.with_suffix(".npz")
    if latents_file.exists() and not options.overwrite:
        raise UsageError(f"{latents_file}: already exists. Name another output, or add --overwrite.")
    labels = parse_labels([options.label] if options.label else [], metadata["class_names"])
    picture = load_image(options.picture, keep_alpha=True)
    import_tensorflow()
    import numpy as np

    from tfstyle.transfer.inversion import invert

    extractor, *_ = make_extractor(name, weights, "float32")
    with open_model(options.model) as generator:
        found = invert(
            picture,
            generator,
            extractor,
            labels[0] if labels else None,
            options.num_steps,
            options.num_starts,
            seed=options.seed,
        )
        sheet = image_grid(np.stack([found.target, found.image.clip(0, 1)]), num_columns=2)
        save_image(options.output, sheet, overwrite=options.overwrite)
        save_latents(
            latents_file,
            found.latent[None],
            None if found.label is None else [found.label],
            generator.metadata["name"],
            options.overwrite,
        )
        label = "" if found.label is None else f"; class {generator.class_names[found.label]}"
    difference = 255 * np.sqrt(np.mean(np.square(found.image - found.target)))
    print(
        f"{options.output}, {latents_file}: differs by {difference:.0f} of 255 levels{label}. "
        f"tfstyle generate --model {options.model} --latents {latents_file} --variations 15 --output variations.png "
        "shows variations."
    )

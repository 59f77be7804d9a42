"""`tfstyle train translator`: trains a network for image-to-image translation."""

from pathlib import Path
from typing import Any

from tfstyle.commands.console import UsageError
from tfstyle.commands.flags import add_command, add_config_flags, flag_of
from tfstyle.commands.training import TrainingCommand, add_run_flags

DATA_FLAGS = ("pairs", "inputs", "targets", "source", "target")
PAIRED = (("pairs",), ("inputs", "targets"))
UNPAIRED = (("source", "target"),)


def add_flags(models) -> None:
    from tfstyle.training.loop.config import OLD_NAMES
    from tfstyle.training.translator_config import TranslatorConfig

    parser = add_command(
        models,
        "translator",
        run,
        "train a network that translates images from one domain into another",
        "tfstyle train translator --method METHOD --pairs FOLDER | --inputs A --targets B | --source A --target B "
        "--run-directory RUN [options]",
        (
            "tfstyle train translator --method pix2pix --pairs maps/ --run-directory runs/maps",
            "tfstyle train translator --method pix2pix --inputs lines/ --targets colored/ --run-directory runs/color",
            "tfstyle train translator --method cut --source photos/ --target monets/ --run-directory runs/monet",
        ),
    )
    add = parser.add_argument
    add(
        "--pairs",
        type=Path,
        metavar="FOLDER",
        help="pix2pix: images with the input on the left and the target on the right",
    )
    add("--swap", action="store_true", help="the input of --pairs is on the right")
    add("--inputs", type=Path, metavar="FOLDER", help="pix2pix: inputs")
    add("--targets", type=Path, metavar="FOLDER", help="pix2pix: a target of the same file name for each input")
    add("--source", type=Path, metavar="FOLDER", help="cyclegan, cut, fastcut: images of the domain to translate from")
    add("--target", type=Path, metavar="FOLDER", help="cyclegan, cut, fastcut: images of the domain to translate into")
    add_run_flags(parser)
    # The help shows the defaults of pix2pix; other methods have other defaults.
    add_config_flags(
        parser.add_argument_group("settings", "the defaults are those of pix2pix; each method has its own"),
        TranslatorConfig,
        old_names=OLD_NAMES,
    )


def run(options) -> None:
    from tfstyle.training.loop.run_directory import RunDirectory
    from tfstyle.training.translator_config import TranslatorConfig, translator_preset

    saved = RunDirectory(options.run_directory).saved_config(TranslatorConfig) if options.resume else None
    try:
        default = None if saved else translator_preset(getattr(options, "method", "pix2pix"))
    except ValueError as error:
        raise UsageError(str(error)) from error
    command = TrainingCommand(options, TranslatorConfig, default)
    check_data_flags(options, command.config.method)

    command.prepare()
    from tfstyle.models.translation import create_translation_networks
    from tfstyle.training.translator import train_translator

    config = command.config
    inputs, targets = load_data(options, command)
    networks = create_translation_networks(
        config.method, config.architecture, *network_options(config), config.precision
    )
    folders = [inputs] if targets is None else [inputs, targets]
    with command.started(folders):
        num_images = " and ".join(f"{len(folder)}" for folder in folders)  # including those held back
        num_weights = networks["generator"].count_params() / 1e6
        print(
            f"{num_images} {'pairs' if targets is None else 'images'} for {config.method}; "
            f"{type(networks['generator']).__name__} of {num_weights:.2f} million weights, {config.precision}",
            flush=True,
        )
        losses = train_translator(networks, inputs, targets, config, command.directory)
        if config.num_held_back:
            print(
                f"pairs held back ({config.num_held_back}): the translations are {losses['held_back_l1']:.4f} from "
                f"their targets, the inputs {losses['held_back_input_l1']:.4f} (mean absolute difference in [0, 1])",
                flush=True,
            )


def check_data_flags(options, method) -> None:
    """Checks that the folders belong to the method.

    Raises:
        UsageError: if a folder is missing or not used.
    """
    given = tuple(flag for flag in DATA_FLAGS if getattr(options, flag))
    wanted = PAIRED if method == "pix2pix" else UNPAIRED
    if given not in wanted:
        ways = ", or ".join(" and ".join(map(flag_of, flags)) for flags in wanted)
        raise UsageError(
            f"the method {method} needs {ways}. Received: {', '.join(map(flag_of, given)) or 'no folder'}."
        )
    if options.swap and given != ("pairs",):
        raise UsageError("--swap is only for --pairs. Exchange the two folders instead.")
    if options.cache and method == "pix2pix":
        raise UsageError("--cache is for single images, not for pairs. Remove it.")


def load_data(options, command) -> tuple[Any, Any]:
    """The pairs and None, or the images of both domains."""
    from tfstyle.data.pairs import ImagePairs

    if options.source:
        seen_side = command.config.crop_size * command.config.max_scale
        return command.image_folder(options.source, seen_side), command.image_folder(options.target, seen_side)
    if options.pairs:
        return ImagePairs(options.pairs, swap=options.swap), None
    return ImagePairs(options.inputs, options.targets), None


def network_options(config) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of the generator and those of the discriminator, as two dicts."""
    generator = {}
    if config.filters:
        generator["filters"] = config.filters
    if config.upsampling != "auto":
        generator["upsampling"] = config.upsampling
    if config.architecture == "unet":
        generator["dropout"] = config.dropout
    else:
        generator["num_residual_blocks"] = config.num_residual_blocks
    return generator, {
        "receptive_field": config.receptive_field,
        "filters": config.discriminator_filters,
        "normalization": config.discriminator_normalization,
    }

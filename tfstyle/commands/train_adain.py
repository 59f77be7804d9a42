"""`tfstyle train adain`: AdaIN, a feed-forward network for arbitrary style transfer."""

from pathlib import Path

from tfstyle.commands.console import UsageError
from tfstyle.commands.flags import add_command, add_config_flags, add_flag
from tfstyle.commands.training import TrainingCommand, add_run_flags

WEIGHTS_BY_NAME = ("tfstyle", "imagenet")
NUM_SCALING_IMAGES = 64  # photographs on which the scale of each of the encoder's channels is measured

EXAMPLES = (
    "tfstyle train adain --content photos/ --style paintings/ --run-directory runs/adain",
    "tfstyle train adain --content photos/ --style paintings/ --run-directory runs/adain --resume",
)


def add_flags(models) -> None:
    from tfstyle.training.adain_config import AdaINConfig
    from tfstyle.training.loop.config import OLD_NAMES

    usage = "tfstyle train adain --content FOLDER... --style FOLDER... --run-directory RUN [options]"
    summary = "train AdaIN, a feed-forward network for arbitrary style transfer"
    parser = add_command(models, "adain", run, summary, usage, EXAMPLES)
    add = parser.add_argument
    add("--content", type=Path, nargs="+", required=True, metavar="FOLDER", help="photographs")
    add_flag(
        parser,
        "--style",
        "--paintings",
        type=Path,
        nargs="+",
        required=True,
        metavar="FOLDER",
        help="paintings; the folders are sampled equally often, whatever their size",
    )
    add(
        "--encoder",
        default="tfstyle",
        metavar="WEIGHTS",
        help="weights of VGG19: tfstyle for the shipped ones, imagenet for those of Keras, or a file or SavedModel "
        "(default: tfstyle)",
    )
    add_run_flags(parser, ", which includes the encoder")
    add_config_flags(parser.add_argument_group("settings"), AdaINConfig, old_names=OLD_NAMES)


def run(options) -> None:
    from tfstyle.training.adain_config import AdaINConfig

    command = TrainingCommand(options, AdaINConfig)
    if options.encoder not in WEIGHTS_BY_NAME and not Path(options.encoder).exists():
        raise UsageError(f"{options.encoder}: there is no such file of weights for --encoder")

    command.prepare()
    import numpy as np
    from numpy.random import default_rng

    from tfstyle.data.image_folder import random_crop
    from tfstyle.models.perceptual.layer_scale import normalize_layers
    from tfstyle.models.style.adain import AdaINStyler
    from tfstyle.training.adain import train_adain

    config = command.config
    seen_side = config.crop_size * config.max_scale
    photographs = command.image_folder(options.content, seen_side)
    paintings = [command.image_folder(folder, seen_side) for folder in options.style]
    weights = None if command.has_checkpoint else options.encoder  # the checkpoint contains the encoder's weights, too
    try:
        styler = AdaINStyler(weights, config.decoder_filters, dtype=config.precision)
    except ValueError as error:
        raise UsageError(f"--encoder {options.encoder}: {error}") from error
    if weights == "imagenet" or (weights and Path(weights).is_file()):  # the layers of a SavedModel are scaled already
        numbers = range(min(len(photographs), NUM_SCALING_IMAGES))
        crops = [random_crop(photographs.load(number)[0], config.crop_size, default_rng(number)) for number in numbers]
        normalize_layers(styler.encoder, np.stack(crops))
    with command.started([photographs, *paintings]):
        train_adain(styler, photographs, paintings, config, command.directory)

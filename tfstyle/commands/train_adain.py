"""`tfstyle train adain`: a network that paints like any painting."""

from dataclasses import replace
from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow, report_training
from tfstyle.commands.flags import add_command, add_config_flags, add_run_flags, config_from

WEIGHTS_BY_NAME = ("tfstyle", "imagenet")
NUM_SCALING_IMAGES = 64  # photographs on which the scale of each of the encoder's channels is measured


def add_flags(models):
    from tfstyle.training.adain_config import AdaINConfig

    usage = "tfstyle train adain --content FOLDER... --paintings FOLDER... --run-directory RUN [options]"
    summary = "train a network that paints like any painting"
    parser = add_command(models, "adain", run, summary, usage)
    add = parser.add_argument
    add("--content", type=Path, nargs="+", required=True, metavar="FOLDER", help="photographs")
    add(
        "--paintings",
        type=Path,
        nargs="+",
        required=True,
        metavar="FOLDER",
        help="paintings; the folders take turns, however many each of them has",
    )
    add(
        "--encoder",
        default="tfstyle",
        metavar="WEIGHTS",
        help="weights of VGG19: tfstyle for those that ship, imagenet for Keras', or a file or SavedModel "
        "(default: tfstyle)",
    )
    add_run_flags(parser, "; the encoder is in it")
    add_config_flags(parser.add_argument_group("settings"), AdaINConfig)


def run(options):
    from tfstyle.training.adain_config import AdaINConfig
    from tfstyle.training.loop.run_directory import RunDirectory

    directory = RunDirectory(options.run_directory)
    config = config_from(AdaINConfig, options, directory.saved_config(AdaINConfig) if options.resume else None)
    if options.encoder not in WEIGHTS_BY_NAME and not Path(options.encoder).exists():
        raise UsageError(f"{options.encoder}: there is no such file of weights for --encoder")

    import_tensorflow()
    import keras
    import numpy as np
    from numpy.random import default_rng

    from tfstyle.data.image_folder import ImageFolder, random_crop
    from tfstyle.models.perceptual.layer_scale import normalize_layers
    from tfstyle.models.style.adain import AdaINStyler
    from tfstyle.training.adain import train_adain
    from tfstyle.training.loop.strategy import enable_memory_growth, fastest_precision

    photographs = ImageFolder(options.content)
    paintings = [ImageFolder(folder) for folder in options.paintings]
    enable_memory_growth()
    keras.utils.set_random_seed(config.seed)
    if config.precision == "auto":
        config = replace(config, precision=fastest_precision())
    # A checkpoint has the encoder's weights, too.
    weights = None if options.resume and directory.latest_checkpoint() else options.encoder
    try:
        styler = AdaINStyler(weights, config.decoder_filters, dtype=config.precision)
    except ValueError as error:
        raise UsageError(f"--encoder {options.encoder}: {error}") from error
    if weights == "imagenet" or (weights and Path(weights).is_file()):  # a SavedModel's layers have one scale already
        numbers = range(min(len(photographs), NUM_SCALING_IMAGES))
        crops = [random_crop(photographs.load(number)[0], config.crop_size, default_rng(number)) for number in numbers]
        normalize_layers(styler.encoder, np.stack(crops))
    directory.start(config, resume=options.resume)
    train_adain(styler, photographs, paintings, config, directory)
    report_training(directory.path, [photographs, *paintings])

"""`tfstyle train translator`: trains a network for image-to-image translation, or one that restores images."""

import math
from pathlib import Path
from typing import Any

from tfstyle.commands.console import UsageError
from tfstyle.commands.flags import add_command, add_config_flags, flag_of
from tfstyle.commands.training import TrainingCommand, add_extractor_flag, add_run_flags, make_loss_network

DATA_FLAGS = ("pairs", "inputs", "targets", "source", "target", "data")
PAIRED = (("pairs",), ("inputs", "targets"))
UNPAIRED = (("source", "target"), ("target",), ("data",))
SINGLE = (("target",), ("data",))
PERSONAL = "personal"


def add_flags(models) -> None:
    from tfstyle.training.loop.config import OLD_NAMES
    from tfstyle.training.translator_config import TranslatorConfig

    parser = add_command(
        models,
        "translator",
        run,
        "train a network that translates images from one domain into another, or restores images",
        "tfstyle train translator --method METHOD --pairs FOLDER | --inputs A --targets B | --source A --target B "
        "--run-directory RUN [options]\n"
        "       tfstyle train translator --task colorize|upscale|repair --target FOLDER... --run-directory RUN "
        "[options]\n"
        "       tfstyle train translator --preset personal --target FOLDER --run-directory RUN [options]",
        (
            "tfstyle train translator --method pix2pix --pairs maps/ --run-directory runs/maps",
            "tfstyle train translator --method pix2pix --inputs lines/ --targets colored/ --run-directory runs/color",
            "tfstyle train translator --method cut --source photos/ --target monets/ --run-directory runs/monet",
            "tfstyle train translator --preset personal --target my_pictures/ --run-directory runs/mine",
            "tfstyle train translator --task repair --target photos/ paintings/ --run-directory runs/repair",
        ),
    )
    add = parser.add_argument
    add(
        "--preset",
        choices=(PERSONAL,),
        help="personal: the style of 1 to 200 pictures of --target, by cut with the settings for so few",
    )
    add(
        "--pairs",
        type=Path,
        metavar="FOLDER",
        help="pix2pix: images with the input on the left and the target on the right",
    )
    add("--swap", action="store_true", help="the input of --pairs is on the right")
    add("--inputs", type=Path, metavar="FOLDER", help="pix2pix: inputs")
    add("--targets", type=Path, metavar="FOLDER", help="pix2pix: a target of the same file name for each input")
    add(
        "--source",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="cyclegan, cut, fastcut: images of the domain to translate from (default: the few photographs that "
        "installed packages carry)",
    )
    add(
        "--target",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="cyclegan, cut, fastcut: images of the domain to translate into; --task: images to degrade and restore",
    )
    add(
        "--data",
        metavar="tfds:NAME",
        help="images of TensorFlow Datasets, a download: without pairs both domains, the splits trainA and trainB, "
        "such as tfds:cycle_gan/horse2zebra; for a --task the split train",
    )
    add(
        "--start-from",
        metavar="NAME_OR_FOLDER",
        help="begin with the weights of this model, in its size, as the generator",
    )
    add_run_flags(parser)
    add_extractor_flag(parser)
    # The help shows the defaults of pix2pix; other methods have other defaults.
    add_config_flags(
        parser.add_argument_group("settings", "the defaults are those of pix2pix; other methods and tasks have others"),
        TranslatorConfig,
        old_names=OLD_NAMES,
    )


def run(options) -> None:
    from tfstyle.training.loop.run_directory import RunDirectory
    from tfstyle.training.translator_config import TRANSLATE, TranslatorConfig

    saved = RunDirectory(options.run_directory).saved_config(TranslatorConfig) if options.resume else None
    command = TrainingCommand(options, TranslatorConfig, None if saved else default_config(options))
    check_data_flags(options, command.config)

    command.prepare()
    from tfstyle.training.translator import train_translator

    config = command.config
    is_restoration = config.task != TRANSLATE
    inputs, targets = load_data(options, command)
    networks = create_networks(command, options.start_from)
    measures_targets = targets is not None and (config.num_held_back or config.keep_best)
    extractor = None
    if measures_targets or (is_restoration and config.perceptual_weight):
        extractor, *_ = make_loss_network(options, config)
    folders = [inputs] if targets is None else [inputs, targets]
    with command.started(folders):
        num_images = " and ".join(f"{len(folder)}" for folder in folders)  # including those held back
        num_weights = networks["generator"].count_params() / 1e6
        things = "images" if is_restoration or targets is not None else "pairs"
        print(
            f"{num_images} {things} for {config.task if is_restoration else config.method}; "
            f"{type(networks['generator']).__name__} of {num_weights:.2f} million weights, {config.precision}",
            flush=True,
        )
        losses = train_translator(networks, inputs, targets, config, command.directory, extractor=extractor)
        report_held_back(config, losses)


def report_held_back(config, losses) -> None:
    """Prints the results on what was held back, if anything was."""
    if "held_back_l1" in losses:
        print(
            f"pairs held back ({config.num_held_back}): the translations are {losses['held_back_l1']:.4f} from "
            f"their targets, the inputs {losses['held_back_input_l1']:.4f} (mean absolute difference in [0, 1])",
            flush=True,
        )
    elif "held_back_psnr" in losses:
        texts = [
            f"{label} PSNR {losses[f'held_back_{kind}psnr']:.2f} dB, SSIM {losses[f'held_back_{kind}ssim']:.3f}"
            for label, kind in (("restored", ""), ("degraded", "input_"))
        ]
        print(f"images held back ({config.num_held_back}): {'; '.join(texts)}", flush=True)
    elif "structure" in losses:
        print(
            f"last measures: kernel distance to the target domain {losses['kernel_distance']:.4g}, structure kept "
            f"{losses['structure']:.2f}",
            flush=True,
        )


def default_config(options) -> Any:
    """The settings that the flags of a new training change.

    Raises:
        UsageError: if the method is unknown, or there are no pictures of one's own.
    """
    from tfstyle.training.translator_config import TRANSLATE, personal_config, restoration_presets, translator_preset

    task = getattr(options, "task", TRANSLATE)
    if options.preset == PERSONAL:
        if not options.target:
            raise UsageError("--preset personal needs --target: a folder of your pictures.")
        if task != TRANSLATE:
            raise UsageError(f"--preset personal learns a style. Leave out --task {task}, or the preset.")
        from tfstyle.images import list_images

        return personal_config(len(list_images(options.target)))
    if task in restoration_presets:
        return restoration_presets[task]
    try:
        return translator_preset(getattr(options, "method", "pix2pix"))
    except ValueError as error:
        raise UsageError(str(error)) from error


def check_data_flags(options, config) -> None:
    """Checks that the folders belong to the method or task.

    Raises:
        UsageError: if a folder is missing or not used.
    """
    from tfstyle.training.translator_config import TRANSLATE

    wanted: tuple[tuple[str, ...], ...]
    given = tuple(flag for flag in DATA_FLAGS if getattr(options, flag))
    if config.task != TRANSLATE:
        name, wanted = f"task {config.task}", SINGLE
    else:
        name, wanted = f"method {config.method}", PAIRED if config.method == "pix2pix" else UNPAIRED
    if given not in wanted:
        ways = ", or ".join(" and ".join(map(flag_of, flags)) for flags in wanted)
        raise UsageError(f"the {name} needs {ways}. Received: {', '.join(map(flag_of, given)) or 'no folder'}.")
    if options.swap and given != ("pairs",):
        raise UsageError("--swap is only for --pairs. Exchange the two folders instead.")
    if options.cache and (wanted is PAIRED or options.data):
        raise UsageError("--cache is for single images in folders, not for pairs or --data. Remove it.")
    if options.data and not options.data.startswith("tfds:"):
        raise UsageError(
            f"--data takes a dataset as tfds:NAME. Received: {options.data}. For folders, use other flags."
        )


def load_data(options, command) -> tuple[Any, Any]:
    """The inputs and the targets: pairs or degraded images and None, or the images of both domains."""
    from tfstyle.data.degradation import DegradedImages
    from tfstyle.data.packaged import packaged_photographs
    from tfstyle.data.pairs import ImagePairs
    from tfstyle.data.tfds import images_from_tfds
    from tfstyle.training.translator_config import TRANSLATE

    config = command.config
    seen_side = math.ceil(config.crop_size * max(config.max_scale, config.target_max_scale))

    def load_split(split):
        return images_from_tfds(options.data.removeprefix("tfds:"), split, seen_side, 3)

    if config.task != TRANSLATE:
        images = load_split("train") if options.data else command.image_folder(options.target, seen_side)
        return DegradedImages(images, config.task), None
    if options.data:
        return load_split("trainA"), load_split("trainB")
    if options.target:
        source = options.source or packaged_photographs()
        return command.image_folder(source, seen_side), command.image_folder(options.target, seen_side)
    if options.pairs:
        return ImagePairs(options.pairs, swap=options.swap), None
    return ImagePairs(options.inputs, options.targets), None


def create_networks(command, start_from=None) -> dict[str, Any]:
    """The networks of a training, as large as what it goes on from.

    Args:
        command: prepared `TrainingCommand`.
        start_from: name or folder of the model whose weights the generator begins with, or None.

    Raises:
        UsageError: if that model is not of the generator's class.
    """
    from tfstyle.models.translation import create_restoration_networks, create_translation_networks
    from tfstyle.training.translator_config import TRANSLATE
    from tfstyle.zoo import load_pretrained

    start: Any = None
    config = command.config
    generator, discriminator = network_options(config)
    if command.has_checkpoint:
        generator = size_of(command.directory.read_model()["config"]["generator"]["config"])
    elif start_from:
        start = load_pretrained(start_from)
        kind, wanted = type(start), class_of_generator(config)
        if kind is not wanted:
            raise UsageError(
                f"--start-from {start_from}: this model is a {kind.__name__}, the training that of a {wanted.__name__}."
            )
        generator = size_of(start.get_config())
    if config.task != TRANSLATE:
        networks = create_restoration_networks(config.task, generator, discriminator, config.precision)
    else:
        networks = create_translation_networks(
            config.method, config.architecture, generator, discriminator, config.precision
        )
    if start is not None:
        networks["generator"].set_weights(start.get_weights())
    return networks


def class_of_generator(config) -> type:
    """The class of the generator of a training."""
    from tfstyle.models.translation.networks import ARCHITECTURES, RESTORERS

    return RESTORERS[config.task][0] if config.task in RESTORERS else ARCHITECTURES[config.architecture]


def size_of(config) -> dict[str, Any]:
    """The arguments of a network in its config, without those of every Keras model."""
    return {name: value for name, value in config.items() if name not in ("name", "trainable", "dtype")}


def network_options(config) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of the generator and those of the discriminator, as two dicts."""
    generator: dict[str, Any] = {}
    if config.filters:
        generator["filters"] = config.filters[0] if config.task == "upscale" else config.filters
    if config.upsampling != "auto" and config.task in ("translate", "colorize"):
        generator["upsampling"] = config.upsampling
    if config.task in ("translate", "colorize") and config.architecture == "unet":
        generator["dropout"] = config.dropout
    else:
        generator["num_residual_blocks"] = config.num_residual_blocks
    return generator, {
        "receptive_field": config.receptive_field,
        "filters": config.discriminator_filters,
        "normalization": config.discriminator_normalization,
    }

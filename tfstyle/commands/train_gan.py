"""`tfstyle train gan`: trains an image generator."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfstyle.commands.console import UsageError, complain_of_skipped, import_tensorflow
from tfstyle.commands.extractors import check_metric_extractor, features_of, make_metric_extractor
from tfstyle.commands.flags import add_command, add_config_flags, fraction, positive_integer
from tfstyle.commands.models import read_data
from tfstyle.commands.training import TrainingCommand, add_run_flags
from tfstyle.wording import counted

CLASSES = {  # architecture -> its generator
    "dense": "DenseGenerator",
    "conv": "ConvGenerator",
    "resnet": "ResNetGenerator",
    "fastgan": "FastGANGenerator",
}
NORMALIZATIONS = ("none", "batch", "spectral")
# Flag -> its network, the name of the argument, and the architectures that have it.
NETWORK_FLAGS = {
    "latent_dim": ("generator", "latent_dim", ("dense", "conv", "resnet", "fastgan")),
    "kernel_size": ("generator", "kernel_size", ("conv",)),
    "discriminator_normalization": ("discriminator", "normalization", ("conv", "fastgan")),
    "discriminator_dropout": ("discriminator", "dropout", ("dense", "conv")),
}
NUM_MEASURED = 1000  # generated and real images per evaluation of the measure

EXAMPLES = (
    "tfstyle train gan --data procedural --num-steps 2000 --run-directory runs/shapes",
    "tfstyle train gan --data faces/ --image-size 64 --preset fastgan --flip --run-directory runs/faces",
)


def add_flags(models) -> None:
    from tfstyle.training.gan_config import GanConfig, gan_presets
    from tfstyle.training.loop.config import OLD_NAMES

    usage = "tfstyle train gan --data FOLDER|FILE.npz|tfds:NAME|procedural --run-directory RUN [options]"
    parser = add_command(models, "gan", run, "train an image generator on your own images", usage, EXAMPLES)
    add = parser.add_argument
    add(
        "--data",
        nargs="+",
        metavar="SOURCE",
        help="a folder of images, whose sub-folders are classes; .npz files; tfds:NAME, a download; or "
        "procedural: shapes drawn by code",
    )
    add_run_flags(parser, ", with its settings and data", has_cache=False)
    add("--architecture", choices=CLASSES, help="default: that of the preset, otherwise conv")
    add(
        "--image-size",
        type=positive_integer,
        metavar="N",
        help="height and width (default: as in an archive, 64 for a folder, 32 for procedural)",
    )
    add("--channels", type=int, choices=(1, 3, 4), help="default: as in an archive, otherwise 3")
    add(
        "--latent-dim",
        type=positive_integer,
        metavar="N",
        help="size of the latent vectors (default: depends on the network)",
    )
    add(
        "--conditional",
        action="store_true",
        default=None,
        help="train with labels (default: if the data has labels)",
    )
    add("--no-conditional", dest="conditional", action="store_false", help="ignore labels")
    add(
        "--kernel-size",
        type=positive_integer,
        metavar="N",
        help="kernel size of the conv generator (default: that of the preset, otherwise 4)",
    )
    add(
        "--discriminator-normalization",
        choices=NORMALIZATIONS,
        help="normalization of a conv or fastgan discriminator (default: that of the preset, otherwise none)",
    )
    add(
        "--discriminator-dropout",
        type=fraction,
        metavar="SHARE",
        help="dropout rate of a dense or conv discriminator (default: that of the preset, otherwise 0)",
    )
    add(
        "--preset",
        choices=gan_presets,
        help="settings of a recipe and its networks (with another --architecture only the settings); explicit flags "
        "have priority",
    )
    add(
        "--measure",
        metavar="EXTRACTOR",
        help="report the kernel distance to the data during training, with the features of pixels, light, "
        "squeezenet=FILE.npz, vgg19 or inception=FILE.pb",
    )
    add_config_flags(
        parser.add_argument_group("settings"), GanConfig, leave_out=("schedule_steps",), old_names=OLD_NAMES
    )


def run(options) -> None:
    from tfstyle.training.gan_config import GanConfig, gan_preset

    # A command that is repeated with --resume has its preset again, whose settings must be those of the run.
    command = TrainingCommand(options, GanConfig, gan_preset(options.preset) if options.preset else None)
    directory, saved = command.directory, command.saved
    if command.config.stop_at > 0 and not options.measure:
        raise UsageError("--stop-at needs --measure EXTRACTOR.")
    if options.measure:
        check_metric_extractor(options.measure)
    kept = read_data(directory.path) if saved else {}
    dataset, source = load_data(options, kept)

    command.prepare()
    from tfstyle.training.gan import check_fit, train_gan
    from tfstyle.training.loop.fingerprint import fingerprint_of_data

    config = command.config
    try:
        if saved and (directory.path / "model.json").exists():
            generator, discriminator = rebuild_networks(options, directory.read_model())
        else:
            generator, discriminator = build_networks(options, dataset, config)
        class_names = dataset.label_names if generator.num_classes else ()
        check_same_data(kept, dataset, class_names)
        check_fit(generator, discriminator, dataset, config)
    except ValueError as error:
        raise UsageError(str(error)) from error
    measure = make_measure(options.measure, dataset) if options.measure else None

    path = shlex.quote(str(directory.path))
    with command.started(hint=f"tfstyle generate --model {path} --output grid.png shows what it generates; "):
        directory.write_fingerprints({"images": fingerprint_of_data(dataset)})  # before a file is replaced
        directory.write_data(
            {
                "source": source,
                "image_shape": dataset.image_shape,
                "num_images": len(dataset),
                "class_names": class_names,
            }
        )
        height, width, channels = dataset.image_shape
        classes = f"{counted(len(class_names), 'class')}: {', '.join(class_names)}"
        print(
            f"{counted(len(dataset), 'image')} of {height}x{width}x{channels}"
            + (f" in {classes}" if class_names else ", without labels")
            + f"; {type(generator).__name__} of {generator.count_params() / 1e6:.2f} million weights, "
            + config.precision,
            flush=True,
        )
        train_gan(generator, discriminator, dataset, config, directory, measure=measure)


def load_data(options, kept) -> tuple:
    """The images and their source, with missing options from `kept`.

    Broken files are skipped and reported.
    """
    from tfstyle.data.image_array import load_image_array

    sources = options.data or kept.get("source")
    if not sources:
        raise UsageError("--data is needed: a folder of images, an .npz file, tfds:NAME, or procedural.")
    height, _, channels = kept.get("image_shape") or (None, None, None)
    if any(source.startswith("tfds:") for source in sources):
        import_tensorflow()
    dataset = load_image_array(
        sources[0] if len(sources) == 1 else sources, options.image_size or height, options.channels or channels
    )
    complain_of_skipped(dataset.skipped, len(dataset) + len(dataset.skipped))
    # Absolute paths are valid in any working directory.
    return dataset, [str(Path(source).resolve()) if Path(source).exists() else source for source in sources]


def build_networks(options, dataset, config) -> tuple:
    """Creates the networks that the flags describe."""
    from tfstyle.models.gan.architectures import create_networks
    from tfstyle.training.gan_config import preset_networks

    if options.conditional and dataset.num_classes < 2:
        raise UsageError(
            "--conditional needs labels of two classes at least: sub-folders, or an array of labels in the .npz file."
        )
    num_classes = dataset.num_classes if options.conditional is not False and dataset.num_classes > 1 else 0
    recipes = preset_networks.get(options.preset, {"conv": {}})
    architecture = options.architecture or next(iter(recipes))
    recipe = recipes.get(architecture, {})
    arguments: dict[str, dict[str, Any]] = {"generator": {}, "discriminator": {}}
    for flag, (part, name, architectures) in NETWORK_FLAGS.items():
        given = getattr(options, flag)
        if given is not None and architecture not in architectures:
            raise UsageError(f"--{flag.replace('_', '-')} is not for --architecture {architecture}.")
        if given is not None or name in recipe:
            arguments[part][name] = recipe[name] if given is None else given
    return create_networks(
        architecture,
        dataset.image_shape,
        num_classes,
        config.precision,
        arguments["discriminator"],
        **arguments["generator"],
    )


def rebuild_networks(options, description) -> tuple:
    """Creates the networks of a run from its model.json."""
    import keras

    import tfstyle.models.gan.architectures  # noqa: F401 - registers the classes

    networks = []
    for part in ("generator", "discriminator"):
        try:
            name, config = (description["config"][part][key] for key in ("class", "config"))
        except (KeyError, TypeError) as error:
            raise UsageError(f"{options.run_directory} holds no training of a GAN that can be read.") from error
        network = keras.saving.get_registered_object(f"tfstyle>{name}")
        if network is None:
            raise UsageError(f"{options.run_directory} trains a {name}, which tfstyle does not know. Resume in Python.")
        networks.append(network.from_config(config))
    generator, discriminator = networks
    wanted = {
        "--architecture": (options.architecture and CLASSES[options.architecture], type(generator).__name__),
        "--conditional": (options.conditional, bool(generator.num_classes)),
    }
    for flag, (part, name, _) in NETWORK_FLAGS.items():
        found = getattr(generator if part == "generator" else discriminator, name, None)
        wanted[f"--{flag.replace('_', '-')}"] = (getattr(options, flag), found)
    for flag, (asked, found) in wanted.items():
        if asked is not None and asked != found:
            raise UsageError(f"{options.run_directory} was started with another {flag}. Resume with the same.")
    return generator, discriminator


def check_same_data(kept, dataset, class_names) -> None:
    """Raises an error if the data does not match that of the start of the training."""
    if not kept:
        return
    if tuple(kept["image_shape"]) != dataset.image_shape or tuple(kept["class_names"]) != tuple(class_names):
        raise UsageError(
            f"the training was started with images of {kept['image_shape']} and the classes {kept['class_names']}; "
            f"these have {list(dataset.image_shape)} and {list(class_names)}. Resume with the same data."
        )


def make_measure(text, dataset) -> Callable:
    """The kernel distance between generated images and the dataset, as a function of `generate`."""
    import numpy as np

    from tfstyle.metrics.kernel_distance import kernel_distance

    extractor = make_metric_extractor(text, dataset.image_shape[0])
    count = min(NUM_MEASURED, len(dataset))
    if count < 2:
        raise UsageError("--measure needs two images at least.")
    chosen = np.random.default_rng(0).permutation(len(dataset))[:count]

    real = features_of(extractor, dataset.images[chosen])
    print(
        f"measure: kernel distance by {extractor.name}; resized: {extractor.resizer}; {counted(count, 'image')}",
        flush=True,
    )
    return lambda generate: (
        kernel_distance(real, features_of(extractor, generate(count)), num_subsets=1, subset_size=count).mean
    )

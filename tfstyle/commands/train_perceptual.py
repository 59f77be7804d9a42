"""`tfstyle train perceptual`: a network that judges pictures, taught by another."""

from dataclasses import replace
from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow, report_training
from tfstyle.commands.extractors import EXTRACTORS, parse_extractor
from tfstyle.commands.flags import add_command, add_config_flags, add_run_flags, config_from

STUDENTS = ("light", "vgg19")


def add_flags(models):
    from tfstyle.training.perceptual_config import PerceptualConfig

    usage = (
        "tfstyle train perceptual --student NAME --teacher FILE.npz --images FOLDER... --run-directory RUN [options]"
    )
    summary = "train a perceptual network of your own to see what another one sees"
    parser = add_command(models, "perceptual", run, summary, usage)
    add = parser.add_argument
    add("--student", choices=STUDENTS, required=True, help="light: a small one; vgg19: one of VGG19's shape")
    add("--teacher", type=Path, required=True, metavar="FILE.npz", help="weights of a SqueezeNet")
    add(
        "--images",
        type=Path,
        nargs="+",
        required=True,
        metavar="FOLDER",
        help="photographs, and paintings and textures beside them",
    )
    add_run_flags(parser)
    add(
        "--start-from",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="weights of the student to begin with, .weights.h5, .npz or an exported SavedModel (default: new ones)",
    )
    add_config_flags(parser.add_argument_group("settings"), PerceptualConfig, leave_out=("initialize",))


def run(options):
    from tfstyle.training.loop.run_directory import RunDirectory
    from tfstyle.training.perceptual_config import PerceptualConfig

    directory = RunDirectory(options.run_directory)
    saved = directory.saved_config(PerceptualConfig) if options.resume else None
    config = config_from(PerceptualConfig, options, saved)
    parse_extractor(f"squeezenet={options.teacher}")

    import_tensorflow()
    import importlib

    import keras

    from tfstyle.data.image_folder import ImageFolder
    from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
    from tfstyle.training.loop.strategy import enable_memory_growth, fastest_precision
    from tfstyle.training.perceptual import TAPS, train_perceptual

    photographs = ImageFolder(options.images)
    enable_memory_growth()
    keras.utils.set_random_seed(config.seed)
    if not options.resume:
        config = replace(config, initialize=options.start_from is None)
    if config.precision == "auto":
        config = replace(config, precision=fastest_precision())
    taps = TAPS[options.student]
    module_name, class_name = EXTRACTORS[options.student]
    student_class = getattr(importlib.import_module(module_name), class_name)
    try:
        teacher = SqueezeNetExtractor(tuple(taps), weights=options.teacher, dtype=config.precision)
    except ValueError as error:
        raise UsageError(f"--teacher {options.teacher}: {error}") from error
    last = max(student_class.all_layer_names.index(tap) for tap in taps.values())
    layer_names = student_class.all_layer_names[: last + 1]
    student = student_class(layer_names, weights=options.start_from, trainable=True, dtype=config.precision)
    directory.start(config, resume=options.resume)
    train_perceptual(student, teacher, taps, photographs, config, directory)
    report_training(directory.path, [photographs])

"""`tfstyle train perceptual`: trains a loss network by distillation."""

from dataclasses import replace
from pathlib import Path

from tfstyle.commands.console import UsageError
from tfstyle.commands.extractors import EXTRACTORS, parse_extractor
from tfstyle.commands.flags import add_command, add_config_flags, add_flag
from tfstyle.commands.training import TrainingCommand, add_run_flags

STUDENTS = ("light", "vgg19")

EXAMPLES = (
    "tfstyle train perceptual --student light --teacher squeezenet.npz --content photos/ --run-directory runs/light",
    "tfstyle train perceptual --student vgg19 --teacher squeezenet.npz --content photos/ --run-directory runs/vgg19",
)


def add_flags(models) -> None:
    from tfstyle.training.loop.config import OLD_NAMES
    from tfstyle.training.perceptual_config import PerceptualConfig

    usage = (
        "tfstyle train perceptual --student NAME --teacher FILE.npz --content FOLDER... --run-directory RUN [options]"
    )
    summary = "train your own loss network by distillation of another one"
    parser = add_command(models, "perceptual", run, summary, usage, EXAMPLES)
    add = parser.add_argument
    add("--student", choices=STUDENTS, required=True, help="architecture of the student: light, a small one, or vgg19")
    add("--teacher", type=Path, required=True, metavar="FILE.npz", help="weights of a SqueezeNet")
    add_flag(
        parser,
        "--content",
        "--images",
        type=Path,
        nargs="+",
        required=True,
        metavar="FOLDER",
        help="photographs, and also paintings and textures",
    )
    add_run_flags(parser)
    add(
        "--start-from",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="initial weights of the student: .weights.h5, .npz or an exported SavedModel (default: new ones)",
    )
    settings = parser.add_argument_group("settings")
    add_config_flags(settings, PerceptualConfig, leave_out=("initialize",), old_names=OLD_NAMES)


def run(options) -> None:
    from tfstyle.training.perceptual_config import PerceptualConfig

    command = TrainingCommand(options, PerceptualConfig)
    parse_extractor(f"squeezenet={options.teacher}")

    command.prepare()
    import importlib

    from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
    from tfstyle.training.perceptual import TAPS, train_perceptual

    if not options.resume:
        command.config = replace(command.config, initialize=options.start_from is None)
    config = command.config
    photographs = command.image_folder(options.content, (config.crop_size + 2 * config.margin) * config.max_scale)
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
    with command.started([photographs]):
        train_perceptual(student, teacher, taps, photographs, config, command.directory)

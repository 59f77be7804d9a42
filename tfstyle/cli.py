"""The command `tfstyle`: one thin file over the API.

Each command is a function that adds its flags and a function that runs it. Everything heavy is imported by the second,
so that `tfstyle --help` answers at once.
"""

import argparse
import importlib
import os
import sys
import tempfile
import time
import types
import typing
from dataclasses import MISSING, fields, replace
from pathlib import Path

from tfstyle import __version__, artifacts

USER_ERROR, INTERRUPTED = 2, 130
USER_ERRORS = (
    ("tfstyle.export", "ExportError"),
    ("tfstyle.images", "ImageError"),
    ("tfstyle.training.run_directory", "TrainingError"),
    ("tfstyle.transfer.stylize", "StylizeError"),
)


class UsageError(Exception):
    """A wish of the user that cannot be met; the message is one line with the cure."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, allow_abbrev=False, **options)

    def error(self, message):
        self.exit(USER_ERROR, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments=None):
    """Runs a command.

    Args:
        arguments: list of strings; those of the process if None.

    Returns:
        The exit code: 0, 2 for a mistake of the user or a photograph that failed, 130 after Ctrl-C.
    """
    options = build_parser().parse_args(arguments)
    try:
        code = options.run(options)
        sys.stdout.flush()
        return code or 0
    except KeyboardInterrupt as interrupt:
        return complain(str(interrupt) or "stopped", INTERRUPTED)
    except BrokenPipeError:  # as in `tfstyle zoo | head`: nobody reads on, and there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USER_ERROR
    except Exception as error:
        if not is_user_error(error):
            raise
        return complain(str(error))


def import_tensorflow():
    """Imports TensorFlow as a command wants it: silent, and taking a GPU's memory only as it needs it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    # TensorFlow 2.21 prints some lines before it looks at any setting: they are shown only if the import fails.
    with tempfile.TemporaryFile() as lines:
        stderr = os.dup(2)
        os.dup2(lines.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        except BaseException:
            lines.seek(0)
            os.write(stderr, lines.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def complain(message, code=USER_ERROR):
    """Says on one line what is wrong, and returns the exit code."""
    print(f"tfstyle: {' '.join(message.split())}", file=sys.stderr)
    return code


def is_user_error(error):
    """Whether an error's message is meant for the user. Any other is a mistake of tfstyle: its traceback is shown."""
    # Importing these modules to ask takes seconds; an error that was raised comes from one that is imported already.
    kinds = [getattr(sys.modules[module], name) for module, name in USER_ERRORS if module in sys.modules]
    return isinstance(error, (UsageError, OSError, artifacts.ArtifactError, *kinds))


def build_parser():
    parser = Parser(prog="tfstyle", description="Paints photographs in the styles of paintings, and trains who paints.")
    parser.add_argument("--version", action="version", version=f"tfstyle {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_demo(commands)
    add_stylize(commands)
    add_train(commands)
    add_export(commands)
    add_evaluate(commands)
    add_zoo(commands)
    return parser


def add_command(commands, name, run, summary, usage=None):
    """A command whose `run` takes the parsed options and returns an exit code, or None for success."""
    parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", usage=usage)
    parser.set_defaults(run=run)
    return parser


# Types of flags


def fraction(text):
    """A number in [0, 1]."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must lie in [0, 1], not {text}")
    return number


def positive_integer(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return number


def quality(text):
    number = int(text)
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError(f"must lie in 1 to 100, not {text}")
    return number


for _type in (positive_integer, quality):
    _type.__name__ = "integer"  # argparse says "invalid integer value"
fraction.__name__ = "number"


def add_config_flags(parser, config_class, leave_out=()):
    """A flag for each field of a config, with its default and its help.

    Args:
        parser: parser, or group of one.
        config_class: dataclass whose fields all have defaults.
        leave_out: names of fields without a flag.
    """
    hints = typing.get_type_hints(config_class)
    for field in fields(config_class):
        if field.name in leave_out:
            continue
        hint, options = hints[field.name], {}
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
        if hint is bool:
            options["action"] = argparse.BooleanOptionalAction
        elif typing.get_origin(hint) is tuple:
            options.update(nargs="*", type=typing.get_args(hint)[0], metavar=field.name.upper())
        else:
            options.update(type=hint, metavar=hint.__name__.upper())
        default = field.default if field.default is not MISSING else field.default_factory()
        shown = " ".join(map(str, default)) or "none" if isinstance(default, tuple) else default
        help_text = f"{field.metadata.get('help', '')} (default: {shown})".replace("%", "%%").strip()
        # A flag that is not given leaves no trace: a training that resumes takes what it was started with.
        options["default"] = argparse.SUPPRESS
        parser.add_argument(f"--{field.name.replace('_', '-')}", help=help_text, **options)


def config_from(config_class, options, saved=None):
    """The config that parsed flags describe.

    Args:
        config_class: a config dataclass.
        options: what the parser returned.
        saved: config whose values stand for the flags that were not given, or None for the defaults.

    Raises:
        UsageError: if a value is refused.
    """
    given = {field.name: getattr(options, field.name) for field in fields(config_class) if field.name in options}
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    try:
        return replace(saved, **given) if saved else config_class(**given)
    except ValueError as error:
        raise UsageError(str(error)) from error


# demo


def add_demo(commands):
    parser = add_command(commands, "demo", demo, "paint a photograph in every style of a model, on one sheet")
    parser.add_argument("photo", nargs="?", type=Path, metavar="PHOTO", help="default: one that matplotlib carries")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="default: demo.png, or the next free demo-2.png ..."
    )
    parser.add_argument("--model", default="style_bank", metavar="NAME_OR_FOLDER", help="default: style_bank")
    parser.add_argument(
        "--size", type=positive_integer, default=384, metavar="N", help="longest side of each picture (default: 384)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace FILE if it exists")


def demo(options):
    start = time.monotonic()
    artifacts.find_model(options.model)
    from tfstyle import images, zoo
    from tfstyle.transfer.stylize import stylize

    output = options.output or first_free(Path("demo.png"))
    if output.exists() and not options.overwrite:
        raise UsageError(f"{output} exists already. Add --overwrite, or name another --output.")
    if output.suffix.lower() not in images.WRITE_FORMATS:
        raise UsageError(f"{output}: --output must end in one of {', '.join(images.WRITE_FORMATS)}.")
    photo = images.resize_longest_side(images.load_image(options.photo or sample_photo()), options.size)
    import_tensorflow()
    bank = zoo.load(options.model)
    names = bank.style_names[1:]
    pictures = [photo, *(stylize(photo, bank, name) for name in names)]
    labels = ["photograph", *(name.replace("_", " ") for name in names)]
    title = f"{bank.metadata['name']}: {len(names)} styles"
    sheet = images.contact_sheet(pictures, labels, num_columns=min(6, len(pictures)), title=title)
    images.save_image(output, sheet, overwrite=options.overwrite, tags={"Software": f"tfstyle {__version__}"})
    seconds = time.monotonic() - start
    print(f"{output}: a photograph in {len(names)} styles, in {seconds:.1f} seconds")


def sample_photo():
    """Path of a photograph that comes with matplotlib: Grace Hopper in 1984, in the public domain."""
    from matplotlib import cbook

    return cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)


def first_free(path):
    """`path`, or the first of `stem-2`, `stem-3` ... that does not exist."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate


# stylize


def add_stylize(commands):
    usage = "tfstyle stylize PHOTO... --style STYLE[=WEIGHT]... --output FILE_OR_FOLDER [options]"
    summary = "paint photographs in a style, or in a mixture of styles"
    parser = add_command(commands, "stylize", stylize_photos, summary, usage)
    add = parser.add_argument
    add("photos", nargs="*", type=Path, metavar="PHOTO", help="image files, or folders of them")
    add(
        "--style",
        dest="styles",
        nargs="+",
        action="extend",
        required=True,
        metavar="STYLE[=WEIGHT]",
        help="name of a style (see tfstyle zoo); several blend by their weights",
    )
    add("--output", type=Path, required=True, metavar="FILE_OR_FOLDER", help="a folder if there are several photos")
    add(
        "--strength",
        type=fraction,
        default=1.0,
        metavar="S",
        help="0: the photo itself, to 1: the full style (default)",
    )
    add(
        "--preserve-color", action="store_true", help="keep the photo's colors; the style gives strokes and light alone"
    )
    add("--keep-alpha", action="store_true", help="keep the photo's transparency, which is laid on white otherwise")
    add("--size", type=positive_integer, metavar="N", help="longest side of the output (default: the photo's own size)")
    add("--quality", type=quality, default=95, metavar="Q", help="1 to 100, of JPEG and WebP (default: 95)")
    add("--model", default="style_bank", metavar="NAME_OR_FOLDER", help="default: style_bank")
    add("--overwrite", action="store_true", help="replace outputs that exist; photos are never replaced")


def stylize_photos(options):
    if not options.photos:
        raise UsageError("no photo was named. Photos come first: tfstyle stylize PHOTO... --style STYLE --output FILE")
    metadata = artifacts.read_metadata(artifacts.find_model(options.model))
    from tfstyle import zoo
    from tfstyle.transfer.stylize import Failure, parse_styles, plan_jobs, stylize_files

    # Everything that can be refused is refused before TensorFlow is imported.
    styles = parse_styles(options.styles, metadata.get("style_names", ()), metadata["name"])
    jobs, failures = plan_jobs(options.photos, options.output, options.overwrite)
    for failure in failures:
        complain(failure.reason)
    bank = None
    if jobs:
        import_tensorflow()
        bank = zoo.load(options.model)
    results = stylize_files(
        jobs,
        bank,
        styles,
        strength=options.strength,
        preserve_color=options.preserve_color,
        keep_alpha=options.keep_alpha,
        size=options.size,
        quality=options.quality,
        overwrite=options.overwrite,
    )
    for job, reason in results:
        if reason is None:
            print(f"{job.photo} -> {job.output}", flush=True)
        else:
            failures.append(Failure(job.photo, reason))
            complain(reason)
    total = len(jobs) + sum(failure.source not in {job.photo for job in jobs} for failure in failures)
    if failures and total > 1:
        complain(f"{len(failures)} of {total} failed: {', '.join(str(failure.source) for failure in failures)}")
    return USER_ERROR if failures else 0


# train


def add_train(commands):
    parser = add_command(commands, "train", None, "train a model on your own images")
    models = parser.add_subparsers(title="models", metavar="MODEL", required=True)
    add_train_style_bank(models)


def add_train_style_bank(models):
    from tfstyle.training.config import StyleBankConfig

    usage = (
        "tfstyle train style-bank --content FOLDER --styles FILE_OR_FOLDER... --extractor NAME[=WEIGHTS] "
        "--run-directory RUN [options]"
    )
    summary = "train one network for many named styles"
    parser = add_command(models, "style-bank", train_style_bank, summary, usage)
    add = parser.add_argument
    add("--content", type=Path, required=True, metavar="FOLDER", help="photographs")
    add(
        "--styles",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE_OR_FOLDER",
        help="paintings; a style is named after its file",
    )
    add(
        "--extractor",
        required=True,
        metavar="NAME[=WEIGHTS]",
        help="network that judges: vgg19 (its weights come through Keras), vgg19=FILE, or squeezenet=FILE.npz",
    )
    add("--run-directory", type=Path, required=True, metavar="RUN", help="checkpoints, samples and losses go there")
    add("--resume", action="store_true", help="go on from the newest checkpoint of RUN")
    add(
        "--start-from",
        metavar="NAME_OR_FOLDER",
        help="add the styles to this bank: only their scales and shifts are trained, which takes minutes",
    )
    add_config_flags(parser.add_argument_group("settings"), StyleBankConfig, leave_out=("only_styles",))


def train_style_bank(options):
    from tfstyle.training.config import StyleBankConfig
    from tfstyle.training.run_directory import RunDirectory

    run = RunDirectory(options.run_directory)
    config = config_from(StyleBankConfig, options, run.saved_config(StyleBankConfig) if options.resume else None)
    extractor_name, weights = parse_extractor(options.extractor)
    from tfstyle.images import list_images, load_image

    paths = list_images(options.styles)
    names = [path.stem for path in paths]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise UsageError(f"several paintings are named {', '.join(sorted(repeated))}. Rename all but one.")
    if "identity" in names:
        raise UsageError("a painting is named 'identity', the style that gives the photograph back. Rename it.")
    paintings = {path.stem: load_image(path) for path in paths}

    import_tensorflow()
    import keras

    from tfstyle.data.image_folder import ImageFolder
    from tfstyle.models.style_bank import IDENTITY, StyleBank
    from tfstyle.training import style_bank as training
    from tfstyle.training.strategy import enable_memory_growth, fastest_precision

    enable_memory_growth()
    keras.utils.set_random_seed(config.seed)
    if config.precision == "auto":
        config = replace(config, precision=fastest_precision())
    config = replace(config, only_styles=tuple(names) if options.start_from else ())
    photographs = ImageFolder(options.content)
    try:
        extractor, content_layer, style_layers = make_extractor(extractor_name, weights, config.precision)
    except ValueError as error:
        raise UsageError(f"--extractor {options.extractor}: {error}") from error
    if options.start_from:
        old = StyleBank.from_pretrained(options.start_from)
        taken = [name for name in names if name in old.style_names]
        if taken:
            raise UsageError(f"{options.start_from} has a style {taken[0]!r} already. Rename the painting.")
        bank = old.with_new_styles(names, dtype=config.precision)
    else:
        bank = StyleBank([IDENTITY, *names], dtype=config.precision)
    run.start(config, resume=options.resume)
    training.train_style_bank(bank, extractor, content_layer, style_layers, photographs, paintings, config, run)
    print(f"{run.path}: trained. tfstyle export {run.path} --output FOLDER makes a SavedModel of it.")


EXTRACTORS = {
    "squeezenet": ("tfstyle.models.squeezenet_extractor", "SqueezeNetExtractor"),
    "vgg19": ("tfstyle.models.vgg19_extractor", "VGG19StyleExtractor"),
}


def parse_extractor(text):
    """`NAME` or `NAME=WEIGHTS` -> the name, and the path of the weights or None."""
    name, _, weights = text.partition("=")
    if name not in EXTRACTORS:
        raise UsageError(f"there is no extractor {name!r}. {artifacts.available('Extractors', EXTRACTORS)}")
    if name == "squeezenet" and not weights:
        raise UsageError("squeezenet needs a file of weights, as in --extractor squeezenet=FILE.npz")
    if weights and not Path(weights).is_file():
        raise UsageError(f"{weights}: there is no such file of weights for --extractor")
    return name, weights or None


def make_extractor(name, weights, precision):
    """The extractor, the layer that holds content, and those that hold style."""
    module_name, class_name = EXTRACTORS[name]
    module = importlib.import_module(module_name)
    layers = tuple(dict.fromkeys((*module.STYLE_LAYERS, module.CONTENT_LAYER)))
    options = {"weights": weights} if weights else {}
    extractor = getattr(module, class_name)(layers, dtype=precision, **options)
    return extractor, module.CONTENT_LAYER, module.STYLE_LAYERS


# export


def add_export(commands):
    parser = add_command(commands, "export", export, "write what a training has learned as a SavedModel")
    parser.add_argument("run_directory", type=Path, metavar="RUN", help="folder of the training")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the SavedModel")
    parser.add_argument("--overwrite", action="store_true", help="replace a SavedModel that is there")


def export(options):
    import_tensorflow()
    from tfstyle.export import export_run

    export_run(options.run_directory, options.output, overwrite=options.overwrite)
    print(f"{options.output}: exported")


# evaluate


def add_evaluate(commands):
    usage = "tfstyle evaluate MODEL --photographs FOLDER --paintings FOLDER --extractor NAME[=WEIGHTS] [options]"
    summary = "measure a style bank against optimizing the pixels themselves"
    parser = add_command(commands, "evaluate", evaluate, summary, usage)
    add = parser.add_argument
    add("model", metavar="NAME_OR_FOLDER", help="a style bank")
    add("--photographs", type=Path, required=True, metavar="FOLDER", help="each is painted in one or more styles")
    add("--paintings", type=Path, required=True, metavar="FOLDER", help="with one file for each style, named after it")
    add("--extractor", required=True, metavar="NAME[=WEIGHTS]", help="as in tfstyle train style-bank")
    add("--rounds", type=positive_integer, default=1, metavar="N", help="photographs for each style (default: 1)")
    add("--size", type=positive_integer, default=320, metavar="N", help="longest side of photographs (default: 320)")
    add(
        "--style-size", type=positive_integer, default=400, metavar="N", help="longest side of paintings (default: 400)"
    )


def evaluate(options):
    extractor_name, weights = parse_extractor(options.extractor)
    from tfstyle.images import list_images, load_image, resize_longest_side, to_float

    photographs = list_images(options.photographs)
    paintings = {path.stem: path for path in list_images(options.paintings)}
    import_tensorflow()
    from statistics import mean

    from tfstyle import zoo
    from tfstyle.transfer.evaluate import StyleYardstick

    bank = zoo.load(options.model)
    styles = bank.style_names[1:]
    missing = [name for name in styles if name not in paintings]
    if missing:
        raise UsageError(f"{options.paintings} has no painting for the styles {', '.join(missing)}.")
    yardstick = StyleYardstick(*make_extractor(extractor_name, weights, "float32"))

    def read(path, size):
        return to_float(resize_longest_side(load_image(path), size))

    scores = []
    for number, style in enumerate(styles * options.rounds):
        path = photographs[(number + number // len(styles)) % len(photographs)]  # another one in each round
        photograph = read(path, options.size)
        stylized = bank(photograph[None], bank.style_weights({style: 1.0}))[0]
        painting = read(paintings[style], options.style_size)
        score = yardstick.score(style, path.stem, photograph, painting, stylized)
        scores.append(score)
        print(f"{style:<36} {path.stem:<20} closes {score.closed:6.1%}  content {score.content_ratio:.2f}", flush=True)
    closed, ratio = (mean(getattr(score, name) for score in scores) for name in ("closed", "content_ratio"))
    print(f"{len(scores)} pairs, in the features of {extractor_name}: closes {closed:.1%}, content {ratio:.2f}")
    by_style = [[score for score in scores if score.style == style] for style in styles]
    print(
        f"worst style: closes {min(mean(score.closed for score in group) for group in by_style):.1%}, "
        f"content {max(mean(score.content_ratio for score in group) for group in by_style):.2f}"
    )


# zoo


def add_zoo(commands):
    parser = add_command(commands, "zoo", show_zoo, "list the models that ship: what they do, and where they lie")
    parser.add_argument("--verify", action="store_true", help="check that their files are those that were shipped")


def show_zoo(options):
    from tfstyle.zoo import list_models

    entries = list_models()
    if not entries:
        print("No models ship with this version.")
    for entry in entries:
        if options.verify:
            artifacts.verify(entry.name)
        rows = {
            "task": entry.metadata["task"],
            "size": f"{entry.num_bytes / 1e6:.1f} MB",
            "images": entry.metadata.get("image_size"),
            "input": entry.metadata.get("input"),
            "license": entry.metadata.get("license"),
            "folder": entry.folder,
            "card": entry.card if entry.card.exists() else None,
            "files": "verified" if options.verify else None,
            "styles": ", ".join(entry.metadata.get("style_names", ())),
        }
        print(entry.name)
        for key, value in rows.items():
            if value:
                print(f"  {key:<8} {value}")


if __name__ == "__main__":
    sys.exit(main())

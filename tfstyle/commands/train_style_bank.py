"""`tfstyle train style-bank`: one network for many named styles."""

from dataclasses import replace
from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow, report_training
from tfstyle.commands.extractors import EXTRACTOR_HELP, make_extractor, parse_extractor
from tfstyle.commands.flags import add_command, add_config_flags, add_run_flags, config_from


def add_flags(models):
    from tfstyle.training.style_bank_config import StyleBankConfig

    usage = "tfstyle train style-bank --content FOLDER --styles FILE_OR_FOLDER... --run-directory RUN [options]"
    summary = "train one network for many named styles"
    parser = add_command(models, "style-bank", run, summary, usage)
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
        default="light",
        metavar="NAME[=WEIGHTS]",
        help=f"network that judges (default: light): {EXTRACTOR_HELP}",
    )
    add_run_flags(parser)
    add(
        "--start-from",
        metavar="NAME_OR_FOLDER",
        help="add the styles to this bank: only their scales and shifts are trained, which takes minutes",
    )
    add_config_flags(parser.add_argument_group("settings"), StyleBankConfig, leave_out=("only_styles",))


def run(options):
    from tfstyle.training.loop.run_directory import RunDirectory
    from tfstyle.training.style_bank_config import StyleBankConfig

    directory = RunDirectory(options.run_directory)
    config = config_from(StyleBankConfig, options, directory.saved_config(StyleBankConfig) if options.resume else None)
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
    from tfstyle.models.style.style_bank import IDENTITY, StyleBank
    from tfstyle.training import style_bank as training
    from tfstyle.training.loop.strategy import enable_memory_growth, fastest_precision

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
    directory.start(config, resume=options.resume)
    training.train_style_bank(bank, extractor, content_layer, style_layers, photographs, paintings, config, directory)
    report_training(directory.path, [photographs])

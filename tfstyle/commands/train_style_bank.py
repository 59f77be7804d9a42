"""`tfstyle train style-bank`: one network for many named styles."""

from dataclasses import replace
from pathlib import Path

from tfstyle.commands.console import UsageError
from tfstyle.commands.extractors import parse_extractor
from tfstyle.commands.flags import add_command, add_config_flags, add_flag
from tfstyle.commands.training import (
    TrainingCommand,
    add_extractor_flag,
    add_run_flags,
    make_loss_network,
)

EXAMPLES = (
    "tfstyle train style-bank --content photos/ --style paintings/ --run-directory runs/bank",
    "tfstyle train style-bank --start-from style_bank --content photos/ --style klimt.jpg --run-directory runs/klimt",
)


def add_flags(models) -> None:
    from tfstyle.training.loop.config import OLD_NAMES
    from tfstyle.training.style_bank_config import StyleBankConfig

    usage = "tfstyle train style-bank --content FOLDER --style FILE_OR_FOLDER... --run-directory RUN [options]"
    summary = "train one network for many named styles"
    parser = add_command(models, "style-bank", run, summary, usage, EXAMPLES)
    add = parser.add_argument
    add("--content", type=Path, required=True, metavar="FOLDER", help="photographs")
    add_flag(
        parser,
        "--style",
        "--styles",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE_OR_FOLDER",
        help="paintings; a style is named after its file",
    )
    add_extractor_flag(parser)
    add_run_flags(parser)
    add(
        "--start-from",
        metavar="NAME_OR_FOLDER",
        help="add the styles to this bank: only their scales and shifts are trained, which takes minutes. If the "
        "paintings are those of all its styles, all of its weights are trained further",
    )
    settings = parser.add_argument_group("settings")
    add_config_flags(settings, StyleBankConfig, leave_out=("only_styles",), old_names=OLD_NAMES)


def run(options) -> None:
    from tfstyle.training.style_bank_config import StyleBankConfig

    command = TrainingCommand(options, StyleBankConfig)
    parse_extractor(options.extractor)
    from tfstyle.images import list_images, load_image

    paths = list_images(options.style)
    names = [path.stem for path in paths]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise UsageError(f"several paintings are named {', '.join(sorted(repeated))}. Rename all but one.")
    if "identity" in names:
        raise UsageError("a painting is named 'identity', the style that returns the photograph. Rename it.")
    paintings = {path.stem: load_image(path) for path in paths}

    command.prepare()
    from tfstyle.models.style.style_bank import IDENTITY, StyleBank
    from tfstyle.training import style_bank as training

    old = StyleBank.from_pretrained(options.start_from) if options.start_from else None
    known = set(old.style_names[1:]) if old is not None else set()
    is_continued = old is not None and set(names) <= known
    only_styles = () if old is None or set(names) == known else tuple(names)
    command.config = config = replace(command.config, only_styles=only_styles)
    photographs = command.image_folder(options.content, config.crop_size * config.max_scale)
    loss_network = make_loss_network(options, config)
    if old is None:
        smallest, largest = min(config.stroke_sizes), max(config.stroke_sizes)
        learned = sorted({smallest, largest, min(max(1.0, smallest), largest)})
        bank = StyleBank([IDENTITY, *names], learned_stroke_sizes=learned, dtype=config.precision)
    else:
        taken = [name for name in names if name in known]
        if taken and not is_continued:
            raise UsageError(
                f"{options.start_from} has a style {taken[0]!r} already. Rename the painting, or give only "
                "paintings of its styles: some to train these further, all to train the whole bank."
            )
        bank = old.with_new_styles(() if is_continued else names, dtype=config.precision)
    with command.started([photographs]):
        training.train_style_bank(bank, *loss_network, photographs, paintings, config, command.directory)

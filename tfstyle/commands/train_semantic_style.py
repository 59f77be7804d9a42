"""`tfstyle train semantic-style`: a network for arbitrary style transfer with style embeddings."""

from pathlib import Path
from typing import Any

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
    "tfstyle train semantic-style --content photos/ --style paintings/ --run-directory runs/semantic",
    "tfstyle train semantic-style --start-from style_bank --content photos/ --style paintings/ --run-directory runs/a",
)


def add_flags(models) -> None:
    from tfstyle.training.loop.config import OLD_NAMES
    from tfstyle.training.semantic_style_config import SemanticStyleConfig

    usage = "tfstyle train semantic-style --content FOLDER... --style FOLDER... --run-directory RUN [options]"
    summary = "train a network for arbitrary style transfer with style embeddings and a style-conditional discriminator"
    parser = add_command(models, "semantic-style", run, summary, usage, EXAMPLES)
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
        help="paintings, many and in many styles",
    )
    add(
        "--extractor-weights",
        default="tfstyle",
        metavar="FILE_OR_FOLDER",
        help="weights of the light extractor in the network (default: the shipped ones)",
    )
    add_extractor_flag(parser)
    add_run_flags(parser)
    add(
        "--start-from",
        metavar="NAME_OR_FOLDER",
        help="begin with the weights of this styler, or with the transform network of this style bank",
    )
    add_config_flags(parser.add_argument_group("settings"), SemanticStyleConfig, old_names=OLD_NAMES)


def run(options) -> None:
    from tfstyle.training.semantic_style_config import SemanticStyleConfig

    command = TrainingCommand(options, SemanticStyleConfig)
    parse_extractor(options.extractor)

    command.prepare()
    from tfstyle.models.style.semantic_style import StylePatchDiscriminator
    from tfstyle.training.semantic_style import MAX_PHOTOGRAPH_SCALE, adapt_to_paintings, train_semantic_style

    config = command.config
    photographs = command.image_folder(options.content, config.crop_size * MAX_PHOTOGRAPH_SCALE)
    paintings = command.image_folder(options.style, max(config.style_size, config.crop_size) * config.max_style_scale)
    loss_network = make_loss_network(options, config)
    styler, is_trained = make_styler(command, options)
    if not is_trained:
        adapt_to_paintings(styler, paintings, config)
    discriminator = StylePatchDiscriminator(styler.style_dim, dtype=config.precision)
    with command.started([photographs, paintings]):
        train_semantic_style(styler, discriminator, *loss_network, photographs, paintings, config, command.directory)


def make_styler(command, options) -> tuple[Any, bool]:
    """Creates the styler of a training, as large as what it goes on from. Returns also whether it knows paintings."""
    from tfstyle.models.style.semantic_style import SemanticStyler
    from tfstyle.models.style.style_bank import StyleBank
    from tfstyle.zoo import load_pretrained

    dtype = command.config.precision
    if command.has_checkpoint:  # which contains the extractor's weights
        config = command.directory.read_model()["config"]
        return SemanticStyler.from_config({**config, "extractor_weights": None, "dtype": dtype}), True
    start = load_pretrained(options.start_from) if options.start_from else None
    if isinstance(start, SemanticStyler):
        styler = SemanticStyler.from_config({**start.get_config(), "dtype": dtype})
        styler.set_weights(start.get_weights())
        return styler, True
    styler = SemanticStyler(options.extractor_weights, dtype=dtype)
    if start is not None:
        try:
            if not isinstance(start, StyleBank):
                raise ValueError(f"this is a {type(start).__name__}, neither a semantic styler nor a style bank.")
            styler.start_from_bank(start)
        except ValueError as error:
            raise UsageError(f"--start-from {options.start_from}: {error}") from error
    return styler, False

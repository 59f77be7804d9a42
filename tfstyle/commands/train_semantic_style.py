"""`tfstyle train semantic-style`: a network for arbitrary style transfer with style embeddings."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfstyle.commands.console import UsageError
from tfstyle.commands.extractors import parse_extractor
from tfstyle.commands.flags import add_command, add_config_flags, add_flag
from tfstyle.commands.training import (
    TrainingCommand,
    add_extractor_flag,
    add_run_flags,
    make_loss_network,
)

if TYPE_CHECKING:
    from tfstyle.models.style.semantic_style import SemanticStyler

EXAMPLES = (
    "tfstyle train semantic-style --content photos/ --style paintings/ --run-directory runs/semantic",
    "tfstyle train semantic-style --content photos/ --style paintings/ --run-directory runs/semantic --resume",
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
        help="fine-tune this styler, semantic_style or an exported one; its extractor stays the same",
    )
    add_config_flags(parser.add_argument_group("settings"), SemanticStyleConfig, old_names=OLD_NAMES)


def run(options) -> None:
    from tfstyle.training.semantic_style_config import SemanticStyleConfig

    command = TrainingCommand(options, SemanticStyleConfig)
    parse_extractor(options.extractor)

    command.prepare()
    from tfstyle.models.style.semantic_style import SemanticStyler, StylePatchDiscriminator
    from tfstyle.training.semantic_style import MAX_PHOTOGRAPH_SCALE, train_semantic_style

    config = command.config
    photographs = command.image_folder(options.content, config.crop_size * MAX_PHOTOGRAPH_SCALE)
    paintings = command.image_folder(options.style, max(config.style_size, config.crop_size) * config.max_style_scale)
    loss_network = make_loss_network(options, config)
    if options.start_from:
        old = load_styler(options.start_from)
        styler = SemanticStyler.from_config({**old.get_config(), "dtype": config.precision})
        styler.set_weights(old.get_weights())
        command.config = config = replace(config, observed_paintings=0)
    else:  # the checkpoint contains the extractor's weights
        weights = None if command.has_checkpoint else options.extractor_weights
        styler = SemanticStyler(weights, dtype=config.precision)
    is_new = not (command.has_checkpoint or options.start_from)
    if is_new and 2 * config.observed_paintings < styler.num_discriminants:
        raise UsageError(
            f"--observed-paintings must be at least {-(-styler.num_discriminants // 2)}, to find "
            f"{styler.num_discriminants} directions in which styles differ, or --start-from must name a styler that "
            f"has them. Received: {config.observed_paintings}."
        )
    discriminator = StylePatchDiscriminator(styler.description_dim, dtype=config.precision)
    with command.started([photographs, paintings]):
        train_semantic_style(styler, discriminator, *loss_network, photographs, paintings, config, command.directory)


def load_styler(name_or_folder) -> "SemanticStyler":
    """The semantic styler of a SavedModel."""
    from tfstyle.models.style.semantic_style import SemanticStyler
    from tfstyle.zoo import load_pretrained

    styler = load_pretrained(name_or_folder)
    if not isinstance(styler, SemanticStyler):
        raise UsageError(f"--start-from {name_or_folder}: this is a {type(styler).__name__}, not a semantic styler.")
    return styler

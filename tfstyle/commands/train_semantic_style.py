"""`tfstyle train semantic-style`: one network that paints in the style of any painting."""

from dataclasses import replace
from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow, report_training
from tfstyle.commands.extractors import EXTRACTOR_HELP, make_extractor, parse_extractor
from tfstyle.commands.flags import add_command, add_config_flags, add_run_flags, config_from


def add_flags(models):
    from tfstyle.training.semantic_style_config import SemanticStyleConfig

    usage = "tfstyle train semantic-style --content FOLDER... --paintings FOLDER... --run-directory RUN [options]"
    summary = "train a network that paints in the style of any painting, against a discriminator that knows styles"
    parser = add_command(models, "semantic-style", run, summary, usage)
    add = parser.add_argument
    add("--content", type=Path, nargs="+", required=True, metavar="FOLDER", help="photographs")
    add("--paintings", type=Path, nargs="+", required=True, metavar="FOLDER", help="many, in many styles")
    add(
        "--extractor-weights",
        default="tfstyle",
        metavar="FILE_OR_FOLDER",
        help="weights of the light extractor, with which the network sees (default: those that ship)",
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
        help="train this styler on, semantic_style or an exported one: it sees, and tells styles apart, as it did",
    )
    add_config_flags(parser.add_argument_group("settings"), SemanticStyleConfig)


def run(options):
    from tfstyle.training.loop.run_directory import RunDirectory
    from tfstyle.training.semantic_style_config import SemanticStyleConfig

    directory = RunDirectory(options.run_directory)
    saved = directory.saved_config(SemanticStyleConfig) if options.resume else None
    config = config_from(SemanticStyleConfig, options, saved)
    extractor_name, weights = parse_extractor(options.extractor)

    import_tensorflow()
    import keras

    from tfstyle.data.image_folder import ImageFolder
    from tfstyle.models.style.semantic_style import SemanticStyler, StylePatchDiscriminator
    from tfstyle.training.loop.strategy import enable_memory_growth, fastest_precision
    from tfstyle.training.semantic_style import train_semantic_style

    photographs, paintings = ImageFolder(options.content), ImageFolder(options.paintings)
    enable_memory_growth()
    keras.utils.set_random_seed(config.seed)
    if config.precision == "auto":
        config = replace(config, precision=fastest_precision())
    try:
        judge = make_extractor(extractor_name, weights, config.precision)
    except ValueError as error:
        raise UsageError(f"--extractor {options.extractor}: {error}") from error
    goes_on = options.resume and directory.latest_checkpoint() is not None  # which has the extractor's weights
    if options.start_from:
        old = load_styler(options.start_from)
        styler = SemanticStyler.from_config({**old.get_config(), "dtype": config.precision})
        styler.set_weights(old.get_weights())
        config = replace(config, observed_paintings=0)
    else:
        styler = SemanticStyler(None if goes_on else options.extractor_weights, dtype=config.precision)
    if not (goes_on or options.start_from) and 2 * config.observed_paintings < styler.num_discriminants:
        raise UsageError(
            f"--observed-paintings must be {-(-styler.num_discriminants // 2)} at least, to tell "
            f"{styler.num_discriminants} directions in which styles differ, or --start-from name a styler that knows "
            f"them. Received: {config.observed_paintings}."
        )
    discriminator = StylePatchDiscriminator(styler.description_dim, dtype=config.precision)
    directory.start(config, resume=options.resume)
    train_semantic_style(styler, discriminator, *judge, photographs, paintings, config, directory)
    report_training(directory.path, [photographs, paintings])


def load_styler(name_or_folder):
    """The semantic styler of a SavedModel."""
    from tfstyle.models.style.semantic_style import SemanticStyler
    from tfstyle.zoo import load_pretrained

    styler = load_pretrained(name_or_folder)
    if not isinstance(styler, SemanticStyler):
        raise UsageError(f"--start-from {name_or_folder}: this is a {type(styler).__name__}, and no semantic styler.")
    return styler

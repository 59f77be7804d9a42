"""`tfstyle optimize`: a photograph in the style of any painting, by optimization."""

import sys
from pathlib import Path
from typing import Any

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.extractors import EXTRACTOR_HELP, EXTRACTORS, parse_extractor
from tfstyle.commands.flags import add_command, add_config_flags, add_flag, config_from, positive_integer, quality
from tfstyle.wording import counted

DEFAULT_SIZE = 512
NUM_FRAMES = 40


def add_flags(commands) -> None:
    from tfstyle.transfer.config import OptimizeConfig

    parser = add_command(
        commands,
        "optimize",
        run,
        "stylize a photograph by optimizing its pixels: minutes instead of seconds, and closer to the painting",
        "tfstyle optimize PHOTO --style IMAGE[=WEIGHT]... --output FILE [--mask IMAGE...] [options]",
        (
            "tfstyle optimize photo.jpg --style painting.jpg --output optimized.png",
            "tfstyle optimize photo.jpg --style sky.jpg sea.jpg --mask top.png bottom.png --output both.png",
        ),
    )
    add = parser.add_argument
    add("photo", nargs="?", type=Path, metavar="PHOTO", help="image file of the photograph")
    add_flag(parser, "--content", type=Path, metavar="PHOTO", help="the same as PHOTO")
    add(
        "--style",
        dest="styles",
        nargs="+",
        action="extend",
        required=True,
        metavar="IMAGE[=WEIGHT]",
        help="image files of paintings; several styles are blended by their weights",
    )
    add("--output", type=Path, required=True, metavar="FILE", help="image file to write")
    add(
        "--mask",
        dest="masks",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="IMAGE",
        help="one image for each style, white where the style applies; where all are black, the photograph stays",
    )
    add(
        "--size",
        type=positive_integer,
        metavar="N",
        help=f"longest side of the output (default: as the photograph, at most {DEFAULT_SIZE})",
    )
    add(
        "--extractor",
        default="light",
        metavar="NAME[=WEIGHTS]",
        help=f"loss network (default: light): {EXTRACTOR_HELP}",
    )
    add("--pooling", choices=("max", "average"), help="pooling of vgg19: max, as in its training (default), or average")
    add(
        "--content-layers",
        nargs="+",
        metavar="LAYER[=WEIGHT]",
        help="layers of the content loss (default: depends on the network)",
    )
    add(
        "--style-layers",
        nargs="+",
        metavar="LAYER[=WEIGHT]",
        help="layers of the style loss (default: depends on the network)",
    )
    add(
        "--precision",
        choices=("auto", "float32", "mixed_bfloat16"),
        default="auto",
        help="precision of the loss network (default: auto, the fastest on this hardware)",
    )
    add_flag(
        parser,
        "--time-lapse",
        "--film",
        type=Path,
        metavar="FILE.gif",
        help="also write a time-lapse of the optimization",
    )
    add(
        "--quality",
        type=quality,
        default=95,
        metavar="Q",
        help="quality of JPEG, WebP and AVIF, from 1 to 100 (default: 95)",
    )
    add(
        "--overwrite",
        action="store_true",
        help="replace existing outputs; photograph, styles and masks are never replaced",
    )
    add_config_flags(parser.add_argument_group("settings"), OptimizeConfig)


def run(options) -> None:
    import tfstyle
    from tfstyle.transfer.config import OptimizeConfig
    from tfstyle.transfer.jobs import describe_recipe

    # All errors of the user are reported before TensorFlow is imported.
    config = config_from(OptimizeConfig, options)
    extractor_name, weights = parse_loss_network(options.extractor, options.pooling)
    layers = [parse_layers(texts) for texts in (options.content_layers, options.style_layers)]
    content, styles = parse_content(options), parse_paintings(options.styles)
    if options.masks and len(options.masks) != len(styles):
        raise UsageError(
            "--mask must have one image for each style. "
            f"Received: {counted(len(styles), 'style')} and {counted(len(options.masks), 'mask')}."
        )
    output = plan_output(content, styles, options)

    from tfstyle.images import load_image, resize_longest_side, save_image
    from tfstyle.transfer.masks import load_masks, normalize_masks, soften

    photo = load_image(content)
    photo = resize_longest_side(photo, options.size or min(DEFAULT_SIZE, max(photo.shape[:2])))
    paintings = [load_image(path) for path, _ in styles]
    for path, image in [(content, photo), *zip([path for path, _ in styles], paintings, strict=True)]:
        check_sides(path, image)
    masks = normalize_masks(soften(load_masks(options.masks, *photo.shape[:2]))) if options.masks else None

    import_tensorflow()
    from tfstyle.training.loop.strategy import enable_memory_growth, fastest_precision
    from tfstyle.transfer.optimize import Optimization
    from tfstyle.transfer.time_lapse import TimeLapse

    enable_memory_growth()
    precision = fastest_precision() if options.precision == "auto" else options.precision
    try:
        extractor, content_layers, style_layers = make_loss_network(
            extractor_name, weights, precision, options.pooling, *layers
        )
        optimization = Optimization(
            photo, paintings, extractor, content_layers, style_layers, config, [weight for _, weight in styles], masks
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    time_lapse = TimeLapse(*photo.shape[:2])
    reporter = Reporter(optimization, time_lapse if options.time_lapse else None)
    interrupted = False
    try:
        optimization.run(reporter)
    except KeyboardInterrupt:
        interrupted = True
    except Exception as error:
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            raise UsageError(
                f"not enough memory for {photo.shape[1]}x{photo.shape[0]} pixels. Use a smaller --tile-size or --size."
            ) from error
        raise
    finally:
        reporter.end()
    picture = optimization.image()
    changed = {name: value for name, value in vars(config).items() if value != getattr(type(config), name)}
    recipe = describe_recipe(
        "optimization",
        [(path.stem, weight) for path, weight in styles],
        options.masks,
        extractor=extractor_name,
        **changed,
    )
    tags = {"Software": f"tfstyle {tfstyle.__version__}", "Description": recipe}
    save_image(output, picture, overwrite=options.overwrite, quality=options.quality, tags=tags)
    if options.time_lapse:
        time_lapse.add(picture)
        time_lapse.save(options.time_lapse)
    if interrupted:
        raise KeyboardInterrupt(f"stopped after {reporter.step} steps; {output} has the image at that step.")
    print(f"{content} -> {output}")


# Parsing and checks


def parse_content(options) -> Path:
    """The photograph, given as PHOTO or as --content."""
    given = [path for path in (options.photo, options.content) if path is not None]
    if len(given) != 1:
        raise UsageError(
            "one photograph is needed, as in tfstyle optimize PHOTO --style IMAGE --output FILE. "
            f"Received: {len(given)}."
        )
    if given[0].is_dir():
        raise UsageError(f"{given[0]}: is a folder. Name one photograph; tfstyle stylize takes folders.")
    return given[0]


def parse_loss_network(text, pooling) -> tuple[str, str]:
    """Parses `NAME` or `NAME=WEIGHTS` of a loss network into the name and the weights."""
    name, weights = parse_extractor(text)
    if pooling and name != "vgg19":
        raise UsageError(f"--pooling is for vgg19; {name} has no choice of pooling.")
    return name, weights


def parse_layers(texts) -> dict[str, float] | None:
    """Dict of layer -> weight, or None for the defaults of the network."""
    from tfstyle.transfer.styles import parse_weight

    if texts is None:
        return None
    return dict(parse_weight(text if "=" in text else f"{text}=1", "layer") for text in texts)


def parse_paintings(texts) -> list[tuple[Path, float]]:
    """List of (path, weight)."""
    from tfstyle.transfer.styles import parse_styles

    paintings = [(Path(style), weight) for style, weight in parse_styles(texts)]
    for number, (path, _) in enumerate(paintings):
        if not path.exists():
            raise UsageError(f"{path}: no such file. Name the image of a painting after --style.")
        if path in [earlier for earlier, _ in paintings[:number]]:
            raise UsageError(f"{path}: is named twice as a style. Give it one weight, as in {path}=2.")
    return paintings


def check_sides(path, image) -> None:
    """Raises an error if an image is too small for the loss network."""
    from tfstyle.transfer.config import LEAST_SIDE

    height, width = image.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise UsageError(
            f"{path}: {width}x{height} pixels are too few. tfstyle optimize needs at least {LEAST_SIDE} on each side."
        )


def plan_output(content, styles, options) -> Path:
    """Returns the output file if it and the time-lapse can be written."""
    from tfstyle.images import check_writable
    from tfstyle.transfer.jobs import plan_jobs
    from tfstyle.transfer.stylize import StylizeError

    jobs, failures = plan_jobs([content], options.output, options.overwrite)
    if failures:
        raise StylizeError(failures[0].reason)
    output, time_lapse = jobs[0].output, options.time_lapse
    sources = {path.resolve() for path in (content, *[path for path, _ in styles], *options.masks)}
    for path in filter(None, (output, time_lapse)):
        if path.resolve() in sources:
            raise UsageError(f"{path}: is one of the images to read. Name another output.")
    if time_lapse and time_lapse.suffix.lower() != ".gif":
        raise UsageError(f"{time_lapse}: a time-lapse is an animated GIF. Name a file such as time_lapse.gif.")
    if time_lapse and time_lapse.exists() and not options.overwrite:
        raise UsageError(f"{time_lapse}: already exists. Name another file, or add --overwrite.")
    if time_lapse:
        check_writable(time_lapse)
    return output


def make_loss_network(
    name, weights, precision, pooling, content_layers, style_layers
) -> tuple[Any, dict[str, float], dict[str, float]]:
    """The loss network, its content layers and its style layers, each as layer -> weight."""
    import importlib

    module_name, class_name = EXTRACTORS[name]
    module = importlib.import_module(module_name)
    content_layers = content_layers or {module.CONTENT_LAYER: 1.0}
    style_layers = style_layers or dict.fromkeys(module.STYLE_LAYERS, 1.0)
    options = {"weights": weights} if weights else {}
    options |= {"pooling": pooling} if pooling else {}
    layer_names = tuple(dict.fromkeys((*style_layers, *content_layers)))
    return getattr(module, class_name)(layer_names, dtype=precision, **options), content_layers, style_layers


class Reporter:
    """Shows the progress of an optimization, and records a time-lapse.

    A terminal has one line that is updated; a file gets twenty lines.

    Args:
        optimization: `Optimization`.
        time_lapse: `TimeLapse` or None.
    """

    def __init__(self, optimization, time_lapse):
        self.optimization, self.time_lapse = optimization, time_lapse
        self.step = 0
        self.is_terminal = sys.stderr.isatty()

    def __call__(self, progress):
        last, self.step = self.step, progress.step
        if self.time_lapse and is_due(last, progress, NUM_FRAMES):
            self.time_lapse.add(self.optimization.image())
        if self.is_terminal or is_due(last, progress, 20):
            losses = "  ".join(f"{name} {loss:.4f}" for name, loss in progress.losses.items() if name != "total")
            minutes, seconds = divmod(round(progress.seconds_left), 60)
            line = (
                f"step {progress.step}/{progress.num_steps}  {progress.width}x{progress.height}  {losses}  "
                f"{minutes} min {seconds:02d} s left"
            )
            print(f"\r{line:<100}" if self.is_terminal else line, end="" if self.is_terminal else "\n", file=sys.stderr)
            sys.stderr.flush()

    def end(self) -> None:
        if self.is_terminal and self.step:
            print(file=sys.stderr)


def is_due(last_step, progress, num_times) -> bool:
    """Whether one of `num_times` evenly spaced reports is due. Steps can be skipped."""
    interval = max(1, progress.num_steps // num_times)
    return progress.step // interval > last_step // interval

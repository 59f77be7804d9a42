"""`tfstyle optimize`: a photograph in the style of any painting, by optimization."""

import math
import sys
from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.extractors import EXTRACTOR_HELP, EXTRACTORS, parse_extractor
from tfstyle.commands.flags import add_command, add_config_flags, config_from, positive_integer, quality

DEFAULT_SIZE = 512
NUM_FRAMES = 40


def add_flags(commands):
    from tfstyle.transfer.config import OptimizeConfig

    usage = "tfstyle optimize CONTENT --style IMAGE[=WEIGHT]... --output FILE [--mask IMAGE...] [options]"
    summary = "paint a photograph in the style of any painting, slowly and well"
    parser = add_command(commands, "optimize", run, summary, usage)
    add = parser.add_argument
    add("content", type=Path, metavar="CONTENT", help="image file of the photograph")
    add(
        "--style",
        dest="styles",
        nargs="+",
        action="extend",
        required=True,
        metavar="IMAGE[=WEIGHT]",
        help="image files of paintings; several blend by their weights",
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
        help="one for each style, white where it is painted; where none is, the photograph stays",
    )
    add(
        "--size",
        type=positive_integer,
        metavar="N",
        help=f"longest side of the output (default: the photo's own, at most {DEFAULT_SIZE})",
    )
    add(
        "--extractor",
        default="light",
        metavar="NAME[=WEIGHTS]",
        help=f"network that judges (default: light): {EXTRACTOR_HELP}",
    )
    add("--pooling", choices=("max", "average"), help="of vgg19: max as it was trained (default), or average")
    add("--content-layers", nargs="+", metavar="LAYER[=WEIGHT]", help="of the extractor (default: its own choice)")
    add("--style-layers", nargs="+", metavar="LAYER[=WEIGHT]", help="of the extractor (default: its own choice)")
    add(
        "--precision",
        choices=("auto", "float32", "mixed_bfloat16"),
        default="auto",
        help="of the extractor (default: auto, the fastest the hardware has)",
    )
    add("--film", type=Path, metavar="FILE.gif", help="also write an animation of how the picture came to be")
    add("--quality", type=quality, default=95, metavar="Q", help="1 to 100, of JPEG and WebP (default: 95)")
    add(
        "--overwrite",
        action="store_true",
        help="replace outputs that exist; photo, styles and masks are never replaced",
    )
    add_config_flags(parser.add_argument_group("settings"), OptimizeConfig)


def run(options):
    from tfstyle.transfer.config import OptimizeConfig

    # Everything that can be refused is refused before TensorFlow is imported.
    config = config_from(OptimizeConfig, options)
    extractor_name, weights = parse_judge(options.extractor, options.pooling)
    layers = [parse_layers(texts) for texts in (options.content_layers, options.style_layers)]
    styles = parse_styles(options.styles)
    if options.masks and len(options.masks) != len(styles):
        raise UsageError(
            f"{len(options.masks)} masks for {len(styles)} styles. Name one --mask for each --style, in their order."
        )
    output = plan_output(options, styles)

    from tfstyle.images import load_image, resize_longest_side, save_image
    from tfstyle.transfer.masks import load_masks, normalize_masks, soften

    photo = load_image(options.content)
    photo = resize_longest_side(photo, options.size or min(DEFAULT_SIZE, max(photo.shape[:2])))
    paintings = [load_image(path) for path in styles]
    for path, image in [(options.content, photo), *zip(styles, paintings, strict=True)]:
        check_sides(path, image)
    masks = normalize_masks(soften(load_masks(options.masks, *photo.shape[:2]))) if options.masks else None

    import_tensorflow()
    from tfstyle.training.loop.strategy import enable_memory_growth, fastest_precision
    from tfstyle.transfer.film import Film
    from tfstyle.transfer.optimize import Optimization

    enable_memory_growth()
    precision = fastest_precision() if options.precision == "auto" else options.precision
    try:
        extractor, content_layers, style_layers = make_judge(
            extractor_name, weights, precision, options.pooling, *layers
        )
        optimization = Optimization(
            photo, paintings, extractor, content_layers, style_layers, config, list(styles.values()), masks
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    film = Film(*photo.shape[:2])
    reporter = Reporter(optimization, film if options.film else None)
    interrupted = False
    try:
        optimization.run(reporter)
    except KeyboardInterrupt:
        interrupted = True
    except Exception as error:
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            raise UsageError(
                f"not enough memory for {photo.shape[1]}x{photo.shape[0]} pixels. Try a smaller --tile-size or --size."
            ) from error
        raise
    finally:
        reporter.end()
    picture = optimization.image()
    tags = {"Software": software(), "Description": describe_recipe(styles, options.extractor, config)}
    save_image(output, picture, overwrite=options.overwrite, quality=options.quality, tags=tags)
    if options.film:
        film.add(picture)
        film.save(options.film)
    if interrupted:
        raise KeyboardInterrupt(f"stopped after {reporter.step} steps; {output} holds the picture as it was then.")
    print(f"{options.content} -> {output}")


# What the flags say


def parse_judge(text, pooling):
    """`NAME` or `NAME=WEIGHTS` of an extractor -> the name, and the weights."""
    name, weights = parse_extractor(text)
    if pooling and name != "vgg19":
        raise UsageError(f"--pooling is for vgg19; {name} has none to choose.")
    return name, weights


def parse_number(text, what):
    """`NAME` or `NAME=WEIGHT` -> the name and the weight."""
    name, _, number = text.rpartition("=")
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not name or not (math.isfinite(weight) and weight > 0):
        raise UsageError(f"the weight of a {what} must be a positive number, as in {name or 'NAME'}=0.5, not {text}")
    return name, weight


def parse_layers(texts):
    """Layer -> weight, or None for the extractor's own choice."""
    if texts is None:
        return None
    return dict(parse_number(text if "=" in text else f"{text}=1", "layer") for text in texts)


def parse_styles(texts):
    """Path -> weight."""
    styles = {}
    for text in texts:
        path, weight = (text, 1.0) if "=" not in text or Path(text).exists() else parse_number(text, "style")
        if not Path(path).exists():
            raise UsageError(f"{path}: no such file. Name the image of a painting after --style.")
        if Path(path) in styles:
            raise UsageError(f"{path}: is named twice as a style. Give it one weight, as in {path}=2.")
        styles[Path(path)] = weight
    return styles


def check_sides(path, image):
    """Refuses an image that the network which judges cannot look at."""
    from tfstyle.transfer.config import LEAST_SIDE

    height, width = image.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise UsageError(
            f"{path}: {width}x{height} pixels are too few. tfstyle optimize needs at least {LEAST_SIDE} on each side."
        )


def plan_output(options, styles):
    """The file to write, if it and the film may be written."""
    from tfstyle.transfer.stylize import plan_jobs

    if options.content.is_dir():
        raise UsageError(f"{options.content}: is a folder. Name one photograph; tfstyle stylize takes folders.")
    jobs, failures = plan_jobs([options.content], options.output, options.overwrite)
    if failures:
        raise UsageError(failures[0].reason)
    output, film = jobs[0].output, options.film
    sources = {path.resolve() for path in (options.content, *styles, *options.masks)}
    for path in filter(None, (output, film)):
        if path.resolve() in sources:
            raise UsageError(f"{path}: is one of the images to read. Name another output.")
    if film and film.suffix.lower() != ".gif":
        raise UsageError(f"{film}: a film is an animated GIF. Name a file such as film.gif.")
    if film and film.exists() and not options.overwrite:
        raise UsageError(f"{film}: exists already. Add --overwrite, or name another file.")
    return output


def make_judge(name, weights, precision, pooling, content_layers, style_layers):
    """The extractor, and its layers of content and of style: layer -> weight."""
    import importlib

    module_name, class_name = EXTRACTORS[name]
    module = importlib.import_module(module_name)
    content_layers = content_layers or {module.CONTENT_LAYER: 1.0}
    style_layers = style_layers or dict.fromkeys(module.STYLE_LAYERS, 1.0)
    options = {"weights": weights} if weights else {}
    options |= {"pooling": pooling} if pooling else {}
    layer_names = tuple(dict.fromkeys((*style_layers, *content_layers)))
    return getattr(module, class_name)(layer_names, dtype=precision, **options), content_layers, style_layers


# What the user sees


def software():
    import tfstyle

    return f"tfstyle {tfstyle.__version__}"


def describe_recipe(styles, extractor, config):
    """One line that says how a picture was made, for the tag in its file."""
    import dataclasses

    changed = [
        f"{field.name} {getattr(config, field.name)}"
        for field in dataclasses.fields(config)
        if getattr(config, field.name) != field.default
    ]
    mixture = ", ".join(f"{path.stem} {weight:g}" for path, weight in styles.items())
    return "; ".join([f"Made by optimization; styles: {mixture}; extractor: {extractor.partition('=')[0]}", *changed])


class Reporter:
    """Says how far an optimization is, and films it.

    On a terminal it rewrites one line; into a file it writes twenty.

    Args:
        optimization: `Optimization`.
        film: `Film` or None.
    """

    def __init__(self, optimization, film):
        self.optimization, self.film = optimization, film
        self.step = 0
        self.is_terminal = sys.stderr.isatty()

    def __call__(self, progress):
        self.step = progress.step
        if self.film and progress.step % max(1, progress.num_steps // NUM_FRAMES) == 0:
            self.film.add(self.optimization.image())
        if self.is_terminal or progress.step % max(1, progress.num_steps // 20) == 0:
            losses = "  ".join(f"{name} {loss:.4f}" for name, loss in progress.losses.items() if name != "total")
            minutes, seconds = divmod(round(progress.seconds_left), 60)
            line = (
                f"step {progress.step}/{progress.num_steps}  {progress.width}x{progress.height}  {losses}  "
                f"{minutes} min {seconds:02d} s left"
            )
            print(f"\r{line:<100}" if self.is_terminal else line, end="" if self.is_terminal else "\n", file=sys.stderr)
            sys.stderr.flush()

    def end(self):
        if self.is_terminal and self.step:
            print(file=sys.stderr)

"""`tfstyle stylize`: photographs in a style."""

from pathlib import Path

from tfstyle import artifacts
from tfstyle.commands.console import USER_ERROR, UsageError, complain, import_tensorflow
from tfstyle.commands.flags import add_command, fraction, positive_integer, quality


def add_flags(commands):
    usage = "tfstyle stylize PHOTO... --style STYLE[=WEIGHT]... --output FILE_OR_FOLDER [options]"
    summary = "paint photographs in a style, or in a mixture of styles"
    parser = add_command(commands, "stylize", run, summary, usage)
    add = parser.add_argument
    add("photos", nargs="*", type=Path, metavar="PHOTO", help="image files, or folders of them")
    add(
        "--style",
        dest="styles",
        nargs="+",
        action="extend",
        required=True,
        metavar="STYLE[=WEIGHT]",
        help="a name (see tfstyle zoo), a painting's file, or a vector that --save-style kept; several blend by their "
        "weights",
    )
    add(
        "--mask",
        dest="masks",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FILE",
        help="one picture for each style, white where it is painted; where all are black, the photo stays",
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
    add(
        "--style-size",
        type=positive_integer,
        metavar="N",
        help="longest side at which a painting is seen: less makes finer strokes (default: 512)",
    )
    add("--save-style", type=Path, metavar="FILE.npy", help="keep the vector of the paintings, blended, to use again")
    add("--noise", type=int, metavar="SEED", help="let the strokes fall otherwise; each seed is another way")
    add(
        "--model",
        metavar="NAME_OR_FOLDER",
        help="default: style_bank for names; for paintings one that takes any",
    )
    add("--overwrite", action="store_true", help="replace outputs that exist; photos are never replaced")


def run(options):
    if not options.photos:
        raise UsageError("no photo was named. Photos come first: tfstyle stylize PHOTO... --style STYLE --output FILE")
    from tfstyle import zoo
    from tfstyle.transfer.stylize import Failure, describe_recipe, plan_jobs, stylize_files

    # Everything that can be refused is refused before TensorFlow is imported.
    metadata, labels, styles = read_wishes(options)
    jobs, failures = plan_jobs(options.photos, options.output, options.overwrite)
    for failure in failures:
        complain(failure.reason)
    paint = None
    if jobs:
        import_tensorflow()
        paint = make_painter(zoo.load(options.model), styles, options)
    results = stylize_files(
        jobs,
        paint,
        describe_recipe(metadata["name"], labels, options.masks, options.strength),
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


def read_wishes(options):
    """What is to be painted with, of flags that fit each other; names the model where none was named.

    Returns:
        The model's metadata; a list of (label, weight) for the recipe; and a list of (style, weight), where a style is
        a name, a painting, or a style vector.
    """
    from tfstyle.images import load_image
    from tfstyle.transfer.styles import STYLE_SIZE, check_names, choose_model, parse_styles, read_style

    options.model = options.model or choose_model(options.styles)
    metadata = artifacts.read_metadata(artifacts.find_model(options.model))
    pairs = parse_styles(options.styles, metadata.get("style_names", ()))
    check_masks(options, pairs)
    if "style_names" in metadata:
        unused = [flag for flag in ("--save-style", "--style-size") if getattr(options, flag[2:].replace("-", "_"))]
        if unused:
            raise UsageError(f"{unused[0]} is for paintings; the styles of {options.model} have names.")
        check_names([style for style, _ in pairs], metadata)
        styles = pairs
    elif "style_dim" in metadata:
        check_save_style(options)
        size = options.style_size or STYLE_SIZE
        styles = [(read_style(style, metadata, size), weight) for style, weight in pairs]
        pairs = [(Path(style).name, weight) for style, weight in pairs]
    else:
        raise UsageError(f"{options.model} is a {metadata['family'].replace('_', ' ')}, and paints no photographs.")
    if options.noise is not None and not metadata.get("noise_dim"):
        raise UsageError(f"{options.model} takes no noise: leave --noise out.")
    for mask in options.masks:
        load_image(mask)
    return metadata, pairs, styles


def check_masks(options, pairs):
    """Refuses masks that do not go with the styles."""
    if options.masks and len(options.masks) != len(pairs):
        raise UsageError(
            "--mask takes one picture for each style. "
            f"Received: {len(pairs)} for --style and {len(options.masks)} for --mask."
        )
    if options.masks and any(weight != 1 for _, weight in pairs):
        raise UsageError("with --mask, the masks say how much of each style is painted: leave the weights out.")


def check_save_style(options):
    """Refuses a file for the style's vector that cannot be written, or may not."""
    file = options.save_style
    if not file:
        return
    if options.masks:
        raise UsageError("--save-style keeps one vector, and --mask needs several. Leave one of them out.")
    if file.suffix != ".npy":
        raise UsageError(f"{file}: --save-style must end in .npy.")
    if file.exists() and not options.overwrite:
        raise UsageError(f"{file} exists already. Add --overwrite, or name another file for --save-style.")


def make_painter(model, styles, options):
    """A function of a photograph that returns its painting; keeps the style's vector where that is wished."""
    import numpy as np

    from tfstyle.transfer.masks import load_masks, soften
    from tfstyle.transfer.stylize import stylize

    if hasattr(model, "encode_style"):  # once, and not for each photograph

        def encode(style):
            vector = model.blend(style)
            return vector if options.noise is None else model.vary_style(vector, options.noise)[0]

        num_paintings = sum(np.ndim(style) > 1 for style, _ in styles)
        if num_paintings and model.tries_styles:
            print(f"trying out {num_paintings} style{'s' * (num_paintings > 1)}: some ten seconds each", flush=True)
        styles = [encode(style) for style, _ in styles] if options.masks else encode(styles)
    elif options.masks:
        styles = [style for style, _ in styles]
    if options.save_style:
        options.save_style.parent.mkdir(parents=True, exist_ok=True)
        np.save(options.save_style, styles)

    def paint(photo):
        masks = soften(load_masks(options.masks, *photo.shape[:2])) if options.masks else None
        return stylize(photo, model, styles, options.strength, options.preserve_color, masks)

    return paint

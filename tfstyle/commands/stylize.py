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


def run(options):
    if not options.photos:
        raise UsageError("no photo was named. Photos come first: tfstyle stylize PHOTO... --style STYLE --output FILE")
    metadata = artifacts.read_metadata(artifacts.find_model(options.model))
    if "style_names" not in metadata:
        raise UsageError(f"{options.model} is a {metadata['family'].replace('_', ' ')}, and paints no photographs.")
    from tfstyle import zoo
    from tfstyle.transfer.stylize import Failure, parse_styles, plan_jobs, stylize_files

    # Everything that can be refused is refused before TensorFlow is imported.
    styles = parse_styles(options.styles, metadata["style_names"], metadata["name"])
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

"""The common part of the commands that process each photograph."""

from pathlib import Path
from typing import Any

from tfstyle.commands.console import USER_ERROR, complain
from tfstyle.commands.flags import gigabytes, in_terms_of_flags, positive_integer, quality


def add_job_flags(parser, has_size=True) -> None:
    """Adds the flags for the outputs, which `do_jobs` reads.

    Args:
        parser: parser of a command.
        has_size: bool, whether the outputs can have another size.
    """
    add = parser.add_argument
    add("--output", type=Path, required=True, metavar="FILE_OR_FOLDER", help="a folder for several photographs")
    add("--keep-alpha", action="store_true", help="keep transparency (default: blend with white)")
    if has_size:
        add(
            "--size", type=positive_integer, metavar="N", help="longest side of the output (default: as the photograph)"
        )
    else:
        parser.set_defaults(size=None)
    add(
        "--quality",
        type=quality,
        default=95,
        metavar="Q",
        help="quality of JPEG, WebP and AVIF, from 1 to 100 (default: 95)",
    )
    add("--overwrite", action="store_true", help="replace existing outputs; photographs are never replaced")


def add_memory_flag(parser) -> None:
    """Adds the flag for the memory of feed-forward networks."""
    parser.add_argument(
        "--memory",
        type=gigabytes,
        default=3.0,
        metavar="GB",
        help="memory that may be used; a larger photograph is painted in tiles, without seams (default: 3)",
    )


def do_jobs(photos, open_painter, recipe, options, canvas=0) -> int:
    """Processes each photograph, reports the result, and continues after one that fails.

    Args:
        photos: list of files and folders.
        open_painter: function of the jobs that returns a function of a photograph. It is called only if there is a
            photograph to process, and imports TensorFlow by `import_tensorflow` if it needs it.
        recipe: string, the description tag of the outputs.
        options: return value of the parser, with `output`, `overwrite`, `keep_alpha`, `size` and `quality`.
        canvas: integer, longest side up to which photographs are enlarged.

    Returns:
        The exit code.
    """
    from tfstyle.transfer.jobs import Failure, plan_jobs, stylize_files

    jobs, failures = plan_jobs(photos, options.output, options.overwrite)
    for failure in failures:
        complain(in_terms_of_flags(failure.reason, options))
    paint: Any = None  # without jobs nobody calls it
    if jobs:
        paint = open_painter(jobs)
    results = stylize_files(
        jobs,
        paint,
        recipe,
        keep_alpha=options.keep_alpha,
        size=options.size,
        quality=options.quality,
        overwrite=options.overwrite,
        canvas=canvas,
    )
    for job, reason in results:
        if reason is None:
            print(f"{job.photo} -> {job.output}", flush=True)
        else:
            failures.append(Failure(job.photo, reason))
            complain(in_terms_of_flags(reason, options))
    total = len(jobs) + sum(failure.source not in {job.photo for job in jobs} for failure in failures)
    if failures and total > 1:
        complain(f"{len(failures)} of {total} failed: {', '.join(str(failure.source) for failure in failures)}")
    return USER_ERROR if failures else 0

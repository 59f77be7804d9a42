"""`tfstyle upscale`: enlarges photographs."""

from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command
from tfstyle.commands.jobs import add_job_flags, do_jobs
from tfstyle.commands.models import load_model, read_restorer
from tfstyle.saved.family import UPSCALE


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "upscale",
        run,
        "enlarge images four times in each direction",
        "tfstyle upscale PHOTO... --output FILE_OR_FOLDER [options]",
        (
            "tfstyle upscale thumbnail.png --output large.png",
            "tfstyle upscale thumbnails/ --model ./my_upscaler --output large/",
        ),
    )
    add = parser.add_argument
    add("photos", nargs="*", type=Path, metavar="PHOTO", help="image files, or folders of them")
    add(
        "--model",
        default="upscale",
        metavar="NAME_OR_FOLDER",
        help="an upscaler, or the run directory of its training (default: upscale)",
    )
    add_job_flags(parser, has_size=False)


def run(options) -> int:
    if not options.photos:
        raise UsageError("no photo was named. Photos come first: tfstyle upscale PHOTO... --output FILE")
    read_restorer(options.model, "upscale", UPSCALE, "upscale")

    def open_painter(_):
        import_tensorflow()
        from tfstyle.transfer.restore import upscale

        model = load_model(options.model)
        return lambda photo: upscale(photo, model)

    return do_jobs(options.photos, open_painter, f"Enlarged by the model {Path(options.model).name}", options)

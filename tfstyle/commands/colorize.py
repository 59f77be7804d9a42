"""`tfstyle colorize`: adds colors to gray photographs."""

from pathlib import Path

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, positive_integer
from tfstyle.commands.jobs import add_job_flags, do_jobs
from tfstyle.commands.models import load_model, read_restorer
from tfstyle.saved.family import COLORIZE


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "colorize",
        run,
        "add colors to gray photographs",
        "tfstyle colorize PHOTO... --output FILE_OR_FOLDER [options]",
        (
            "tfstyle colorize grandmother.jpg --output colored.jpg",
            "tfstyle colorize album/ --model ./my_colorizer --saturation 1.2 --output colored/",
        ),
    )
    add = parser.add_argument
    add("photos", nargs="*", type=Path, metavar="PHOTO", help="image files, or folders of them")
    add(
        "--model",
        default="colorize",
        metavar="NAME_OR_FOLDER",
        help="a colorizer, or the run directory of its training (default: colorize)",
    )
    add(
        "--saturation",
        type=saturation,
        default=1.0,
        metavar="S",
        help="factor of the colors' strength, from 0 to 3 (default: 1)",
    )
    add(
        "--color-size",
        type=positive_integer,
        default=384,
        metavar="N",
        help="longest side of the copy on which colors are predicted; the luminance stays sharp (default: 384)",
    )
    add_job_flags(parser)


def saturation(text) -> float:
    """A number in [0, 3]."""
    number = float(text)
    if not 0 <= number <= 3:
        raise ValueError
    return number


saturation.__name__ = "number from 0 to 3"


def run(options) -> int:
    if not options.photos:
        raise UsageError("no photo was named. Photos come first: tfstyle colorize PHOTO... --output FILE")
    read_restorer(options.model, "colorize", COLORIZE, "colorize")

    def open_painter(_):
        import_tensorflow()
        from tfstyle.transfer.restore import colorize

        model = load_model(options.model)
        return lambda photo: colorize(photo, model, options.color_size, options.saturation)

    recipe = f"Colors by the model {Path(options.model).name}; saturation: {options.saturation:g}"
    return do_jobs(options.photos, open_painter, recipe, options)

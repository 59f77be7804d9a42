"""`tfstyle export`: exports a trained model as a SavedModel."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfstyle.commands.console import import_tensorflow
from tfstyle.commands.flags import add_command, add_flag

if TYPE_CHECKING:
    import numpy as np

NUM_CROPS, CROP_SIZE, MAX_SCALE = 24, 128, 1.5


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "export",
        run,
        "export a trained model as a SavedModel",
        examples=(
            "tfstyle export runs/mine --output my_bank",
            "tfstyle export runs/styler --content photos/ --output my_styler",
        ),
    )
    parser.add_argument("run_directory", type=Path, metavar="RUN", help="run directory of the training")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the SavedModel")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing SavedModel")
    add_flag(
        parser,
        "--content",
        "--photographs",
        dest="photographs",
        type=Path,
        metavar="FOLDER",
        help="for a semantic styler: photographs for the test-time refinement of styles, which takes seconds and "
        f"matches the painting more closely; {NUM_CROPS} crops of them become part of the SavedModel",
    )


def run(options) -> None:
    import_tensorflow()
    from tfstyle.saved.registry import export_run

    extra: dict[str, Any] = {}
    if options.photographs is not None:
        from tfstyle.transfer.refinement import refine_style

        extra = {"photographs": crop_photographs(options.photographs), "refine": refine_style}
    export_run(options.run_directory, options.output, overwrite=options.overwrite, **extra)
    print(f"{options.output}: exported")


def crop_photographs(folder) -> "np.ndarray":
    """Square crops of the photographs of a folder, one after the other: uint8 array `(num, side, side, 3)`."""
    import numpy as np

    from tfstyle.data.image_folder import ImageFolder, random_crop

    photographs, random = ImageFolder(folder), np.random.default_rng(0)
    turns = (photographs.load(number % len(photographs))[0] for number in range(NUM_CROPS))
    return np.stack([random_crop(photograph, CROP_SIZE, random, 1.0, MAX_SCALE) for photograph in turns])

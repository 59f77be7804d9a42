"""`tfstyle export`: exports a trained model as a SavedModel, or for LiteRT."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfstyle import artifacts
from tfstyle.atomic import write_atomically
from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, add_flag, positive_integer
from tfstyle.saved.registry import MODEL_FILE

if TYPE_CHECKING:
    import numpy as np

NUM_CROPS, CROP_SIZE, MAX_SCALE = 24, 128, 1.5
FORMATS = ("saved_model", "tflite", "onnx")


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "export",
        run,
        "export a trained model as a SavedModel, or for LiteRT",
        examples=(
            "tfstyle export runs/mine --output my_bank",
            "tfstyle export runs/styler --content photos/ --output my_styler",
            "tfstyle export style_bank --format tflite --output style_bank.tflite",
        ),
    )
    parser.add_argument(
        "source",
        metavar="RUN_OR_MODEL",
        help="run directory of a training; for tflite also the name or folder of a model",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FOLDER", help="folder of the SavedModel, or a .tflite file"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="saved_model",
        help="saved_model, or tflite: one file for LiteRT on phones, in browsers and in Python (default: saved_model)",
    )
    parser.add_argument(
        "--image-size",
        nargs=2,
        type=positive_integer,
        metavar=("HEIGHT", "WIDTH"),
        help="for tflite: the only size of the images, which browsers need (default: any size)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
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
    if options.format == "onnx":
        raise UsageError(
            "no converter to ONNX works with TensorFlow 2.21: tf2onnx 1.17 fails on these networks, or changes their "
            "pictures. Use --format tflite or saved_model."
        )
    if options.format == "tflite":
        export_lite(options)
    elif options.image_size:
        raise UsageError("--image-size is for --format tflite: a SavedModel takes images of any size. Leave it out.")
    else:
        export_saved_model(options)
    print(f"{options.output}: exported")


def export_saved_model(options) -> None:
    import_tensorflow()
    from tfstyle.saved.registry import export_run

    extra: dict[str, Any] = {}
    if options.photographs is not None:
        from tfstyle.transfer.refinement import refine_style

        extra = {"photographs": crop_photographs(options.photographs), "refine": refine_style}
    export_run(options.source, options.output, overwrite=options.overwrite, **extra)


def export_lite(options) -> None:
    """Writes a .tflite file, and a .json file of the same name with the metadata: names of styles, sizes, license."""
    file = options.output
    if file.suffix != ".tflite":
        raise UsageError(f"{file}: a model for LiteRT is a file. Name one that ends in .tflite.")
    if file.exists() and not options.overwrite:
        raise UsageError(f"{file}: already exists. Name another file, or add --overwrite.")
    if options.photographs is not None:
        raise UsageError("--content is for SavedModels: a style is not refined by LiteRT. Leave it out.")
    is_run = (Path(options.source) / MODEL_FILE).is_file()
    if not is_run:
        artifacts.find_model(options.source)
    import_tensorflow()
    from tfstyle import zoo
    from tfstyle.saved.lite import convert_to_lite
    from tfstyle.saved.registry import load_run

    if is_run:
        run, model, trained = load_run(options.source)
        metadata = {"family": run.family.name, **trained, **model.get_config()}
    else:
        model = zoo.load_pretrained(options.source)
        metadata = artifacts.read_metadata(artifacts.find_model(options.source))
    content = convert_to_lite(model, options.image_size)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, content)
    write_atomically(file.with_suffix(".json"), json.dumps(metadata, indent=2, ensure_ascii=False, default=str) + "\n")


def crop_photographs(folder) -> "np.ndarray":
    """Square crops of the photographs of a folder, one after the other: uint8 array `(num, side, side, 3)`."""
    import numpy as np

    from tfstyle.data.image_folder import ImageFolder, random_crop

    photographs, random = ImageFolder(folder), np.random.default_rng(0)
    turns = (photographs.load(number % len(photographs))[0] for number in range(NUM_CROPS))
    return np.stack([random_crop(photograph, CROP_SIZE, random, 1.0, MAX_SCALE) for photograph in turns])

"""`tfstyle export`: a training's result as a SavedModel."""

from pathlib import Path

from tfstyle.commands.console import import_tensorflow
from tfstyle.commands.flags import add_command


def add_flags(commands):
    parser = add_command(commands, "export", run, "write what a training has learned as a SavedModel")
    parser.add_argument("run_directory", type=Path, metavar="RUN", help="folder of the training")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the SavedModel")
    parser.add_argument("--overwrite", action="store_true", help="replace a SavedModel that is there")


def run(options):
    import_tensorflow()
    from tfstyle.export import export_run

    export_run(options.run_directory, options.output, overwrite=options.overwrite)
    print(f"{options.output}: exported")

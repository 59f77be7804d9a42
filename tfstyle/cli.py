"""The command `tfstyle`: one thin file over `tfstyle.commands`.

Each command is a function that adds its flags and a function that runs it. Everything heavy is imported by the second,
so that `tfstyle --help` answers at once.
"""

import argparse
import os
import sys

from tfstyle import __version__, artifacts
from tfstyle.commands import (
    demo,
    evaluate,
    export,
    generate,
    optimize,
    stylize,
    train_adain,
    train_gan,
    train_perceptual,
    train_semantic_style,
    train_style_bank,
    zoo,
)
from tfstyle.commands.console import INTERRUPTED, USER_ERROR, UsageError, complain
from tfstyle.commands.flags import add_command

USER_ERRORS = (
    ("tfstyle.images.arrays", "ImageError"),
    ("tfstyle.saved.archive", "ExportError"),
    ("tfstyle.training.loop.run_directory", "TrainingError"),
    ("tfstyle.transfer.generate", "GenerateError"),
    ("tfstyle.transfer.masks", "MaskError"),
    ("tfstyle.transfer.stylize", "StylizeError"),
)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, allow_abbrev=False, **options)

    def error(self, message):
        self.exit(USER_ERROR, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments=None):
    """Runs a command.

    Args:
        arguments: list of strings; those of the process if None.

    Returns:
        The exit code: 0, 2 for a mistake of the user or a photograph that failed, 130 after Ctrl-C.
    """
    options = build_parser().parse_args(arguments)
    try:
        code = options.run(options)
        sys.stdout.flush()
        return code or 0
    except KeyboardInterrupt as interrupt:
        return complain(str(interrupt) or "stopped", INTERRUPTED)
    except BrokenPipeError:  # as in `tfstyle zoo | head`: nobody reads on, and there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USER_ERROR
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        return complain(message)


def is_user_error(error):
    """Whether an error's message is meant for the user."""
    # Importing these modules to ask takes seconds; an error that was raised comes from one that is imported already.
    kinds = [getattr(sys.modules[module], name) for module, name in USER_ERRORS if module in sys.modules]
    return isinstance(error, (UsageError, OSError, artifacts.ArtifactError, *kinds))


def explain(error):
    """What the user is told of an error; None for a mistake of tfstyle, whose traceback is shown."""
    if is_user_error(error):
        return str(error)
    text = str(error)
    if "No space left on device" in text:
        return "no space is left on the disk. Make room; a training goes on with --resume."
    if type(error).__name__ == "ResourceExhaustedError" and "OOM" in text:
        return "the memory of the device is full. Try a smaller --batch-size, or smaller images."
    return None


def build_parser():
    parser = Parser(
        prog="tfstyle",
        description=(
            "Paints photographs in the styles of paintings, makes images from noise, and trains the networks that do "
            "it."
        ),
    )
    parser.add_argument("--version", action="version", version=f"tfstyle {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    demo.add_flags(commands)
    stylize.add_flags(commands)
    optimize.add_flags(commands)
    generate.add_flags(commands)
    train = add_command(commands, "train", None, "train a model on your own images")
    models = train.add_subparsers(title="models", metavar="MODEL", required=True)
    train_style_bank.add_flags(models)
    train_adain.add_flags(models)
    train_gan.add_flags(models)
    train_perceptual.add_flags(models)
    train_semantic_style.add_flags(models)
    export.add_flags(commands)
    evaluate.add_flags(commands)
    zoo.add_flags(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""The command `tfstyle`: one thin file over `tfstyle.commands`.

Each command is a function that adds its flags and a function that runs it. Everything heavy is imported by the second,
so that `tfstyle --help` answers at once.
"""

import argparse
import contextlib
import logging
import os
import sys
from pathlib import Path

from tfstyle import __version__
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
from tfstyle.commands.console import INTERRUPTED, USER_ERROR, complain
from tfstyle.commands.flags import add_command, in_terms_of_flags
from tfstyle.errors import TfstyleError

PACKAGE = Path(__file__).resolve().parent


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
        with shown_log():
            code = options.run(options)
        sys.stdout.flush()
        return code or 0
    except KeyboardInterrupt as interrupt:
        return complain(in_terms_of_flags(str(interrupt)) or "stopped", INTERRUPTED)
    except BrokenPipeError:  # as in `tfstyle zoo | head`: nobody reads on, and there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USER_ERROR
    except Exception as error:
        message = explain(error, options)
        if message is None:
            raise
        return complain(message)


class ConsoleHandler(logging.Handler):
    """Prints what the library logs: information to stdout, warnings and errors to stderr."""

    def emit(self, record):
        if record.levelno >= logging.WARNING:
            complain(record.getMessage())
        else:
            print(record.getMessage(), flush=True)


@contextlib.contextmanager
def shown_log():
    """Shows what the library logs while a command runs."""
    logger, handler = logging.getLogger("tfstyle"), ConsoleHandler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def names_file_of_user(error, options):
    """Whether an `OSError` is about a file that the user named: that file, one inside it, or a folder it lies in.

    Args:
        error: `OSError`.
        options: the parsed arguments, or None.
    """
    named = []
    for value in vars(options or argparse.Namespace()).values():
        for text in value if isinstance(value, list | tuple) else [value]:
            if isinstance(text, str | Path):
                text = str(text)  # or NAME=FILE, or STYLE=WEIGHT
                named += [
                    Path(part).absolute() for part in (text, text.partition("=")[2], text.rpartition("=")[0]) if part
                ]
    for filename in (error.filename, error.filename2):
        if not isinstance(filename, str | bytes | os.PathLike):
            continue
        path = Path(os.fsdecode(filename)).absolute()
        if PACKAGE in path.parents:
            continue
        for own in named:
            is_beside = path.parent == own.parent and own.name in path.name  # its temporary file
            if path == own or own in path.parents or path in own.parents or is_beside:
                return True
    return False


def explain(error, options=None):
    """What the user is told of an error; None for a mistake of tfstyle, whose traceback is shown."""
    if isinstance(error, TfstyleError):
        return in_terms_of_flags(str(error))
    if isinstance(error, OSError) and names_file_of_user(error, options):
        return f"{os.fsdecode(error.filename)}: {error.strerror}."
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

"""The command `tfstyle`, on top of `tfstyle.commands`.

Each command has a function that adds its flags and a function that runs it. Only the second one imports slow modules,
so that `tfstyle --help` is fast.
"""

import argparse
import contextlib
import importlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from tfstyle import __version__
from tfstyle.commands import (
    app,
    colorize,
    demo,
    evaluate,
    export,
    generate,
    invert,
    live,
    optimize,
    repair,
    stylize,
    translate,
    upscale,
    zoo,
)
from tfstyle.commands import explain as explain_command
from tfstyle.commands.console import INTERRUPTED, USER_ERROR, complain
from tfstyle.commands.flags import add_command, in_terms_of_flags
from tfstyle.errors import TfstyleError
from tfstyle.saved.registry import list_families

PACKAGE = Path(__file__).resolve().parent


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, allow_abbrev=False, **options)

    def error(self, message) -> NoReturn:
        self.exit(USER_ERROR, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: list[str] | None = None) -> int:
    """Runs a command, always with the TensorFlow backend, whatever `KERAS_BACKEND` says.

    Args:
        arguments: list of strings; by default those of the process.

    Returns:
        The exit code: 0 for success, 2 for a user's mistake or a photograph that failed, 130 after Ctrl-C.
    """
    if "keras" not in sys.modules:  # a program that calls this function may have selected a backend
        os.environ["KERAS_BACKEND"] = "tensorflow"
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # escape names that the terminal cannot show
    options = build_parser().parse_args(arguments)
    try:
        with shown_log(options):
            code = options.run(options)
        sys.stdout.flush()
        return code or 0
    except KeyboardInterrupt as interrupt:
        return complain(in_terms_of_flags(str(interrupt), options) or "stopped", INTERRUPTED)
    except BrokenPipeError:  # as in `tfstyle zoo | head`: nobody reads the output
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USER_ERROR
    except Exception as error:
        message = explain(error, options)
        if message is None:
            raise
        return complain(message)


class ConsoleHandler(logging.Handler):
    """Prints what the library logs: information to stdout, warnings and errors to stderr.

    Args:
        options: return value of the parser, whose flags replace the names of the library; None keeps the names.
    """

    def __init__(self, options=None):
        super().__init__()
        self.options = options

    def emit(self, record) -> None:
        message = in_terms_of_flags(record.getMessage(), self.options)
        if record.levelno >= logging.WARNING:
            complain(message)
        else:
            print(message, flush=True)


@contextlib.contextmanager
def shown_log(options=None) -> Iterator[None]:
    """Context that shows the log of the library while a command runs."""
    logger, handler = logging.getLogger("tfstyle"), ConsoleHandler(options)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # if a library adds a handler to the root logger, each line would be printed twice
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def names_file_of_user(error, options) -> bool:
    """Whether an `OSError` is about a file that the user named: that file, a file in it, or a folder that contains it.

    Args:
        error: `OSError`.
        options: the parsed arguments, or None.
    """
    named = []
    for value in vars(options or argparse.Namespace()).values():
        for text in value if isinstance(value, list | tuple) else [value]:
            if isinstance(text, str | Path):
                text = str(text)  # may also be NAME=FILE or STYLE=WEIGHT
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


def explain(error, options=None) -> str | None:
    """The line to show for an error, or None for a bug in tfstyle, whose traceback is shown."""
    if isinstance(error, TfstyleError):
        return in_terms_of_flags(str(error), options)
    if isinstance(error, OSError) and names_file_of_user(error, options):
        return f"{os.fsdecode(error.filename)}: {error.strerror}."
    text = str(error)
    if "No space left on device" in text:
        return "no space left on the disk. Free some space; a training run continues with --resume."
    if type(error).__name__ == "ResourceExhaustedError" and "OOM" in text:
        return "out of memory. Use a smaller --batch-size, or smaller images."
    return None


def build_parser() -> Parser:
    parser = Parser(
        prog="tfstyle",
        description=(
            "Stylize photographs like paintings, generate images with GANs, and train, export and evaluate the models."
        ),
    )
    parser.add_argument("--version", action="version", version=f"tfstyle {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    demo.add_flags(commands)
    stylize.add_flags(commands)
    optimize.add_flags(commands)
    live.add_flags(commands)
    translate.add_flags(commands)
    repair.add_flags(commands)
    colorize.add_flags(commands)
    upscale.add_flags(commands)
    generate.add_flags(commands)
    invert.add_flags(commands)
    train = add_command(
        commands,
        "train",
        None,
        "train a model on your own images",
        examples=(
            "tfstyle train style-bank --style paintings/ --content photos/ --run-directory runs/bank",
            "tfstyle train gan --data procedural --num-steps 2000 --run-directory runs/shapes",
        ),
    )
    models = train.add_subparsers(title="models", metavar="MODEL", required=True)
    for trainer in dict.fromkeys(family.trainer for family in list_families() if family.trainer):
        importlib.import_module(f"tfstyle.commands.train_{trainer.replace('-', '_')}").add_flags(models)
    export.add_flags(commands)
    evaluate.add_flags(commands)
    explain_command.add_flags(commands)
    app.add_flags(commands)
    zoo.add_flags(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())

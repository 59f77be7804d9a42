"""Flags of the command line: commands, types, and flags derived from a config."""

import argparse
import re
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from types import MappingProxyType
from typing import Any

from tfstyle.commands.console import UsageError


class HelpFormatter(argparse.HelpFormatter):
    """Prints the examples at the end of a help text unchanged, one per line."""

    def _fill_text(self, text, width, indent):
        return text if text.startswith("examples:") else super()._fill_text(text, width, indent)


def add_command(commands, name, run, summary, usage=None, examples=()) -> argparse.ArgumentParser:
    """Adds a command.

    Args:
        commands: return value of `add_subparsers`.
        name: string.
        run: function that takes the parsed options and returns an exit code, or None for success.
        summary: one line of help.
        usage: usage line, or None for the default.
        examples: command lines, shown at the end of the help text.
    """
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        usage=usage,
        epilog="examples:\n" + "".join(f"  {example}\n" for example in examples) if examples else None,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run, parser=parser)
    return parser


def add_flag(parser, name, *old_names, **options) -> None:
    """Adds a flag. Its old names still work, but are hidden.

    Args:
        parser: parser or argument group.
        name: the flag, such as "--content".
        *old_names: its names in earlier versions.
        **options: arguments of `add_argument`.
    """
    action = parser.add_argument(name, *old_names, **options)
    action.option_strings = [name]  # what help texts and errors show


def in_terms_of_flags(message, options=None) -> str:
    """Translates library messages: `num_steps` to --num-steps, and "pass overwrite=True" to "add --overwrite".

    Args:
        message: string.
        options: return value of the parser; only flags of its command are translated. None translates no names.
    """
    flags: dict[str, str] = {}
    for action in options.parser._actions if "parser" in (options or ()) else ():  # argparse has no public list of them
        if action.option_strings:
            flags.setdefault(action.dest, action.option_strings[0])

    def add(match):
        verb, name, value = match.groups()
        flag = flags.get(name, flag_of(name)) + ("" if value == "True" else f" {value}")
        return f"{'A' if verb == 'P' else 'a'}dd {flag}"

    message = re.sub(r"\b([Pp])ass (\w+)=(True|[A-Z]+)\b", add, message)
    return re.sub(r"`(\w+)`", lambda match: flags.get(match[1], match[0]), message)


# Types of flags


def fraction(text) -> float:
    """A number in [0, 1]."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must lie in [0, 1], not {text}")
    return number


def integer_from(lowest) -> Callable[[str], int]:
    """The type of integers that are at least `lowest`."""

    def integer(text):
        number = int(text)
        if number < lowest:
            raise argparse.ArgumentTypeError(f"must be at least {lowest}, not {text}")
        return number

    return integer


positive_integer, natural_number = integer_from(1), integer_from(0)


def quality(text) -> int:
    number = int(text)
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError(f"must lie in 1 to 100, not {text}")
    return number


def gigabytes(text) -> float:
    """A number of at least 1."""
    number = float(text)
    if not 1 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return number


def stroke_size(text) -> float:
    """A number in [0.5, 2]."""
    number = float(text)
    if not 0.5 <= number <= 2:
        raise argparse.ArgumentTypeError(f"must lie in 0.5 to 2, not {text}")
    return number


def seed(text) -> int:
    """An integer in [0, 2**31)."""
    number = int(text)
    if not 0 <= number < 2**31:
        raise argparse.ArgumentTypeError(f"must lie in 0 to {2**31 - 1}, not {text}")
    return number


seed.__name__ = quality.__name__ = "integer"  # argparse says "invalid integer value"
fraction.__name__ = stroke_size.__name__ = gigabytes.__name__ = "number"


def flag_of(name) -> str:
    """The flag of an option."""
    return f"--{name.replace('_', '-')}"


def add_config_flags(parser, config_class, leave_out=(), old_names=MappingProxyType({})) -> None:
    """Adds a flag for each field of a config, with its default and its help.

    Args:
        parser: parser or argument group.
        config_class: dataclass whose fields all have defaults.
        leave_out: names of fields without a flag.
        old_names: mapping of field -> its earlier name, whose flag still works but is hidden.
    """
    hints = typing.get_type_hints(config_class)
    field: Any  # its own type does not say that without a default there is a factory
    for field in fields(config_class):
        if field.name in leave_out:
            continue
        options: dict[str, Any]
        hint, options = hints[field.name], {}
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
        if hint is bool:
            options["action"] = argparse.BooleanOptionalAction
        elif typing.get_origin(hint) is tuple:
            options.update(nargs="*", type=typing.get_args(hint)[0], metavar=field.name.upper())
        else:
            options.update(type=hint, metavar=hint.__name__.upper())
        default = field.default if field.default is not MISSING else field.default_factory()
        shown = " ".join(map(str, default)) or "none" if isinstance(default, tuple) else default
        help_text = f"{field.metadata.get('help', '')} (default: {shown})".replace("%", "%%").strip()
        # Flags that are not given are not in the options: a resumed training then uses its saved settings.
        options["default"] = argparse.SUPPRESS
        parser.add_argument(flag_of(field.name), help=help_text, **options)
        if field.name in old_names:
            old_flag = flag_of(old_names[field.name])
            parser.add_argument(old_flag, dest=field.name, **{**options, "help": argparse.SUPPRESS})


def config_from(config_class, options, saved=None) -> Any:
    """Creates a config from parsed flags.

    Args:
        config_class: a config dataclass.
        options: return value of the parser.
        saved: config with the values of flags that are not given, or None for the defaults.

    Raises:
        UsageError: if a value is invalid.
    """
    given = {field.name: getattr(options, field.name) for field in fields(config_class) if field.name in options}
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    try:
        return replace(saved, **given) if saved else config_class(**given)
    except ValueError as error:
        raise UsageError(str(error)) from error

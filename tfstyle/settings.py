"""Fields of config dataclasses: a default, a help text, and the valid values."""

import dataclasses
import math
import numbers
import types
import typing
from typing import Any

KINDS = {int: ("an integer", numbers.Integral), float: ("a number", numbers.Real), str: ("a string", str)}


@dataclasses.dataclass(frozen=True)
class Bounds:
    """The valid values of an option. For a tuple, the bounds apply to each element.

    Args:
        minimum: smallest value, or None.
        maximum: largest value, or None.
        above: exclusive lower bound, or None.
        below: exclusive upper bound, or None.
        choices: tuple of all values, or empty for any.
        unit: string, unit of the value.
        because: string, reason for the bound.
    """

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[Any, ...] = ()
    unit: str = ""
    because: str = ""

    def __contains__(self, value: Any) -> bool:
        return not (
            (self.choices and value not in self.choices)
            or (self.minimum is not None and value < self.minimum)
            or (self.maximum is not None and value > self.maximum)
            or (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
        )

    def describe(self) -> str:
        """A description of the valid values, to follow the name of the option."""
        if self.choices:
            return f"must be one of {', '.join(map(str, self.choices))}"
        lowest = self.minimum if self.above is None else self.above
        highest = self.maximum if self.below is None else self.below
        if lowest is not None and highest is not None:
            opening, closing = "[" if self.above is None else "(", "]" if self.below is None else ")"
            words = f"must lie in {opening}{lowest}, {highest}{closing}"
        elif self.above is not None:
            words = f"must be greater than {self.above}" if self.above else "must be positive"
        elif self.minimum is not None:
            words = f"must be at least {self.minimum}" if self.minimum else "must not be negative"
        else:
            words = f"must be {'at most' if self.below is None else 'less than'} {highest}"
        return words + (f" {self.unit}" if self.unit else "") + (f": {self.because}" if self.because else "")


def option(default: Any, help_text: str, **bounds: Any) -> Any:
    """A field of a config dataclass.

    Args:
        default: default value.
        help_text: string, help text of the corresponding flag.
        **bounds: arguments of `Bounds`.
    """
    return dataclasses.field(default=default, metadata={"help": help_text, "bounds": Bounds(**bounds)})


def check_options(config: Any) -> None:
    """Checks each field of a config: its type, that a number is finite, and its bounds.

    Args:
        config: instance of a dataclass whose fields are created with `option`.

    Raises:
        ValueError: for the first invalid value.
    """
    hints = typing.get_type_hints(type(config))
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        received = f"Received: {field.name}={value!r}."
        hint, is_optional = _without_none(hints[field.name])
        if value is None and is_optional:
            continue
        values, name = (value,), f"`{field.name}`"
        if typing.get_origin(hint) is tuple:
            if not isinstance(value, tuple):
                raise ValueError(f"`{field.name}` must be a tuple. {received}")
            hint, values, name = typing.get_args(hint)[0], value, f"Each of `{field.name}`"
        bounds: Bounds = field.metadata.get("bounds", Bounds())
        for element in values:
            if hint is not bool and hint not in KINDS:
                continue
            if hint is bool:
                if not isinstance(element, bool):
                    raise ValueError(f"{name} must be True or False. {received}")
                continue
            words, kind = KINDS[hint]
            if not isinstance(element, kind) or isinstance(element, bool):
                raise ValueError(f"{name} must be {words}. {received}")
            if hint is float and not math.isfinite(element):
                raise ValueError(f"{name} must be a finite number. {received}")
            if element not in bounds:
                raise ValueError(f"{name} {bounds.describe()}. {received}")


def _without_none(hint: Any) -> tuple[Any, bool]:
    """`Kind | None` -> `Kind`, True."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    (kind,) = (kind for kind in typing.get_args(hint) if kind is not type(None))
    return kind, True

"""Configs are checked as their fields say."""

import dataclasses
import math

import pytest

from tfstyle.settings import check_options, option


@dataclasses.dataclass(frozen=True)
class Config:
    count: int = option(3, "how many", minimum=1)
    weight: float = option(1.0, "of something", minimum=0)
    rate: float = option(0.1, "of Adam", above=0)
    share: float = option(0.5, "of all", minimum=0, below=1)
    label: float = option(1.0, "of real images", above=0.5, maximum=1, because="the loss has no lower bound")
    kind: str = option("a", "which", choices=("a", "b"))
    kinds: tuple[str, ...] = option((), "which", choices=("a", "b"))
    size: int = option(64, "of a crop", minimum=32, unit="pixels")
    limit: int | None = option(None, "of steps", maximum=9)
    is_new: bool = option(False, "whether")

    def __post_init__(self):
        check_options(self)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": 0}, "`count` must be at least 1. Received: count=0."),
        ({"count": 1.5}, "`count` must be an integer. Received: count=1.5."),
        ({"count": True}, "`count` must be an integer."),
        ({"weight": -5}, "`weight` must not be negative. Received: weight=-5."),
        ({"weight": math.nan}, "`weight` must be a finite number. Received: weight=nan."),
        ({"weight": math.inf}, "`weight` must be a finite number."),
        ({"weight": "much"}, "`weight` must be a number. Received: weight='much'."),
        ({"rate": 0.0}, "`rate` must be positive. Received: rate=0.0."),
        ({"share": 1}, "`share` must lie in [0, 1). Received: share=1."),
        ({"label": 2.0}, "`label` must lie in (0.5, 1]: the loss has no lower bound. Received: label=2.0."),
        ({"kind": "c"}, "`kind` must be one of a, b. Received: kind='c'."),
        ({"kinds": ("a", "c")}, "Each of `kinds` must be one of a, b. Received: kinds=('a', 'c')."),
        ({"kinds": ["a"]}, "`kinds` must be a tuple."),
        ({"size": 16}, "`size` must be at least 32 pixels. Received: size=16."),
        ({"limit": 10}, "`limit` must be at most 9."),
        ({"is_new": "no"}, "`is_new` must be True or False."),
    ],
)
def test_what_makes_no_sense_is_refused(values, message):
    with pytest.raises(ValueError) as caught:
        Config(**values)
    assert str(caught.value).startswith(message)


def test_what_makes_sense_is_taken():
    Config(count=1, weight=0, rate=1e-9, share=0, label=1, kind="b", kinds=("b", "a"), size=32, limit=9, is_new=True)

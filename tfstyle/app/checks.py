"""Checks of what the page sends, with messages for its visitors."""

from typing import Any

from tfstyle.errors import TfstyleError


class StudioError(TfstyleError, ValueError):
    """Raised for a request that cannot be met. The message is one line, written for the user."""


def number(what: str, value: Any, low: float, high: float) -> float:
    """Checks a number that came from the page.

    Raises:
        StudioError: if it is none, or outside of `[low, high]`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise StudioError(f"{what} must be a number from {low:g} to {high:g}. Received: {str(value)[:40]}.")
    return float(value)


def whole(what: str, value: Any, low: int, high: int) -> int:
    """Checks a whole number that came from the page.

    Raises:
        StudioError: if it is none, or outside of `[low, high]`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1 or not low <= value <= high:
        raise StudioError(f"{what} must be a whole number from {low} to {high}. Received: {str(value)[:40]}.")
    return int(value)

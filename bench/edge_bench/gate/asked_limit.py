"""Limits that a user sets, written NAME=VALUE."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from edge_runtime.errors import UsageError


def read_limits(
    asked: Sequence[str], names: Sequence[str], is_sound: Callable[[str, float], bool], complaint: str
) -> dict[str, float]:
    """Return the limits by name; the last one of a name counts.

    Args:
        asked: NAME=VALUE.
        names: those that there are.
        is_sound: whether a limit of a name may have a value, NaN where it is no number.
        complaint: what is said of a text that is no limit, behind the text itself.

    Raises:
        UsageError: a text is no such limit.
    """
    found = {}
    for text in asked:
        name, _, written = text.partition("=")
        try:
            value = float(written)
        except ValueError:
            value = math.nan
        if name not in names or not is_sound(name, value):
            raise UsageError(f"{text!r} {complaint}")
        found[name] = value
    return found

"""How often a text says the same again, at a stretch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

LONGEST_PHRASE: Final = 10
"""Words, or characters, of the longest phrase that is looked for."""


def max_repeats(units: Sequence[str]) -> int:
    """Return how often the most repeated phrase of a text follows itself without a break: 1 where none does.

    Args:
        units: words or characters; a text without any has 0.
    """
    if not units:
        return 0
    return max(_repeats(units, length) for length in range(1, min(LONGEST_PHRASE, len(units)) + 1))


def _repeats(units: Sequence[str], length: int) -> int:
    """Return the most repeats of a phrase of one length."""
    is_same = (units[index] == units[index - length] for index in range(length, len(units)))
    max_run = max((sum(1 for _ in run) for same, run in groupby(is_same) if same), default=0)
    return max_run // length + 1

"""How many columns of a terminal a text takes."""

from __future__ import annotations

import unicodedata
from typing import Final

_NO_WIDTH: Final = frozenset({"Mn", "Me", "Cf"})
"""Marks on another character, and invisible ones."""


def width_of(text: str) -> int:
    """Return the columns of a text without control characters: two for one of CJK, none for a mark."""
    return sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1

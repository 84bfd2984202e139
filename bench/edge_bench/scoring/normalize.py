"""Which differences between texts count as errors."""

from __future__ import annotations

import unicodedata
from typing import Final

NORMALIZER: Final = "basic"
"""NFKC, lower case, punctuation and symbols removed, white space collapsed."""

_DROPPED: Final = ("P", "S", "C")
_APOSTROPHE: Final = "'"


def normalize(text: str) -> str:
    """Return the words of a text, one space between them."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("’", _APOSTROPHE)
    return " ".join("".join(_letter_or_space(character) for character in folded).split())


def _letter_or_space(character: str) -> str:
    if character == _APOSTROPHE or character.isspace():
        return character
    return " " if unicodedata.category(character).startswith(_DROPPED) else character

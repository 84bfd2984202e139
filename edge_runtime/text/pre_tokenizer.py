"""Qwen2's split of text into the pieces that BPE merges within, and its NFC.

The `tokenizers` library, which the model was trained with, knows other characters than Python does: it splits
by the categories of Unicode 16 and normalizes by Unicode 9. `edge_runtime/data/character_classes.txt.gz` has
its categories, so that every Python splits alike.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final

PATTERN: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
"""The expression that `split` follows, as a Qwen2 `tokenizer.json` states it."""

_SHAPES: Final = re.compile(r"[OSW]?L+|N|W?O+B*|[SWB]*B|[SWB]+(?![^SWB])|[SWB]+")
"""`PATTERN` without its first alternative, over one class letter for each character (`_Classes`)."""
_SUFFIX: Final = re.compile("'(?:[sſ]|t|re|ve|m|ll|d)", re.IGNORECASE)
"""The first alternative of `PATTERN`, the only one that names letters; U+017F is an s to the library too."""


def normalize(text: str) -> str:
    """Return the text in NFC, as Unicode 9 defines it.

    Later marks and vowel signs are characters without properties to Unicode 9: nothing composes with them or
    is reordered around them.
    """
    return "".join(unicodedata.normalize("NFC", part) for part in _opaque().split(text))


def split(text: str) -> Iterator[str]:
    """Yield the pieces of a normalized text, in order and without a gap."""
    for shape in _SHAPES.finditer(text.translate(_classes())):
        start, end = shape.span()
        if text[start] == "'" and (suffix := _SUFFIX.match(text, start)):
            yield suffix[0]
            start = suffix.end()
        if start < end:
            yield text[start:end]


class _Classes(dict[int, str]):
    """Code point → class letter: letter, number, other white space, word space, line break, or other.

    `str.translate` fills it as characters come.
    """

    def __init__(self, ranges: list[tuple[int, int, str]]) -> None:
        super().__init__({ord(" "): "W", ord("\r"): "B", ord("\n"): "B"})
        self._ranges: Final = sorted(ranges)

    def __missing__(self, code: int) -> str:
        # The range that begins at or before the code; "~" is above every letter.
        index = bisect_right(self._ranges, (code, 0x110000, "~")) - 1
        _, last, letter = self._ranges[index]
        self[code] = letter if index >= 0 and code <= last else "O"
        return self[code]


@cache
def _classes() -> _Classes:
    return _Classes([(first, last, kind) for kind, first, last in _table() if kind != "U"])


@cache
def _opaque() -> re.Pattern[str]:
    """Return an expression for the characters that Python normalizes and Unicode 9 does not know."""
    ranges = (f"{chr(first)}-{chr(last)}" for kind, first, last in _table() if kind == "U")
    return re.compile(f"([{''.join(ranges)}])")


def _table() -> Iterator[tuple[str, int, int]]:
    """Yield class, first and last code point of each range. Source: see `edge_runtime/data/README.md`."""
    packed = resources.files("edge_runtime").joinpath("data", "character_classes.txt.gz").read_bytes()
    for line in gzip.decompress(packed).decode("ascii").splitlines():
        kind, first, last = line.split()
        yield kind, int(first, 16), int(last, 16)

"""Collapse text that repeats beyond reason.

Source: `detect_and_fix_repetitions` of `qwen_asr` 0.0.6, whose results it equals on every string
(`tests/runtime/text/test_repetition.py`). It cleans finished text; it does not stop a decoder that loops.
"""

from __future__ import annotations

import re
from typing import Final

_THRESHOLD: Final = 20
"""Repeats that stay: of a character, up to and including this number; of a pattern, below this number."""

_MAX_PATTERN: Final = 20
_MIN_CHARS: Final = 2 * _THRESHOLD
"""Pass 2 leaves shorter remainders alone."""

_CHARACTER_RUN: Final = re.compile(rf"(.)\1{{{_THRESHOLD},}}", re.DOTALL)


def collapse_repetitions(text: str) -> str:
    """Shorten runs of more than 20 equal characters to one, then 20 or more equal patterns to one."""
    return _collapse_patterns(_CHARACTER_RUN.sub(r"\1", text))


def _collapse_patterns(text: str) -> str:
    parts: list[str] = []
    position = 0
    while len(text) - position >= _MIN_CHARS:
        length = _repeated_length(text, position)
        pattern = text[position : position + (length or 1)]
        parts.append(pattern)
        position += len(pattern)
        while length and text.startswith(pattern, position):
            position += length
    return "".join(parts) + text[position:]


def _repeated_length(text: str, position: int) -> int:
    """Return the length of the shortest pattern that repeats from `position` on, 0 if none does."""
    for length in range(1, _MAX_PATTERN + 1):
        pattern = text[position : position + length]
        if text.startswith(pattern * _THRESHOLD, position):
            return length
    return 0

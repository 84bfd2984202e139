"""How long a text takes to say: its syllables, counted without a dictionary."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_VOWELS: Final = re.compile("[aeiouyæœøəаеёиоуыэюяіїєαεηιουω]+")
"""A group of vowels is about one syllable in Latin, Cyrillic and Greek; marks are taken off first."""

_SYLLABIC: Final = re.compile(
    r"\d|[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""One syllable each: a digit, a Chinese character, kana, a Korean syllable."""


def num_syllables(text: str) -> int:
    """Return the syllables of a text, 0 for punctuation.

    It counts too few in scripts that write no vowels, or write them as marks: no text is taken for longer
    than it is.
    """
    composed = unicodedata.normalize("NFC", text)
    bare = "".join(
        char for char in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(char)
    )
    return len(_SYLLABIC.findall(composed)) + len(_VOWELS.findall(bare))


def is_unspoken(text: str) -> bool:
    """Tell whether a text is white space, punctuation and symbols alone.

    U+FFFD, which stands for a part of a character, counts as spoken.
    """
    return all(char != "\ufffd" and unicodedata.category(char)[0] in "CPSZ" for char in text)

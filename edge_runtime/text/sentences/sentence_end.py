"""Where a sentence ends: by its mark, by what follows, and by the pause between.

`docs/adr/0016-captions.md` compares this with splitters of texts, which know no pauses.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.text.punctuation import CLOSERS, final_mark, is_sentence_mark
from edge_runtime.text.sentences import abbreviations

_PAUSE_S: Final[Seconds] = 0.2
"""What may or may not end a sentence ends it before a pause this long."""

_LONG_PAUSE_S: Final[Seconds] = 1.0
"""Before a pause this long a mark ends a sentence in lower case too, and an initial or an ordinal may end
one."""

_TURN: Final = re.compile(r"(>>|[•‣▪◦♪♫])")
"""Opens a speaker's turn, an item or a line of song, whatever stood before it."""

_DASH: Final = re.compile(r"[-‐‑–—―]")
"""Opens a speaker's turn behind the end of a sentence; elsewhere it joins or interrupts."""

_NOTES: Final = frozenset("♪♫")
"""End a line of song."""

_DOTTED: Final = re.compile(r"\w(\.\w)+")


def opens_turn(text: str, before: str) -> bool:
    """Tell whether a word begins with a mark that opens a turn, an item or a line of song.

    Args:
        text: of the word, the marks before it included.
        before: the word before it, "" at the beginning.
    """
    if _TURN.match(text):
        return True
    return bool(_DASH.match(text)) and (not before or is_sentence_mark(final_mark(before)))


def ends_sentence_before(left: str, right: str, pause_s: Seconds, language: str | None = None) -> bool:
    """Tell whether a sentence ends between two words.

    Args:
        left: the first word with the marks around it.
        right: the second.
        pause_s: seconds between them; 0 where they are not known.
        language: name of their language, None where unknown.
    """
    if opens_turn(right, left):
        return True
    mark = final_mark(left)
    if mark in _NOTES:
        return True
    if not is_sentence_mark(mark):
        return False
    first = _first_letter(right)
    if first.islower():
        return pause_s >= _LONG_PAUSE_S
    if mark != ".":
        # Closed speech before a script without cases: what follows may say who spoke.
        return (
            pause_s >= _PAUSE_S
            or left.rstrip()[-1] not in CLOSERS
            or first.upper() != first.lower()
            or not first
        )
    return _full_stop_ends(left, first, pause_s, language)


def is_before_name(word: str, language: str | None) -> bool:
    """Tell whether a word is an abbreviation or an initial that belongs to what follows: "Dr.", "J."."""
    bare = _bare(word)
    is_initial = len(bare) == 1 and bare.isalpha()
    return final_mark(word) == "." and (is_initial or abbreviations.needs_name(bare, language))


def _full_stop_ends(left: str, first: str, pause_s: Seconds, language: str | None) -> bool:
    word = _bare(left)
    if abbreviations.needs_name(word, language):
        return False
    if abbreviations.needs_number(word, language) and first.isdigit():
        return False
    if word.isdecimal() and language in abbreviations.ORDINAL_LANGUAGES:
        return pause_s >= _LONG_PAUSE_S
    if len(word) == 1 and word.isalpha():
        # Also a letter of "z. B." and "p. m.".
        return pause_s >= _LONG_PAUSE_S
    if abbreviations.may_end(word, language) or _DOTTED.fullmatch(word):
        return pause_s >= _PAUSE_S
    return True


def _first_letter(text: str) -> str:
    """Return the first letter or digit, "" where there is none."""
    return next((char for char in text if unicodedata.category(char)[0] in "LN"), "")


def _bare(text: str) -> str:
    """Return a word in lower case, without its last full stop and the marks around it."""
    word = text.rstrip().rstrip(CLOSERS).removesuffix(".").lower()
    word = re.split(r"[\s'’-]", word)[-1]
    return word.lstrip("\"'“”„«‹(¿¡[{‘")

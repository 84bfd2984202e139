"""Whole words of a growing text: at white space, and every character of scripts without spaces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from edge_runtime.results.document import has_space
from edge_runtime.text.punctuation import CLAUSE_MARKS, SENTENCE_MARKS

UNFINISHED: Final = "\ufffd"
"""What stands for the bytes of a character whose last token is still to come."""
_WORD: Final = re.compile(r"\s*\S+")
_MARKS_THEN_SPACE: Final = re.compile(f"[{re.escape(''.join(sorted(SENTENCE_MARKS | CLAUSE_MARKS)))}]+\\s")


def is_word_end(text: str, at: int) -> bool:
    """Tell whether a text may be cut at a character without cutting a word.

    What comes behind the end of the text may go on its last word, unless that is a Chinese or Japanese
    character. Marks such as a comma end a word if white space is behind them: "3" of "3.5" goes on.

    Args:
        text: as far as it is known.
        at: characters before the cut.
    """
    left, right = text[:at], text[at:]
    if not left or left[-1] == UNFINISHED:
        return not left
    if not has_space(left, right or "a"):
        return True
    return right[:1].isspace() or left[-1].isspace() or bool(_MARKS_THEN_SPACE.match(right))


def split_whole(text: str) -> list[str]:
    """Split a text into words and characters, each with the white space before it; joined, they are the text.

    White space behind the last word belongs to it.
    """
    words: list[str] = []
    for match in _WORD.finditer(text):
        word = match[0]
        cuts = [at for at in range(1, len(word)) if _begins_word(word, at)]
        words += [word[start:end] for start, end in zip([0, *cuts], [*cuts, len(word)], strict=True)]
    behind = text[len("".join(words)) :]
    return [*words[:-1], words[-1] + behind] if words else []


def _begins_word(word: str, at: int) -> bool:
    """Tell whether a character begins a word of its own behind others without white space between."""
    return word[at].isalnum() and not word[at - 1].isspace() and not has_space(word[:at], word[at:])


def num_words(text: str) -> int:
    """Return how many words and characters a text has, marks apart."""
    return sum(bool(_key(word)) for word in split_whole(text))


def continuation(stable: str, text: str) -> tuple[str, int]:
    """Return what of a text goes on from a stable text, and how many stable words the text contradicts.

    The stable words are aligned to the beginning of the text that needs the fewest edits (Levenshtein); of
    equal ones, to that of the most similar length. Case and marks make no edit.

    Args:
        stable: text that stays.
        text: the same speech, decoded later.
    """
    if text.startswith(stable):
        return text[len(stable) :], 0
    ours, theirs = split_whole(stable), split_whole(text)
    edits = _edits(list(map(_key, ours)), list(map(_key, theirs)))
    end = min(range(len(edits)), key=lambda at: (edits[at], abs(at - len(ours))))
    rest = "".join(theirs[end:])
    is_joined = not rest or rest[0].isspace() or not has_space(stable, rest)
    return rest if is_joined else f" {rest}", edits[end]


def _key(word: str) -> str:
    return "".join(filter(str.isalnum, word)).casefold()


def _edits(ours: Sequence[str], theirs: Sequence[str]) -> list[int]:
    """Return the edits from all of ours to each beginning of theirs, from the empty one on."""
    row = list(range(len(theirs) + 1))
    for number, word in enumerate(ours, 1):
        before, row = row, [number]
        for at, other in enumerate(theirs, 1):
            row.append(min(before[at - 1] + (word != other), before[at] + 1, row[at - 1] + 1))
    return row

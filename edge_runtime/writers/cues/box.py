"""Boxes: words that no break may divide, as Korean stems and endings, or the characters of a word.

The name is that of typesetters (Knuth and Plass, 1981): a text is a row of boxes with places to break between
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from edge_runtime.arrays import Seconds
from edge_runtime.results.document import has_space, join_words, split_words
from edge_runtime.results.words import Word
from edge_runtime.text.punctuation import ends_clause
from edge_runtime.text.sentences.function_words import clings, leads
from edge_runtime.text.sentences.sentence_end import ends_sentence_before, is_before_name, opens_turn
from edge_runtime.writers.cues.limits import columns_of

_BREATH_S: Seconds = 0.3

_AT_CLAUSE = 2.0
_AT_BREATH = 3.0
_BEFORE_LEADING = 5.0
_PLAIN = 8.0
_INSIDE_PHRASE = 14.0


@dataclass(frozen=True, slots=True)
class Box:
    """Words without a place to break between them, and what a break before them costs.

    Attributes:
        words: one or more.
        text: of the words, as a reader sees it.
        columns: that it takes; see `columns_of`.
        space: whether a space follows it in its line.
        begins_sentence: whether a sentence begins with it.
        begins_clause: whether a clause within a sentence does.
        begins_turn: whether it begins with a mark of a speaker's turn, an item or a song: it begins a cue.
        break_cost: what a break before it costs: nothing where a sentence begins, most inside a phrase.
        pause: seconds of silence before it.
    """

    words: tuple[Word, ...]
    text: str
    columns: int
    space: bool
    begins_sentence: bool
    begins_clause: bool
    begins_turn: bool
    break_cost: float
    pause: Seconds

    @property
    def start(self) -> Seconds:
        """When its first word begins."""
        return self.words[0].start

    @property
    def end(self) -> Seconds:
        """When its last word ends."""
        return self.words[-1].end


def boxes_of(
    words: Sequence[Word],
    language: str | None,
    sentence_starts: frozenset[int],
    read: Callable[[str], str] = str,
) -> list[Box]:
    """Join words to boxes.

    Args:
        words: in order, each with text.
        language: name of their language, None where unknown.
        sentence_starts: indices of words that begin a sentence whatever their texts say.
        read: gives what a reader sees of a text, where that holds markup.
    """
    groups = list(split_words(words, may_break))
    boxes: list[Box] = []
    index = 0
    for left, group in zip([(), *groups], groups, strict=False):
        before = read(left[-1].text) if left else ""
        pause = group[0].start - left[-1].end if left else 0.0
        begins = index in sentence_starts or not left
        boxes.append(_box(group, read(join_words(group)), before, pause, language, begins=begins))
        index += len(group)
    return boxes


def may_break(left: Word, right: Word) -> bool:
    """Tell whether a line or a cue may end between two words: where a space is, or where none is needed."""
    return left.space_after or not has_space(left.text, right.text)


def _box(
    group: tuple[Word, ...], text: str, before: str, pause: Seconds, language: str | None, *, begins: bool
) -> Box:
    begins = begins or ends_sentence_before(before, text, pause, language)
    return Box(
        words=group,
        text=text,
        columns=columns_of(text),
        space=group[-1].space_after,
        begins_sentence=begins,
        begins_clause=not begins and ends_clause(before),
        begins_turn=opens_turn(text, before),
        break_cost=0.0 if begins else _break_cost(before, text, pause, language),
        pause=pause,
    )


def _break_cost(before: str, text: str, pause: Seconds, language: str | None) -> float:
    if clings(text) or leads(before, language) or is_before_name(before, language):
        return _INSIDE_PHRASE
    if ends_clause(before):
        return _AT_CLAUSE
    if pause >= _BREATH_S:
        return _AT_BREATH
    return _BEFORE_LEADING if leads(text, language) else _PLAIN


def width_of(boxes: Sequence[Box]) -> int:
    """Return the columns of boxes in one line."""
    spaces = sum(left.space for left, _ in pairwise(boxes))
    return sum(box.columns for box in boxes) + spaces


def length_of(boxes: Sequence[Box]) -> int:
    """Return the characters of boxes in one line, spaces included."""
    spaces = sum(left.space for left, _ in pairwise(boxes))
    return sum(len(box.text) for box in boxes) + spaces

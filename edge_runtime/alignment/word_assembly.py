"""Make words of aligned units: text as written, times in seconds, flags for doubtful times."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from edge_runtime.alignment.times import UnitTime
from edge_runtime.results.words import Flag, Word
from edge_runtime.text.markup.pieces import before_openers, blanked
from edge_runtime.text.units import Unit
from edge_runtime.vad.energy import Span

_OPENING: Final = frozenset(("Ps", "Pi"))
_OPENING_MARKS: Final = frozenset("¿¡")
_TURN: Final = re.compile(r"[.?!…。！？♪♫][\"'”’»)\]]*\s+([-‐–—―♪♫]+\s+)$|\s((?:>>|[•‣▪◦])\s+)$")
"""A mark of a speaker's turn, an item or a song at the end of the text between two units: the second's word
has it. A dash has that meaning behind the end of a sentence only."""
_LABEL: Final = re.compile(r"(?:^|\s)((?:>{2,}\s*|[-–—]\s*)?[^\W\d_][^:：]*[:：]\s+)$")
"""The name of a speaker, in a text between two units."""
_PLATEAU_UNITS: Final = 3
"""At least this many consecutive units with the same start are a plateau; two short words may share an 80 ms
step."""


def assemble_words(
    text: str, units: Sequence[Unit], times: Sequence[UnitTime], *, speech: Sequence[Span] | None = None
) -> tuple[Word, ...]:
    """Make words of units: punctuation as written, seconds, flags.

    Joining the words, with a space after those that have `space_after`, gives `text` without the white space
    at its ends. White space other than a single space stays at the end of a word; a caller that does not want
    it collapses it first.

    Args:
        text: what `units` was split from.
        units: in order.
        times: one per unit, in order, repaired.
        speech: where somebody speaks, from the same start as `times`; None flags no word as outside it.
    """
    flags = _flags(times, speech)
    words: list[Word] = []
    for (piece, space), unit, time, word_flags in zip(_pieces(text, units), units, times, flags, strict=True):
        start, end = round(time.start_ms / 1000, 3), round(time.end_ms / 1000, 3)
        word = Word(piece, start, end, time.confidence, word_flags, space)
        words.append(_merge(words.pop(), word) if words and unit.start == unit.end else word)
    return tuple(words)


def _pieces(text: str, units: Sequence[Unit]) -> Iterator[tuple[str, bool]]:
    """Cut the text between the units; yield each piece and whether a space follows it."""
    start = len(text) - len(text.lstrip())
    for index, unit in enumerate(units):
        if index + 1 < len(units):
            end = unit.end + _cut(text[unit.end : units[index + 1].start])
            space = text[start:end].endswith(" ")
            yield text[start : end - space], space
            start = end
        else:
            yield text[start:].rstrip(), False


def _cut(gap: str) -> int:
    """Return the offset in the text between two units at which the second unit's word begins.

    That is after the last white space, or further left if an opening quotation mark or bracket stands before
    it, as in "dit « oui »", a mark of a speaker's turn, or the name of a speaker (`ANN: `); without white
    space, it is before the opening characters. A tag that opens something belongs to the second word.
    """
    return before_openers(gap, _cut_of_text(blanked(gap)))


def _cut_of_text(gap: str) -> int:
    cut = max((at + 1 for at, char in enumerate(gap) if char.isspace()), default=0)
    if not cut:
        return _before_opening(gap)
    if label := _LABEL.search(gap):
        return label.start(1)
    if turn := _TURN.search(gap):
        return turn.start(turn.lastindex or 0)
    while (opening := _before_opening(before := gap[:cut].rstrip())) < len(before):
        cut = opening
    return cut


def _before_opening(text: str) -> int:
    """Return the length of the text without the opening characters at its end."""
    end = len(text)
    while end and (unicodedata.category(text[end - 1]) in _OPENING or text[end - 1] in _OPENING_MARKS):
        end -= 1
    return end


def _merge(first: Word, second: Word) -> Word:
    """Join two units that share one written character."""
    confidences = [word.confidence for word in (first, second) if word.confidence is not None]
    flags = tuple(dict.fromkeys((*first.flags, *second.flags)))
    if first.start < second.end:
        flags = tuple(flag for flag in flags if flag != "zero_length")
    confidence = min(confidences, default=None)
    return Word(first.text + second.text, first.start, second.end, confidence, flags, second.space_after)


def _flags(times: Sequence[UnitTime], speech: Sequence[Span] | None) -> list[tuple[Flag, ...]]:
    on_plateau = _plateaus(times)
    all_flags: list[tuple[Flag, ...]] = []
    for time, plateau in zip(times, on_plateau, strict=True):
        conditions: dict[Flag, bool] = {
            "zero_length": time.start_ms == time.end_ms,
            "plateau": plateau,
            "outside_speech": speech is not None and _is_outside(time, speech),
            "repaired": time.repaired,
        }
        all_flags.append(tuple(flag for flag, holds in conditions.items() if holds))
    return all_flags


def _plateaus(times: Sequence[UnitTime]) -> list[bool]:
    marks: list[bool] = []
    while len(marks) < len(times):
        start = times[len(marks)].start_ms
        end = len(marks)
        while end < len(times) and times[end].start_ms == start:
            end += 1
        count = end - len(marks)
        marks += [count >= _PLATEAU_UNITS] * count
    return marks


def _is_outside(time: UnitTime, speech: Sequence[Span]) -> bool:
    """Tell whether more than half of the unit, or a unit without duration, lies outside speech."""
    start, end = time.start_ms / 1000, time.end_ms / 1000
    if start == end:
        return not any(span.start <= start <= span.end for span in speech)
    overlap_s = sum(max(0.0, min(end, span.end) - max(start, span.start)) for span in speech)
    return overlap_s < (end - start) / 2

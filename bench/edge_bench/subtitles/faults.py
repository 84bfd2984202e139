"""Faults of subtitles as guidelines name them.

Sources: Netflix, "Timed Text Style Guide: General Requirements" (5/6 s, 7 s, two frames, 42 x 2) and its
    guides for English (17 characters a second for adults' programmes in most languages) and Chinese (9); BBC,
    "Subtitle Guidelines" (breaks at sentences and clauses).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Final

from edge_bench.subtitles.subtitle_file import SubtitleCue, is_wide
from edge_runtime.arrays import Seconds

TWO_FRAMES_S: Final = 2 / 24
_SENTENCE_MARKS: Final = frozenset(".?!…。｡．？！؟۔।॥‼⁇⁈⁉♪")
_CLOSERS: Final = "\"'”’»›)]}」』）】》〉〕"
_OPENERS: Final = ("-", "–", "—", ">>", "♪", "♫", "•", "[", "(")
_NEW_THOUGHT_S: Final = 3.0
"""After a pause longer than this nobody reads on in the same sentence."""
_ORPHAN_WIDE: Final = 2
_ROUNDING_S: Final = 0.0105
"""Times of ASS are hundredths of a second: no limit is missed by less than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeLimits:
    """What is a fault.

    Attributes:
        shortest: seconds that a cue must be shown where there is room behind it.
        longest: seconds that it may be shown.
        max_cps: characters a second; `max_cps_wide` of a text of mostly wide characters.
        gap: least seconds between two cues.
        unbalanced: a line is as many times as long as the other.
    """

    shortest: Seconds = 5 / 6
    longest: Seconds = 7.0
    max_cps: float = 17.0
    max_cps_wide: float = 9.0
    gap: Seconds = TWO_FRAMES_S
    unbalanced: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How many cues, or places between two, have each fault.

    Attributes:
        cues: cues in all.
        short: shown for less than the minimum.
        short_with_room: of those, with room behind that was not used.
        over_7s: shown for longer than the maximum.
        over_cps: to be read faster than the limit.
        cps_with_room: of those, with room behind that was not used.
        begins_inside: beginning inside a sentence: the cue before ends in none of the marks of a sentence.
        two_lines: cues of two lines and more.
        unbalanced: with a line at least twice as long as another.
        orphans: whose last line is one word, or one or two wide characters.
        small_gaps: behind which the next comes sooner than two frames.
        overlaps: still shown when the next begins.
        inside_words: line or cue breaks inside a word of the reference text; 0 without one.
    """

    cues: int = 0
    short: int = 0
    short_with_room: int = 0
    over_7s: int = 0
    over_cps: int = 0
    cps_with_room: int = 0
    begins_inside: int = 0
    two_lines: int = 0
    unbalanced: int = 0
    orphans: int = 0
    small_gaps: int = 0
    overlaps: int = 0
    inside_words: int = 0

    def metrics(self) -> dict[str, float]:
        """Return the figures by name."""
        return {field.name: float(getattr(self, field.name)) for field in fields(self)}


def find_faults(
    cues: Sequence[SubtitleCue], limits: JudgeLimits | None = None, reference: str | None = None
) -> Faults:
    """Count the faults of a file.

    Args:
        cues: in order.
        limits: what counts.
        reference: the text as written; where it has no space, no break may be, except between wide
            characters.
    """
    limits = limits or JudgeLimits()
    room = [right.start - left.end > limits.gap + _ROUNDING_S for left, right in pairwise(cues)] + [
        True
    ] * bool(cues)
    seconds = [cue.end - cue.start for cue in cues]
    short = [one < limits.shortest - _ROUNDING_S for one in seconds]
    fast = [_is_fast(cue, limits) for cue in cues]
    gaps = [right.start - left.end for left, right in pairwise(cues)]
    return Faults(
        cues=len(cues),
        short=sum(short),
        short_with_room=sum(one and free for one, free in zip(short, room, strict=True)),
        over_7s=sum(one > limits.longest + _ROUNDING_S for one in seconds),
        over_cps=sum(fast),
        cps_with_room=sum(one and free for one, free in zip(fast, room, strict=True)),
        begins_inside=sum(_is_inside(left, right) for left, right in pairwise(cues)),
        two_lines=sum(len(cue.lines) > 1 for cue in cues),
        unbalanced=sum(_is_unbalanced(cue, limits.unbalanced) for cue in cues),
        orphans=sum(_is_orphan(cue) for cue in cues),
        small_gaps=sum(-_ROUNDING_S < gap < limits.gap - _ROUNDING_S for gap in gaps),
        overlaps=sum(gap < -_ROUNDING_S for gap in gaps),
        inside_words=sum(1 for _ in _breaks_inside_words(cues, reference)) if reference else 0,
    )


def total(every: Iterable[Faults]) -> Faults:
    """Return the sums of several files' figures."""
    all_faults = list(every)
    names = [field.name for field in fields(Faults)]
    return Faults(**{name: sum(getattr(one, name) for one in all_faults) for name in names})


def _is_fast(cue: SubtitleCue, limits: JudgeLimits) -> bool:
    limit = limits.max_cps_wide if cue.is_wide else limits.max_cps
    return len(cue.text) / limit > cue.end - cue.start + _ROUNDING_S


def _is_inside(left: SubtitleCue, right: SubtitleCue) -> bool:
    mark = left.text.rstrip(_CLOSERS)[-1:] or left.text[-1]
    begins_anew = right.text.startswith(_OPENERS) or right.start - left.end > _NEW_THOUGHT_S
    return mark not in _SENTENCE_MARKS and not begins_anew


def _is_unbalanced(cue: SubtitleCue, ratio: float) -> bool:
    widths = [len(line) for line in cue.lines]
    return len(widths) > 1 and max(widths) >= ratio * min(widths)


def _is_orphan(cue: SubtitleCue) -> bool:
    last = cue.lines[-1]
    if len(cue.lines) == 1:
        return False
    return sum(map(str.isalnum, last)) <= _ORPHAN_WIDE if is_wide(last[0]) else " " not in last


def _breaks_inside_words(cues: Sequence[SubtitleCue], reference: str) -> Iterator[str]:
    """Yield the beginnings of lines that the reference does not begin a word with."""
    starts = {0}
    letters = 0
    previous = " "
    for char in reference:
        if not char.isspace():
            if previous.isspace() or is_wide(previous) != is_wide(char) or _stands_alone(char):
                starts.add(letters)
            letters += 1
        previous = char
    at = 0
    for line in (line for cue in cues for line in cue.lines):
        if at not in starts:
            yield line
        at += sum(not char.isspace() for char in line)


def _stands_alone(char: str) -> bool:
    """Tell whether a break may stand before a character within its word: Chinese and Japanese, not Korean."""
    return is_wide(char) and not "\uac00" <= char <= "\ud7a3"

"""Lay out words as cues.

The limits are those of openai-whisper. Where word times are known, three rules go beyond it:

* A full cue ends at the last punctuation in its second half, and leaves no single word over.
* A pause of more than 3 s always starts a new cue; whisper does so only where text flows over segments, and
  measures from start to start.
* A cue too short to be read joins its neighbour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby, pairwise
from typing import Final

from edge_runtime.results.document import Document, TimedSegment, has_space, is_long_pause, split_words
from edge_runtime.results.words import Word
from edge_runtime.text.punctuation import ends_clause, ends_sentence
from edge_runtime.writers.clock import disjoint
from edge_runtime.writers.cue import Cue
from edge_runtime.writers.kept_cues import kept_cues
from edge_runtime.writers.options import Limits, Line, WriterOptions
from edge_runtime.writers.plain import one_line, within_line

SHORT_CUE_S: Final = 0.5
SMALL_PAUSE_S: Final = 0.5
MERGED_CUE_S: Final = 7.0
"""A cue shorter than `SHORT_CUE_S`, or of one word, joins a neighbour at most `SMALL_PAUSE_S` away if both
together last at most `MERGED_CUE_S`, the usual maximum for subtitles."""


def lay_out(document: Document, options: WriterOptions) -> tuple[Cue, ...]:
    """Split a document into cues: in order, disjoint, every visible word in exactly one of them.

    A segment without word times becomes one cue of one line.
    """
    if options.keep_segments:
        return kept_cues(document)
    limits = Limits.of(options)
    blocks: list[tuple[Line, bool]] = []
    for timed, run in groupby(document.segments, key=lambda segment: bool(segment.words)):
        segments = tuple(run)
        run_blocks = _merged(_timed_blocks(segments, limits), limits) if timed else _untimed_blocks(segments)
        blocks += [(block, timed) for block in run_blocks]
    times = disjoint([(block[0].start, block[-1].end) for block, _ in blocks])
    return tuple(
        Cue(start_ms, end_ms, tuple(limits.wrap(block)), timed)
        for (start_ms, end_ms), (block, timed) in zip(times, blocks, strict=True)
    )


def _untimed_blocks(segments: Sequence[TimedSegment]) -> Iterator[Line]:
    for segment in segments:
        if text := one_line(segment.text):
            yield (Word(text, segment.start, segment.end),)


def _timed_blocks(segments: Sequence[TimedSegment], limits: Limits) -> Iterator[Line]:
    rows = _spaced([row for segment in segments if (row := _visible(segment.words))])
    for row in [list(chain(*rows))] if limits.flows else rows:
        for stretch in split_words(row, is_long_pause):
            yield from _cut(stretch, limits)


def _visible(words: Sequence[Word]) -> list[Word]:
    return [replace(word, text=text) for word in words if (text := within_line(word.text))]


def _spaced(rows: list[list[Word]]) -> list[list[Word]]:
    """Set `space_after` of each row's last word: a word of the next row may follow it in its line."""
    for row, following in pairwise(rows):
        row[-1] = replace(row[-1], space_after=has_space(row[-1].text, following[0].text))
    return rows


def _cut(words: Line, limits: Limits) -> Iterator[Line]:
    start = 0
    while start < len(words):
        capacity = limits.capacity(words[index] for index in range(start, len(words)))
        end = start + _best_size(words[start : start + capacity + 2], capacity)
        yield words[start:end]
        start = end


def _best_size(words: Line, capacity: int) -> int:
    """Return how many words a cue gets: up to the end of a sentence, else of a clause, else its capacity.

    If only one word more is left than the cue can hold, the words are halved between two cues.

    Args:
        words: those that the cue can hold and up to two more.
        capacity: how many words the cue can hold.
    """
    if capacity == len(words):
        return capacity
    for is_end in (ends_sentence, ends_clause):
        for size in range(capacity, capacity // 2, -1):
            if is_end(words[size - 1].text):
                return size
    return (capacity + 2) // 2 if capacity + 1 == len(words) and capacity > 1 else capacity


def _merged(blocks: Iterator[Line], limits: Limits) -> list[Line]:
    merged: list[Line] = []
    for block in blocks:
        if merged and _belong_together(merged[-1], block, limits):
            merged[-1] += block
        else:
            merged.append(block)
    return merged


def _belong_together(left: Line, right: Line, limits: Limits) -> bool:
    merged = left + right
    return (
        (_is_short(left) or _is_short(right))
        and right[0].start - left[-1].end <= SMALL_PAUSE_S
        and merged[-1].end - merged[0].start <= MERGED_CUE_S
        and limits.capacity(merged) == len(merged)
    )


def _is_short(block: Line) -> bool:
    return len(block) == 1 or block[-1].end - block[0].start < SHORT_CUE_S

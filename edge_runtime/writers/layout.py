"""Lay out a document as cues, as a subtitler would, or as openai-whisper does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise
from typing import Final

from edge_runtime.results.document import Document, TimedSegment, has_space
from edge_runtime.results.words import Word
from edge_runtime.writers.clock import disjoint
from edge_runtime.writers.cue import Cue
from edge_runtime.writers.cues.box import Box, boxes_of
from edge_runtime.writers.cues.estimated import estimated_words
from edge_runtime.writers.cues.limits import CueLimits
from edge_runtime.writers.cues.lines import break_lines
from edge_runtime.writers.cues.segmentation import cut_into_cues
from edge_runtime.writers.cues.timing import shown_times
from edge_runtime.writers.cues.whisper import WhisperLimits
from edge_runtime.writers.kept_cues import kept_cues
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.plain import one_line, within_line

ESTIMATED: Final = "Times within segments are estimated: no words were aligned."


def is_estimated(document: Document, options: WriterOptions) -> bool:
    """Tell whether cues get estimated times, which formats with comments say in one (`ESTIMATED`)."""
    return not (options.whisper_layout or options.keep_segments) and any(
        one_line(segment.text) and not segment.words for segment in document.segments
    )


def lay_out(document: Document, options: WriterOptions) -> tuple[Cue, ...]:
    """Split a document into cues: in order, disjoint, every visible word in exactly one of them.

    Words that have no times get estimated ones, and the cues of such words are not `timed`.
    """
    if options.keep_segments:
        return kept_cues(document)
    if options.whisper_layout:
        return _whisper_cues(document, options)
    limits = CueLimits.of(options, document)
    cut = [
        (boxes, run.timed)
        for run in _runs(document)
        for boxes in cut_into_cues(run.boxes(document.language), limits)
    ]
    times = shown_times(
        [boxes for boxes, _ in cut], limits, document.duration_s, estimated=[not timed for _, timed in cut]
    )
    return tuple(
        Cue(start_ms, end_ms, tuple(map(_words, break_lines(boxes, limits))), timed)
        for (start_ms, end_ms), (boxes, timed) in zip(times, cut, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """Successive segments, all with word times or all without: the words of each."""

    rows: list[list[Word]]
    timed: bool

    def boxes(self, language: str | None) -> list[Box]:
        starts = {sum(map(len, self.rows[:index])) for index in range(len(self.rows))}
        return boxes_of(list(chain(*self.rows)), language, frozenset(starts))


def _runs(document: Document) -> Iterator[_Run]:
    for timed, group in groupby(document.segments, key=lambda segment: bool(segment.words)):
        rows = [_visible(_words_of(segment, document.language)) for segment in group]
        yield _Run(_spaced([row for row in rows if row]), timed)


def _words_of(segment: TimedSegment, language: str | None) -> Sequence[Word]:
    return segment.words or estimated_words(segment, language)


def _visible(words: Sequence[Word]) -> list[Word]:
    return [replace(word, text=text) for word in words if (text := within_line(word.text))]


def _spaced(rows: list[list[Word]]) -> list[list[Word]]:
    """Set `space_after` of each row's last word: a word of the next row may follow it in its line."""
    for row, following in pairwise(rows):
        row[-1] = replace(row[-1], space_after=has_space(row[-1].text, following[0].text))
    return rows


def _words(boxes: Sequence[Box]) -> tuple[Word, ...]:
    return tuple(word for box in boxes for word in box.words)


def _whisper_cues(document: Document, options: WriterOptions) -> tuple[Cue, ...]:
    limits = WhisperLimits.of(options)
    cues: list[tuple[tuple[tuple[Word, ...], ...], bool]] = []
    for timed, group in groupby(document.segments, key=lambda segment: bool(segment.words)):
        if timed:
            rows = _spaced([row for segment in group if (row := _visible(segment.words))])
            cues += [(tuple(map(_words, lines)), True) for lines in limits.cues(rows)]
        else:
            whole = [Word(text, one.start, one.end) for one in group if (text := one_line(one.text))]
            cues += [(((word,),), False) for word in whole]
    times = disjoint([(lines[0][0].start, lines[-1][-1].end) for lines, _ in cues])
    return tuple(Cue(*time, lines, timed) for time, (lines, timed) in zip(times, cues, strict=True))

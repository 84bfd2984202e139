"""Lay out a document as cues, as a subtitler would, or as openai-whisper does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise
from typing import Final

from edge_runtime.results.document import Document, TimedSegment, has_space
from edge_runtime.results.words import Word
from edge_runtime.text.markup.pieces import shown
from edge_runtime.text.markup.styles import Style, open_styles
from edge_runtime.writers.clock import Interval, disjoint
from edge_runtime.writers.cue import Cue
from edge_runtime.writers.cues.box import Box, boxes_of
from edge_runtime.writers.cues.estimated import estimated_sentences
from edge_runtime.writers.cues.limits import CueLimits
from edge_runtime.writers.cues.lines import break_lines
from edge_runtime.writers.cues.segmentation import cut_into_cues
from edge_runtime.writers.cues.timing import shown_times
from edge_runtime.writers.cues.whisper import WhisperLimits
from edge_runtime.writers.kept_cues import kept_cues
from edge_runtime.writers.options import Line, WriterOptions
from edge_runtime.writers.plain import one_line, within_line

ESTIMATED: Final = "Times within segments are estimated: no words were aligned."

_WHISPER_SEGMENT_S: Final = 30.0


def is_estimated(document: Document, options: WriterOptions) -> bool:
    """Tell whether cues get estimated times, which formats with comments say in one (`ESTIMATED`)."""
    return not options.keep_segments and any(
        one_line(segment.text) and not (segment.words or (options.whisper_layout and _is_whispers(segment)))
        for segment in document.segments
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
        (boxes, run.timed) for run in _runs(document) for boxes in cut_into_cues(run.boxes(document), limits)
    ]
    # Where speech is known, so is when a text without word times ends.
    vague = [not (timed or document.speech) for _, timed in cut]
    times = shown_times([boxes for boxes, _ in cut], limits, document.duration_s, estimated=vague)
    rows = [(tuple(map(_words, break_lines(boxes, limits))), timed) for boxes, timed in cut]
    return tuple(_cues(document, rows, times))


@dataclass(frozen=True, slots=True)
class _Run:
    """Successive segments, all with word times or all without: the words of each."""

    rows: list[list[Word]]
    timed: bool

    def boxes(self, document: Document) -> list[Box]:
        starts = {sum(map(len, self.rows[:index])) for index in range(len(self.rows))}
        return boxes_of(list(chain(*self.rows)), document.language, frozenset(starts), _reader(document))


def _reader(document: Document) -> Callable[[str], str]:
    """Return what gives the text that a reader sees of one as written."""
    return shown if document.has_markup else str


def _runs(document: Document, *, whisper: bool = False) -> Iterator[_Run]:
    for timed, group in groupby(document.segments, key=lambda segment: bool(segment.words)):
        rows = [
            _visible(words) for segment in group for words in _rows_of(segment, document, whisper=whisper)
        ]
        yield _Run(_spaced([row for row in rows if row]), timed)


def _rows_of(segment: TimedSegment, document: Document, *, whisper: bool) -> Iterator[Sequence[Word]]:
    """Yield the words of a segment, of one without times the words of each sentence."""
    if segment.words:
        yield segment.words
    elif whisper and _is_whispers(segment):
        yield (Word(segment.text, segment.start, segment.end),)
    else:
        yield from estimated_sentences(segment, document.language, document.speech)


def _is_whispers(segment: TimedSegment) -> bool:
    """Tell whether a segment is no longer than those of openai-whisper, which shows it whole."""
    return segment.end - segment.start <= _WHISPER_SEGMENT_S


def _cues(
    document: Document, rows: Iterable[tuple[tuple[Line, ...], bool]], times: Iterable[Interval]
) -> Iterator[Cue]:
    """Yield cues of lines; where texts hold markup, with the styles that are open at the start of each."""
    opened: tuple[Style, ...] = ()
    for (start_ms, end_ms), (lines, timed) in zip(times, rows, strict=True):
        if document.has_markup:
            yield Cue(start_ms, end_ms, lines, timed, opened)
            opened = open_styles(" ".join(word.text for line in lines for word in line), opened)
        else:
            yield Cue(start_ms, end_ms, lines, timed)


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
    rows = [
        (tuple(map(_words, lines)), run.timed)
        for run in _runs(document, whisper=True)
        for lines in limits.cues(run.rows, _reader(document))
    ]
    times = disjoint([(lines[0][0].start, lines[-1][-1].end) for lines, _ in rows])
    return tuple(_cues(document, rows, times))

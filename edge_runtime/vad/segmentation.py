"""Which stretches of a recording are transcribed, each as a recording of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.errors import UsageError
from edge_runtime.vad.energy import FRAME_S, FrameLevels, Span
from edge_runtime.vad.low_energy import SEARCH_S
from edge_runtime.vad.pauses import quietest_frame

_MIN_PAUSE_S: Final[Seconds] = 0.12
"""Shortest pause that a cut prefers to the lowest energy: shorter ones are stops inside words."""
_MAX_TAIL_S: Final[Seconds] = 1.0
"""A cut leaves this much behind it, or a quarter of a short segment: the model hears little in a stub."""
MIN_SEGMENT_S: Final[Seconds] = 2.0
"""Shortest limit of a segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOptions:
    """How a recording is divided.

    Attributes:
        segment_sec: longest segment, an upper limit and no target; 0 takes a recording as one piece.
        merge_pause_sec: speech closer than this is one segment; longer pauses are left out.
        margin_sec: what a segment has before and behind its speech.
        pack: join neighbouring segments, with the pauses between them, up to `segment_sec`.
        low_energy: cut as qwen-asr does, whatever is said where: see `LowEnergySplitter`. Nothing is left
            out, no detector is asked, and a segment may be 5 s longer than `segment_sec`.
    """

    segment_sec: Seconds = 30.0
    merge_pause_sec: Seconds = 0.5
    margin_sec: Seconds = 0.05
    pack: bool = False
    low_energy: bool = False

    def __post_init__(self) -> None:
        if self.segment_sec and self.segment_sec < MIN_SEGMENT_S:
            raise UsageError(
                f"segment_sec is {self.segment_sec:g}; it is 0 for one piece, or at least {MIN_SEGMENT_S:g}."
            )
        if self.low_energy and (self.pack or self.segment_sec < 2 * SEARCH_S):
            raise UsageError(
                f"low_energy needs segment_sec of at least {2 * SEARCH_S:g} and no pack; segment_sec is "
                f"{self.segment_sec:g}, pack {self.pack}."
            )
        if self.merge_pause_sec < 0 or self.margin_sec < 0:
            raise UsageError("merge_pause_sec and margin_sec are seconds; neither is below 0.")

    @property
    def overlength_s(self) -> Seconds:
        """How much longer than `segment_sec` a segment may be."""
        return SEARCH_S if self.low_energy else 0.0


def plan_segments(
    speech: Sequence[Span] | None, clips: Sequence[Span], powers: FrameLevels, options: SegmentOptions
) -> tuple[Span, ...]:
    """Return what to transcribe, in order; segments do not overlap.

    Args:
        speech: where a voice activity detector detected speech, in order and apart; None without a detector,
            and then nothing is skipped.
        clips: what is to be transcribed at all, in order and apart: (0, duration) for the whole recording.
        powers: mean power of frames of `FRAME_S` of the whole recording; a cut that finds no pause is made
            where they are lowest.
        options: the longest segment and its margins.
    """
    planned = (segment for clip in clips for segment in _plan_clip(speech, clip, powers, options))
    return tuple(planned)


def widened(segments: Sequence[Span], index: int, by_s: Seconds, duration_s: Seconds) -> Span:
    """Return a segment with more around it, up to its neighbours and the ends of the recording."""
    before = segments[index - 1].end if index else 0.0
    behind = segments[index + 1].start if index + 1 < len(segments) else duration_s
    one = segments[index]
    return Span(max(before, one.start - by_s), min(behind, one.end + by_s))


def merge_spans(spans: Sequence[Span], max_gap_s: Seconds) -> list[Span]:
    """Join spans that are closer than `max_gap_s`."""
    merged: list[Span] = []
    for span in spans:
        if merged and span.start - merged[-1].end < max_gap_s:
            span = Span(merged.pop().start, span.end)  # noqa: PLW2901  # grows
        merged.append(span)
    return merged


def _plan_clip(
    speech: Sequence[Span] | None, clip: Span, powers: FrameLevels, options: SegmentOptions
) -> Sequence[Span]:
    detected = [clip] if speech is None else _inside(speech, clip)
    if not detected or not options.segment_sec:
        return [clip] if detected else []
    margin_s = 0.0 if speech is None else options.margin_sec
    max_s = options.segment_sec - 2 * margin_s
    utterances = merge_spans(detected, options.merge_pause_sec)
    pieces = [piece for one in utterances for piece in _split(one, _pauses(detected), powers, max_s)]
    return _with_margins(_packed(pieces, max_s) if options.pack else pieces, clip, margin_s)


def _inside(speech: Sequence[Span], clip: Span) -> list[Span]:
    cut = (Span(max(span.start, clip.start), min(span.end, clip.end)) for span in speech)
    return [span for span in cut if span.start < span.end]


def _pauses(detected: Sequence[Span]) -> list[Span]:
    pauses = (Span(left.end, right.start) for left, right in pairwise(detected))
    return [pause for pause in pauses if pause.end - pause.start >= _MIN_PAUSE_S]


def _split(whole: Span, pauses: Sequence[Span], powers: FrameLevels, max_s: Seconds) -> Iterator[Span]:
    """Cut what is longer than `max_s`: at the longest pause of the last half, else at the lowest energy."""
    start, tail_s = whole.start, min(_MAX_TAIL_S, max_s / 4)
    while whole.end - start > max_s:
        window = Span(start + max_s / 2, min(start + max_s, whole.end - tail_s))
        cut = _longest(pauses, window) or _quietest(powers, window)
        yield Span(start, cut.start)
        start = cut.end
    yield Span(start, whole.end)


def _longest(pauses: Sequence[Span], window: Span) -> Span | None:
    inside = [pause for pause in pauses if window.start <= pause.start <= window.end]
    return max(inside, key=lambda pause: pause.end - pause.start, default=None)


def _quietest(powers: FrameLevels, window: Span) -> Span:
    first, end = round(window.start / FRAME_S), round(window.end / FRAME_S)
    cut_s = window.start + quietest_frame(powers[first:end], FRAME_S) * FRAME_S
    return Span(cut_s, cut_s)


def _packed(pieces: Sequence[Span], max_s: Seconds) -> list[Span]:
    packed: list[Span] = []
    for piece in pieces:
        if packed and piece.end - packed[-1].start <= max_s:
            piece = Span(packed.pop().start, piece.end)  # noqa: PLW2901  # grows
        packed.append(piece)
    return packed


def _with_margins(pieces: Sequence[Span], clip: Span, margin_s: Seconds) -> list[Span]:
    """Widen pieces, at most to the middle of the pause between two and to the ends of the clip."""
    middles = [(left.end + right.start) / 2 for left, right in pairwise(pieces)]
    edges = [clip.start, *middles, clip.end]
    return [
        Span(max(before, piece.start - margin_s), min(behind, piece.end + margin_s))
        for piece, before, behind in zip(pieces, edges[:-1], edges[1:], strict=True)
    ]

"""Align a long transcript window by window.

Which part of the text is spoken in a window is unknown before alignment. The aligner's decoder is causal: a
time depends on the audio and on the text *before* it only. Giving a window more text than is spoken in it
therefore costs computation, not accuracy. The model places the surplus at the window's end or piles it up on
one moment, and the next window aligns it again.

A window that begins in the wrong place gets wrong times, and so does every later one. Each window therefore
begins in a pause between words of high confidence, and a window with lower confidence than the ones before
it is tried again, shorter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from statistics import median
from typing import Final, TypeAlias

from edge_runtime.alignment.times import UnitTime, repair_times
from edge_runtime.alignment.window_cut import WindowCut, confidence, cut_window
from edge_runtime.arrays import Milliseconds, Seconds, Waveform
from edge_runtime.text.units import Unit
from edge_runtime.vad.energy import Span
from edge_runtime.vad.pauses import window_end

AlignPiece: TypeAlias = Callable[[Waveform, Sequence[Unit]], Sequence[UnitTime]]
"""Returns one time per unit, from the start of the given audio, as the model predicts them: unrepaired."""

_GUARD_MS: Final = 2_000
"""A unit that ends this close to the window's end is aligned again in the next window, which holds more of
the audio after it."""
_UNIT_SURPLUS: Final = 1.25
_EXTRA_UNITS: Final = 8
_LEAD_S: Final = 0.25
"""Audio kept in front of the first speech of a window."""
_MIN_SCORE: Final = 0.9
_SHRINK_FACTOR: Final = 0.75
_MAX_ATTEMPTS: Final = 5
"""Lengths to try for one window: the longest first, each next one `_SHRINK_FACTOR` of it."""
_HISTORY_LENGTH: Final = 400
"""The typical confidence is the median over this many units."""
_MIN_HISTORY: Final = 20


def align_long(
    align_piece: AlignPiece,
    waveform: Waveform,
    sample_rate: int,
    units: Sequence[Unit],
    *,
    max_s: Seconds,
    speech: Sequence[Span] | None = None,
) -> Iterator[UnitTime]:
    """Align all units of a recording of any length.

    Audio up to `max_s` is one window: the aligner gets all of it with all units, as upstream does.

    Args:
        align_piece: aligns units with a piece of audio.
        waveform: shape (num_samples,).
        sample_rate: in Hz.
        units: the whole transcript, in order.
        max_s: longest audio that `align_piece` is given.
        speech: where somebody speaks; silence before a window is skipped, and text is expected only where
            there is speech. None, or an empty sequence, takes all audio as speech.

    Yields:
        One repaired time per unit, in order, from the start of the recording, non-decreasing.
    """
    spans = speech or [Span(0.0, len(waveform) / sample_rate)]
    windows = _Windows(align_piece, waveform, sample_rate, spans)
    start = num_aligned = 0
    while num_aligned < len(units):
        start = windows.skip_silence(start)
        cut = windows.best_cut(start, units[num_aligned:], max_s)
        yield from _shift(cut.times, start * 1000 / sample_rate)
        num_aligned += len(cut.times)
        start += ceil(cut.resume_ms * sample_rate / 1000)


class _Windows:
    """The windows of one recording and the confidence of its last units."""

    def __init__(
        self, align_piece: AlignPiece, waveform: Waveform, sample_rate: int, speech: Sequence[Span]
    ) -> None:
        self._align_piece: Final = align_piece
        self._waveform: Final = waveform
        self._sample_rate: Final = sample_rate
        self._speech: Final = speech
        self._confidences: Final[deque[float]] = deque(maxlen=_HISTORY_LENGTH)

    def skip_silence(self, start: int) -> int:
        """Return the sample `_LEAD_S` before the next speech, but not before `start`."""
        at_s = start / self._sample_rate
        onset_s = next((span.start for span in self._speech if span.end > at_s), at_s)
        return max(start, round((onset_s - _LEAD_S) * self._sample_rate))

    def best_cut(self, start: int, units: Sequence[Unit], max_s: Seconds) -> WindowCut:
        """Align the window at a sample; try shorter ones until the score is high enough."""
        candidates: dict[int, WindowCut] = {}
        for step in range(_MAX_ATTEMPTS):
            end = window_end(self._waveform, self._sample_rate, start, max_s=max_s * _SHRINK_FACTOR**step)
            if end not in candidates:
                candidates[end] = self._try_window(start, end, units)
            if candidates[end].score >= _MIN_SCORE:
                break
        cut = max(candidates.values(), key=lambda each: each.score)
        self._confidences.extend(map(confidence, cut.times))
        return cut

    def _try_window(self, start: int, end: int, units: Sequence[Unit]) -> WindowCut:
        duration_ms = (end - start) * 1000 / self._sample_rate
        speech_share = self._share_of_speech(start, end)
        piece = self._waveform[start:end]
        if speech_share == 1 or end == len(self._waveform):
            # No speech follows: the window takes all units that are left.
            return WindowCut(repair_times(self._align_piece(piece, units)), duration_ms, 1.0)
        num_units = ceil(len(units) * speech_share * _UNIT_SURPLUS) + _EXTRA_UNITS
        raw = self._align_piece(piece, units[:num_units])
        limit_ms = int(max(duration_ms - _GUARD_MS, duration_ms / 2))
        return cut_window(raw, limit_ms, self._typical_confidence(raw))

    def _typical_confidence(self, raw: Sequence[UnitTime]) -> float:
        """Return the median confidence of the last units; without enough of them, of `raw`'s better half."""
        if len(self._confidences) >= _MIN_HISTORY:
            return median(self._confidences)
        ordered = sorted(map(confidence, raw))
        return median(ordered[len(ordered) // 2 :])

    def _share_of_speech(self, start: int, end: int) -> float:
        """Return the share of the speech after `start` that lies before `end`; 1 if no speech follows."""
        start_s, end_s = start / self._sample_rate, end / self._sample_rate
        speech_here = sum(max(0.0, min(end_s, span.end) - max(start_s, span.start)) for span in self._speech)
        speech_after = sum(max(0.0, span.end - max(end_s, span.start)) for span in self._speech)
        return speech_here / (speech_here + speech_after) if speech_after else 1.0


def _shift(times: Sequence[UnitTime], offset_ms: Milliseconds) -> Iterator[UnitTime]:
    for time in times:
        yield UnitTime(time.start_ms + offset_ms, time.end_ms + offset_ms, time.confidence, time.repaired)

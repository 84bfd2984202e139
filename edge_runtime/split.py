"""Cut long audio where it is quiet, and align a long transcript piece by piece.

Where the text belongs to each piece is unknown before alignment, so `align_long` lets the aligner find out.
Its decoder is causal: a time depends on the audio and on the text *before* it only. Giving a window more text
than is spoken in it therefore costs computation, not accuracy; the surplus ends up pressed against the
window's end or piled up on one moment, and is given again to the next window, which starts where the last
trusted unit ended.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import Final, TypeAlias

import numpy as np

from edge_runtime.arrays import Milliseconds, Seconds, Waveform
from edge_runtime.monotonic import UnitTime, repair
from edge_runtime.speech import Span, frame_powers, runs
from edge_runtime.units import Unit

AlignPiece: TypeAlias = Callable[[Waveform, Sequence[Unit]], Sequence[UnitTime]]
"""Time units in a piece of audio, from the piece's start, as the model says: one per unit, unrepaired."""

_FRAME_S: Final = 0.01
_QUIET_S: Final = 0.2
"""A cut wants this much quiet around it."""
_QUIET_ENOUGH: Final = 1.5
"""Places with less than this times the least power are as good as the best."""

_GUARD_MS: Final = 2_000
"""A unit ending this close to the window's end is aligned again in the next, with what follows in sight."""
_GENEROSITY: Final = 1.25
_SPARE_UNITS: Final = 8
_LEAD_S: Final = 0.25
"""Audio kept in front of the first speech of a window."""


def split_waveform(
    waveform: Waveform, sample_rate: int, *, max_s: Seconds, search_s: Seconds = 20.0
) -> tuple[tuple[int, int], ...]:
    """Cut audio into pieces of at most `max_s`, at the quietest place of the `search_s` before each limit.

    The last two pieces share what remains about evenly, so that no piece is a stub.

    Args:
        waveform: shape (num_samples,).
        sample_rate: in Hz.
        max_s: no piece is longer.
        search_s: how far before the limit a cut may lie; at most half of `max_s` is used.

    Returns:
        Sample ranges (start, end) that cover the waveform exactly, in order.
    """
    pieces: list[tuple[int, int]] = []
    start = 0
    while start < len(waveform) or not pieces:
        end = window_end(waveform, sample_rate, start, max_s=max_s, search_s=search_s)
        pieces.append((start, end))
        start = end
    return tuple(pieces)


def window_end(
    waveform: Waveform, sample_rate: int, start: int, *, max_s: Seconds, search_s: Seconds = 20.0
) -> int:
    """Return the sample at which a piece from `start` should end: the end of the audio, or a quiet place."""
    longest = max(1, int(max_s * sample_rate))
    remaining = len(waveform) - start
    if remaining <= longest:
        return len(waveform)
    search = min(int(search_s * sample_rate), longest // 2)
    latest = min(longest, (remaining + search) // 2)
    earliest = start + latest - search
    return earliest + quietest(waveform[earliest : start + latest], sample_rate)


def quietest(waveform: Waveform, sample_rate: int) -> int:
    """Return the middle, in samples, of the longest quiet stretch; the first of equal ones."""
    if not len(waveform):
        return 0
    frame = max(1, round(_FRAME_S * sample_rate))
    powers = frame_powers(waveform, frame)
    width = min(len(powers), round(_QUIET_S / _FRAME_S))
    around = np.convolve(powers, np.full(width, 1 / width), "valid")
    first, behind = max(runs(around <= around.min() * _QUIET_ENOUGH), key=lambda run: run[1] - run[0])
    return min(len(waveform), (first + behind - 1 + width) * frame // 2)


def align_long(
    align_piece: AlignPiece,
    waveform: Waveform,
    sample_rate: int,
    units: Sequence[Unit],
    *,
    max_s: Seconds,
    speech: Sequence[Span] | None = None,
) -> Iterator[UnitTime]:
    """Time all units of a recording of any length.

    Audio up to `max_s` is one window: the aligner sees all of it with all units, as upstream does.

    Args:
        align_piece: times units in a piece of audio.
        waveform: shape (num_samples,).
        sample_rate: in Hz.
        units: the whole transcript, in order.
        max_s: longest audio that `align_piece` is given.
        speech: where somebody speaks; silence in front of a window is skipped and text is expected only where
            there is speech. None, or none found, takes all audio as speech.

    Yields:
        One repaired time per unit, in order, from the start of the recording, never running backward.
    """
    spans = speech or [Span(0.0, len(waveform) / sample_rate)]
    done = start = 0
    while done < len(units):
        start = _skip_silence(start, sample_rate, spans)
        end = window_end(waveform, sample_rate, start, max_s=max_s)
        piece = waveform[start:end]
        offset_ms = start * 1000 / sample_rate
        share = _share_of_speech(spans, start / sample_rate, end / sample_rate)
        if share == 1 or end == len(waveform):
            yield from _shift(repair(align_piece(piece, units[done:])), offset_ms)
            return
        count = ceil((len(units) - done) * share * _GENEROSITY) + _SPARE_UNITS
        duration_ms = (end - start) * 1000 / sample_rate
        times, resume_ms = _align_window(align_piece, piece, units[done : done + count], duration_ms)
        yield from _shift(times, offset_ms)
        done += len(times)
        start += ceil(resume_ms * sample_rate / 1000)


def _align_window(
    align_piece: AlignPiece, piece: Waveform, units: Sequence[Unit], duration_ms: Milliseconds
) -> tuple[list[UnitTime], Milliseconds]:
    """Time those of the units that are surely spoken in the piece; tell where the next window begins.

    The surplus does not take part in the repair of the times that are returned.
    """
    limit_ms = int(max(duration_ms - _GUARD_MS, duration_ms / 2))
    raw = align_piece(piece, units)
    times = repair(raw)
    trusted = _count_trusted(times, limit_ms)
    if not trusted:
        return [], _resume_without_units(times[0].start_ms, limit_ms)
    times = repair(raw[: _before_pause(times, trusted, limit_ms)])
    return times, times[-1].end_ms


def _before_pause(times: Sequence[UnitTime], trusted: int, limit_ms: Milliseconds) -> int:
    """Return how many units come before the longest pause among the last third of the trusted ones.

    A window that begins in the middle of a phrase lacks what the model expects in front of a word.
    """
    starts = [*(time.start_ms for time in times[1:]), limit_ms]
    return max(
        range((2 * trusted + 2) // 3, trusted + 1),
        key=lambda count: (min(starts[count - 1], limit_ms) - times[count - 1].end_ms, count),
    )


def _count_trusted(times: Sequence[UnitTime], limit_ms: Milliseconds) -> int:
    """Return how many units end before the limit, without those piled up on the last moment."""
    count = bisect_right(times, limit_ms, key=lambda time: time.end_ms)
    if count < len(times):
        return count
    while count and times[count - 1].start_ms == times[-1].end_ms:
        count -= 1
    return count


def _resume_without_units(first_ms: Milliseconds, limit_ms: Milliseconds) -> Milliseconds:
    """Return how far to go where no unit was trusted: to the first if it is well ahead, or to the limit."""
    ahead = min(first_ms, limit_ms)
    return ahead if ahead >= limit_ms / 4 else limit_ms


def _skip_silence(start: int, sample_rate: int, spans: Sequence[Span]) -> int:
    """Return the sample at which the next speech begins, some lead included; `start` if that is there."""
    at_s = start / sample_rate
    onset_s = next((span.start for span in spans if span.end > at_s), at_s)
    return max(start, round((onset_s - _LEAD_S) * sample_rate))


def _share_of_speech(spans: Sequence[Span], start: Seconds, end: Seconds) -> float:
    """Return how much of the speech behind `start` lies before `end`; 1 if none follows."""
    here = sum(max(0.0, min(end, span.end) - max(start, span.start)) for span in spans)
    after = sum(max(0.0, span.end - max(end, span.start)) for span in spans)
    return here / (here + after) if after else 1.0


def _shift(times: Sequence[UnitTime], offset_ms: Milliseconds) -> Iterator[UnitTime]:
    for time in times:
        yield UnitTime(time.start_ms + offset_ms, time.end_ms + offset_ms, time.confidence, time.repaired)

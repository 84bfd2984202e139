"""Timestamps as the formats write them, in whole milliseconds, and disjoint intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edge_runtime.arrays import Seconds

_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000


def milliseconds(seconds: Seconds) -> int:
    """Round to whole milliseconds, as openai-whisper does; times before the recording become 0."""
    return max(0, round(seconds * 1000))


def srt_clock(time_ms: int) -> str:
    """Return `HH:MM:SS,mmm`."""
    return f"{_hours(time_ms):02d}:{_minutes_seconds(time_ms)},{time_ms % 1000:03d}"


def vtt_clock(time_ms: int) -> str:
    """Return `MM:SS.mmm`, from the first hour on `HH:MM:SS.mmm`."""
    hours = f"{_hours(time_ms):02d}:" if time_ms >= _HOUR_MS else ""
    return f"{hours}{_minutes_seconds(time_ms)}.{time_ms % 1000:03d}"


def ass_clock(time_ms: int) -> str:
    """Return `H:MM:SS.cc`."""
    rounded_ms = centiseconds(time_ms) * 10
    return f"{_hours(rounded_ms)}:{_minutes_seconds(rounded_ms)}.{rounded_ms % 1000 // 10:02d}"


def lrc_clock(time_ms: int) -> str:
    """Return `MM:SS.cc`; the format has no hours, so minutes exceed 59."""
    minutes, rest = divmod(centiseconds(time_ms), 6000)
    return f"{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"


def decimal_seconds(time_ms: int) -> str:
    """Return seconds with three decimals."""
    return f"{time_ms // 1000}.{time_ms % 1000:03d}"


def centiseconds(time_ms: int) -> int:
    """Round to whole hundredths of a second, halves up, so that equal times stay equal."""
    return (time_ms + 5) // 10


def _hours(time_ms: int) -> int:
    return time_ms // _HOUR_MS


def _minutes_seconds(time_ms: int) -> str:
    return f"{time_ms % _HOUR_MS // _MINUTE_MS:02d}:{time_ms % _MINUTE_MS // 1000:02d}"


class Interval(NamedTuple):
    """From `start_ms` up to `end_ms`, in whole milliseconds from the start of the recording."""

    start_ms: int
    end_ms: int


def disjoint(times: Sequence[tuple[Seconds, Seconds]]) -> tuple[Interval, ...]:
    """Make intervals disjoint.

    Times that are ordered and disjoint are only rounded. An interval that overlaps the next ends where the
    next starts. An interval without duration gets one millisecond: WebVTT and Praat refuse empty ones.

    Args:
        times: start and end of each, in seconds.
    """
    placed: list[Interval] = []
    now_ms = 0
    for index, (start, end) in enumerate(times):
        start_ms = max(now_ms, milliseconds(start))
        next_ms = milliseconds(times[index + 1][0] if index + 1 < len(times) else end)
        now_ms = max(start_ms + 1, min(milliseconds(end), next_ms))
        placed.append(Interval(start_ms, now_ms))
    return tuple(placed)

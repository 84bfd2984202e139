"""Intervals on one line of time: in order, apart, and none of them empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edge_runtime.arrays import Seconds
from edge_runtime.writers.clock import milliseconds


class Interval(NamedTuple):
    """From `start_ms` up to `end_ms`, in whole milliseconds from the start of the recording."""

    start_ms: int
    end_ms: int


def disjoint(times: Sequence[tuple[Seconds, Seconds]]) -> tuple[Interval, ...]:
    """Lay intervals side by side.

    Times that are in order and apart are only rounded. An interval that reaches into the next ends where
    that one starts; one without duration gets a millisecond, for WebVTT and Praat refuse empty ones.

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

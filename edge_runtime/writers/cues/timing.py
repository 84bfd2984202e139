"""When cues are shown: from their first word, as long as it takes to read them, and never two at a time."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.writers.clock import Interval, milliseconds
from edge_runtime.writers.cues.box import Box, length_of
from edge_runtime.writers.cues.limits import CueLimits

_STEP_MS: Final = 10
"""No cue is shorter: the formats with the coarsest clock write hundredths of a second."""

_GAPS_IN_A_CUE: Final = 3
"""A cue that is no longer than so many gaps keeps all its time: the next follows at once."""


def shown_times(
    cues: Sequence[Sequence[Box]], limits: CueLimits, duration_s: Seconds, *, estimated: Sequence[bool]
) -> tuple[Interval, ...]:
    """Return when each cue is shown.

    A cue begins with its first word. Its end moves into the room behind it until it is read, and up to the
    next cue where that is near; two frames stay free between them.

    Args:
        cues: the boxes of each, in order.
        limits: of times.
        duration_s: length of the recording; the last cue ends with it, if its words do.
        estimated: whether the times of a cue's words are, for each: it is shown as long as it may be.
    """
    if not cues:
        return ()
    starts = _starts(cues)
    last_ms = max(milliseconds(duration_s), starts[-1] + _STEP_MS, milliseconds(cues[-1][-1].end))
    nexts = [*starts[1:], last_ms + limits.gap_ms]
    return tuple(
        Interval(start_ms, _end_ms(cue, start_ms, next_ms, limits, is_estimated=is_estimated))
        for cue, start_ms, next_ms, is_estimated in zip(cues, starts, nexts, estimated, strict=True)
    )


def _starts(cues: Sequence[Sequence[Box]]) -> list[int]:
    starts: list[int] = []
    for cue in cues:
        earliest_ms = starts[-1] + _STEP_MS if starts else 0
        starts.append(max(earliest_ms, milliseconds(cue[0].start)))
    return starts


def _end_ms(cue: Sequence[Box], start_ms: int, next_ms: int, limits: CueLimits, *, is_estimated: bool) -> int:
    has_gap = next_ms - start_ms > _GAPS_IN_A_CUE * limits.gap_ms
    room_ms = next_ms - limits.gap_ms if has_gap else next_ms
    read_ms = _STEP_MS * ceil(1000 * limits.reading_s(length_of(cue)) / _STEP_MS)
    wanted_ms = max(milliseconds(cue[-1].end), start_ms + max(limits.shortest_ms, read_ms))
    if is_estimated or next_ms - wanted_ms < limits.bridged_ms:
        wanted_ms = room_ms
    return max(start_ms + _STEP_MS, min(wanted_ms, room_ms, start_ms + limits.longest_ms))

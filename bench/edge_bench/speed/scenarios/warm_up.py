"""Passes over the recordings before the measured ones, until their times are steady."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.scenarios.clock import Clock
from edge_bench.speed.scenarios.scenario import Service
from edge_runtime.arrays import Milliseconds, Seconds

RULE: Final = (
    "passes over all recordings, until the median time of the last 3 differs from that of the 3 before by at "
    "most 3 %, or 60 s have passed"
)
_WINDOW: Final = 3
_TOLERANCE: Final = 0.03
_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What was discarded.

    Attributes:
        passes: over all recordings.
        duration_s: of all of them.
        first_ms: of the very first query, which prepares shapes and memory; None without a pass.
        is_steady: whether the rule was met; None where the number of passes was requested.
    """

    passes: int
    duration_s: Seconds
    first_ms: Milliseconds | None
    is_steady: bool | None


def warm_up(
    service: Service, recordings: Sequence[BenchRecording], passes: int | None, clock: Clock
) -> WarmUp:
    """Transcribe and discard.

    Args:
        service: transcribes.
        recordings: of a pass.
        passes: how many; None for as many as the rule says (`RULE`).
        clock: times them.
    """
    began = clock.now()
    times: list[Seconds] = []
    first_ms = None
    while not _is_enough(times, passes):
        start = clock.now()
        for recording in recordings:
            service.one(recording)
            if first_ms is None:
                first_ms = 1e3 * (clock.now() - start)
        times.append(clock.now() - start)
    is_steady = _is_steady(times) if passes is None else None
    return WarmUp(len(times), clock.now() - began, first_ms, is_steady)


def _is_enough(times: Sequence[Seconds], passes: int | None) -> bool:
    if passes is not None:
        return len(times) >= passes
    return _is_steady(times) or sum(times) >= _LIMIT_S


def _is_steady(times: Sequence[Seconds]) -> bool:
    if len(times) < 2 * _WINDOW:
        return False
    last, before = median(times[-_WINDOW:]), median(times[-2 * _WINDOW : -_WINDOW])
    return abs(last / before - 1) <= _TOLERANCE

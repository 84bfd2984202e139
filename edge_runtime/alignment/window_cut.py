"""Choose where one window of a long alignment ends and the next begins."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_runtime.alignment.times import UnitTime, repair_times
from edge_runtime.arrays import Milliseconds

_MIN_CONFIDENCE_RATIO: Final = 0.5
"""A time of at least this share of the typical confidence is confident."""
_UNITS_BEFORE: Final = 3
_UNITS_AFTER: Final = 2
"""Units before and after a cut that must be confident: a window that begins in the wrong place is lost."""
_LOOK_BACK: Final = 0.5
"""Cuts lie in this last part of the trusted units; an earlier cut would repeat too much work."""
_TAIL_UNITS: Final = 4
_TAIL_ALLOWANCE: Final = 0.15
"""Added to the confident share of the last units, which also bounds the score, so that one of them may lack
confidence."""


@dataclass(frozen=True, slots=True)
class WindowCut:
    """The units of a window that are kept.

    Attributes:
        times: of the kept units, repaired without the units that are not kept.
        resume_ms: where the next window begins, from the start of this one.
        score: share of confident times, from 0 to 1.
    """

    times: Sequence[UnitTime]
    resume_ms: Milliseconds
    score: float


def cut_window(raw: Sequence[UnitTime], limit_ms: Milliseconds, typical_confidence: float) -> WindowCut:
    """Decide which units of a window to keep.

    Args:
        raw: times of the window's units as the model predicts them; the last units may not be spoken in it.
        limit_ms: a unit that ends after it is left to the next window.
        typical_confidence: confidence of units whose times are right.
    """
    times = repair_times(raw)
    trusted = _count_trusted(times, limit_ms)
    if not trusted:
        return WindowCut((), _resume_without_units(times[0].start_ms, limit_ms), 0.0)
    is_confident = [confidence(time) >= _MIN_CONFIDENCE_RATIO * typical_confidence for time in raw]
    starts = [*(time.start_ms for time in times[1:]), limit_ms]
    pauses = [min(start, limit_ms) - time.end_ms for start, time in zip(starts, times, strict=True)]
    reliable = [count for count in _candidates(trusted) if _is_reliable(times, is_confident, count, trusted)]
    count = max(reliable or _candidates(trusted), key=lambda count: (pauses[count - 1], count))
    window_times = repair_times(raw[:count])
    # Half the pause is skipped, but only where the unit after it is trusted too.
    skipped = max(0.0, pauses[count - 1]) // 2 if count < trusted else 0.0
    tail = is_confident[max(0, count - _TAIL_UNITS) : count]
    score = min(sum(is_confident[:count]) / count, sum(tail) / len(tail) + _TAIL_ALLOWANCE)
    return WindowCut(window_times, window_times[-1].end_ms + skipped, score)


def confidence(time: UnitTime) -> float:
    """Return the confidence of a time, 1 where it is unknown."""
    return 1.0 if time.confidence is None else time.confidence


def _candidates(trusted: int) -> range:
    return range(max(1, int(_LOOK_BACK * trusted)), trusted + 1)


def _is_reliable(times: Sequence[UnitTime], is_confident: Sequence[bool], count: int, trusted: int) -> bool:
    """Tell whether the units around a cut are confident and the one before it has a duration."""
    last = times[count - 1]
    around = is_confident[max(0, count - _UNITS_BEFORE) : min(count + _UNITS_AFTER, max(count, trusted))]
    return last.end_ms > last.start_ms and not last.repaired and all(around)


def _count_trusted(times: Sequence[UnitTime], limit_ms: Milliseconds) -> int:
    """Return how many units end before the limit, without those piled up on the last time."""
    count = bisect_right(times, limit_ms, key=lambda time: time.end_ms)
    if count < len(times):
        return count
    while count and times[count - 1].start_ms == times[-1].end_ms:
        count -= 1
    return count


def _resume_without_units(first_ms: Milliseconds, limit_ms: Milliseconds) -> Milliseconds:
    """Return where to resume if no unit is trusted: the first unit if it is well ahead, else the limit."""
    ahead = min(first_ms, limit_ms)
    return ahead if ahead >= limit_ms / 4 else limit_ms

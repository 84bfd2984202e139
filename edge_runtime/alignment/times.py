"""Make times monotonic: keep the longest non-decreasing subsequence, move the other times.

The rule and every tie are those of the official aligner, which needs O(n²); this implementation needs
O(n log n).

Sources: `fix_timestamp` of `qwen_asr` 0.0.6 and `_fix_timestamps` of transformers 5, which agree;
`tests/runtime/alignment/test_times.py` compares with the latter.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from edge_runtime.arrays import Milliseconds
from edge_runtime.model.timestamp_classifier import TimestampClasses

_MAX_SNAP = 2
"""A block of at most this many bad values snaps to its neighbours; a longer one is spread between them."""


@dataclass(frozen=True, slots=True)
class UnitTime:
    """When one unit is spoken.

    Attributes:
        start_ms: milliseconds from the start of the audio.
        end_ms: milliseconds from the start of the audio.
        confidence: probability of the less certain of its two times, None where unknown.
        repaired: the monotonic repair moved one of its two times.
    """

    start_ms: Milliseconds
    end_ms: Milliseconds
    confidence: float | None = None
    repaired: bool = False


def repair_times(times: Sequence[UnitTime]) -> list[UnitTime]:
    """Enforce order on the starts and ends of consecutive units, and mark the units that moved."""
    values = enforce_monotonic([value for time in times for value in (time.start_ms, time.end_ms)])
    return [
        UnitTime(start, end, time.confidence, time.repaired or (start, end) != (time.start_ms, time.end_ms))
        for time, start, end in zip(times, values[::2], values[1::2], strict=True)
    ]


def enforce_monotonic(times_ms: Sequence[Milliseconds]) -> list[int]:
    """Return the times in non-decreasing order, the bad ones moved.

    A value outside the longest non-decreasing subsequence is bad. A block of one or two bad values takes the
    nearer good neighbour, the left one on a tie; a longer block is interpolated; a block at either end takes
    its only good neighbour.

    Args:
        times_ms: starts and ends interleaved, in the order of the text; none of them NaN.

    Returns:
        One time per value, truncated to whole milliseconds.
    """
    chain = _longest_chain(times_ms)
    if not chain:
        return []
    repaired = list(times_ms)
    repaired[: chain[0]] = [times_ms[chain[0]]] * chain[0]
    for left, right in pairwise(chain):
        repaired[left + 1 : right] = _between(times_ms[left], times_ms[right], right - left - 1)
    last = chain[-1]
    repaired[last:] = [times_ms[last]] * (len(times_ms) - last)
    return [int(time) for time in repaired]


def _longest_chain(times: Sequence[Milliseconds]) -> list[int]:
    """Return the indices of the longest non-decreasing subsequence, of equally long ones the earliest.

    Level k holds the indices at which a longest chain of length k + 1 ends. Within a level the times fall
    strictly (a time not below an earlier one would extend that chain to the next level), so bisection finds
    the earliest possible predecessor. Times are stored negated, because bisection needs rising values.
    """
    levels: list[list[int]] = []
    negated: list[list[Milliseconds]] = []
    lowest: list[Milliseconds] = []
    for index, time in enumerate(times):
        level = bisect_right(lowest, time)
        if level == len(levels):
            levels.append([])
            negated.append([])
            lowest.append(time)
        levels[level].append(index)
        negated[level].append(-time)
        lowest[level] = time
    chain: list[int] = []
    bound = float("inf")
    for indices, values in zip(reversed(levels), reversed(negated), strict=True):
        chain.append(indices[bisect_left(values, -bound)])
        bound = times[chain[-1]]
    return chain[::-1]


def _between(left: Milliseconds, right: Milliseconds, count: int) -> list[Milliseconds]:
    if count <= _MAX_SNAP:
        return [left, right][:count] if count == _MAX_SNAP else [left] * count
    step = (right - left) / (count + 1)
    return [left + step * place for place in range(1, count + 1)]


def unit_times(classes: TimestampClasses, bin_ms: Milliseconds) -> list[UnitTime]:
    """Convert the classes of timestamp slots to times.

    Args:
        classes: of two slots for each unit: its start, then its end.
        bin_ms: milliseconds from one class to the next.
    """
    values = [float(class_id) * bin_ms for class_id in classes.class_ids]
    logprobs = [float(logprob) for logprob in classes.logprobs]
    lowest = map(min, logprobs[::2], logprobs[1::2])
    return [
        UnitTime(start, end, round(math.exp(logprob), 4))
        for start, end, logprob in zip(values[::2], values[1::2], lowest, strict=True)
    ]

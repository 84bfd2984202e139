"""Whether a machine kept its speed while it was measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

LIMIT: Final = 0.05
"""Spread of the blocks' medians from which a measurement is unstable."""
_MAX_BLOCKS: Final = 5
_MIN_BLOCKS: Final = 2
_BLOCK: Final = 3
"""Fewest times of a block."""


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Medians of consecutive blocks of times, each time over the median of all times of the same work.

    Attributes:
        block_medians: in order, 1.0 for the speed of the whole; empty where there are too few times.
        spread: largest over smallest, less 1; None where there are too few times.
        is_stable: whether the spread is at most 5 %; None where there are too few times to tell.
    """

    block_medians: tuple[float, ...]
    spread: float | None
    is_stable: bool | None

    def __str__(self) -> str:
        if self.spread is None:
            return f"too few runs to tell; {_MIN_BLOCKS * _BLOCK} of the same recording at least"
        blocks = f"medians of {len(self.block_medians)} blocks differ by {100 * self.spread:.1f} %"
        return blocks if self.is_stable else f"unstable: {blocks}; more than {100 * LIMIT:.0f} %"


def steadiness_of(times: Sequence[tuple[Hashable, float]]) -> Steadiness:
    """Judge times.

    Args:
        times: what was done, and how long it took, in the order in which it was done. What was done once has
            nothing to compare with and is left out.
    """
    alike = defaultdict(list)
    for work, time in times:
        alike[work].append(time)
    relative = [time / median(alike[work]) for work, time in times if len(alike[work]) > 1]
    count = min(_MAX_BLOCKS, len(relative) // _BLOCK)
    if count < _MIN_BLOCKS:
        return Steadiness((), None, None)
    bounds = [round(index * len(relative) / count) for index in range(count + 1)]
    medians = tuple(median(relative[start:end]) for start, end in pairwise(bounds))
    spread = max(medians) / min(medians) - 1
    return Steadiness(medians, spread, spread <= LIMIT)

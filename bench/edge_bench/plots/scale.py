"""From values to places, and the values that an axis names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_NICE: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS: Final = 5
_DECADES: Final = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis.

    Attributes:
        low: value at `start`.
        high: value at `end`; above `low`.
        start: place of the lowest value.
        end: place of the highest value.
        is_log: whether equal ratios are equally far apart; `low` is above 0 then.
    """

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        low, high, at = self.low, self.high, value
        if self.is_log:
            low, high, at = math.log(low), math.log(high), math.log(value)
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return round values inside, about five."""
        if self.is_log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            each = max(1, -(-(last - first + 1) // _DECADES))
            return [10.0**power for power in range(first, last + 1, each)]
        step = _nice((self.high - self.low) / _TICKS)
        lowest, highest = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [index * step for index in range(lowest, highest + 1)]


def linear(values: Sequence[float], start: float, end: float, *, from_zero: bool = False) -> Scale:
    """Return an axis on which all values lie, with a little room at the ends."""
    low, high = min(values), max(values)
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return Scale(0.0 if from_zero else low - room, high + room, start, end)


def _nice(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(each * power for each in _NICE if each * power >= step * (1 - 1e-9))

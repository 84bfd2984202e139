"""The lines of a cue: as few as hold it, of like widths, broken where phrases do.

The best lines are those of least cost, found by dynamic programming as the cues are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import inf
from typing import Final

from edge_runtime.writers.cues.box import Box, width_of
from edge_runtime.writers.cues.limits import CueLimits

_UNEVEN: Final = 40.0
"""Cost of a line as wide again as it should be, with the square of what it is off."""
_VERY_UNEVEN: Final = 40.0
"""Further cost of a line under two thirds of its share: beside another of the rest, it is half as wide."""
_TWO_THIRDS: Final = 0.68
_ORPHAN: Final = 60.0
"""Cost of one word alone in the last line."""


def break_lines(boxes: Sequence[Box], limits: CueLimits) -> tuple[Sequence[Box], ...]:
    """Return the boxes of each line.

    Args:
        boxes: of one cue, one or more.
        limits: of the lines; a box wider than a line has one of its own.
    """
    count = _count(boxes, limits)
    share = width_of(boxes) / count or 1.0  # where all is of no width

    @cache
    def best(start: int, lines: int) -> tuple[float, tuple[int, ...]]:
        """Return the least cost of the boxes from `start` on in so many lines, and where the lines end."""
        if lines == 1:
            return _cost(boxes[start:], share, limits, is_last=count > 1), (len(boxes),)
        return min(with_rest(start, end, lines) for end in range(start + 1, len(boxes) - lines + 2))

    def with_rest(start: int, end: int, lines: int) -> tuple[float, tuple[int, ...]]:
        cost = _cost(boxes[start:end], share, limits) + boxes[end].break_cost
        rest, ends = best(end, lines - 1) if cost < inf else (inf, ())
        return cost + rest, (end, *ends)

    _, ends = best(0, count)
    return tuple(boxes[start:end] for start, end in zip((0, *ends), ends, strict=False))


def _cost(line: Sequence[Box], share: float, limits: CueLimits, *, is_last: bool = False) -> float:
    width = width_of(line)
    if len(line) > 1 and (width > limits.columns or sum(len(one.words) for one in line) > limits.line_words):
        return inf
    orphan = _ORPHAN * (is_last and _is_single(line))
    return orphan + _UNEVEN * (width / share - 1) ** 2 + _VERY_UNEVEN * (width < _TWO_THIRDS * share)


def _is_single(line: Sequence[Box]) -> bool:
    """Tell whether a line is one word, or one or two characters of a script without spaces."""
    return len(line) == 1 or (sum(len(box.words) for box in line) <= 2 and not line[0].space)  # noqa: PLR2004


def _count(boxes: Sequence[Box], limits: CueLimits) -> int:
    """Return how many lines hold the boxes at least."""
    count, line = 1, [boxes[0]]
    for box in boxes[1:]:
        wider = [*line, box]
        words = sum(len(one.words) for one in wider)
        if width_of(wider) > limits.columns or words > limits.line_words:
            count, line = count + 1, [box]
        else:
            line = wider
    return count

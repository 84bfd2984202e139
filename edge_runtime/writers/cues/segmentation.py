"""Which boxes make a cue: the segmentation of least cost.

What is weighed is in `_Costs`; what cannot be is in `_reach`. The least cost is found by dynamic programming
over the places where a cue may end, as Knuth and Plass break paragraphs (1981).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from math import inf
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.results.document import LONG_PAUSE_S
from edge_runtime.writers.cues.box import Box
from edge_runtime.writers.cues.limits import CueLimits

_A_CUE: Final = 2.0
"""Every cue costs this, so that a text has no more of them than it needs."""
_TWO_SENTENCES: Final = 3.0
"""A sentence that begins within a cue."""
_PAST_CLAUSE: Final = 12.0
"""A cue that ends inside a clause although an earlier one of its sentence ends in it."""
_SILENCE_A_S: Final = 5.0
"""A second of silence within a cue."""
_TOO_SHORT_A_S: Final = 12.0
"""A second less than the shortest, also with the room behind."""
_TOO_FAST_A_S: Final = 6.0
"""A second less than it takes to read, also with the room behind."""
_INSIDE_SENTENCE: Final = 3.0
"""How much worse it is to begin a cue within a sentence than a line."""


def cut_into_cues(boxes: Sequence[Box], limits: CueLimits) -> Iterator[Sequence[Box]]:
    """Yield the boxes of each cue in order."""
    best: list[tuple[float, int]] = [(0.0, 0)] + [(inf, 0)] * len(boxes)
    costs = _Costs(boxes, limits)
    for start in range(len(boxes)):
        for end in _reach(boxes, start, limits):
            cost = best[start][0] + costs.of(start, end)
            if cost < best[end][0]:
                best[end] = cost, start
    ends = [len(boxes)]
    while ends[-1] > 0:
        ends.append(best[ends[-1]][1])
    for start, end in pairwise(reversed(ends)):
        yield boxes[start:end]


def _reach(boxes: Sequence[Box], start: int, limits: CueLimits) -> Iterator[int]:
    """Yield where a cue may end that begins at `start`: at least behind one box, else within all limits."""
    lines, columns, words = 1, 0, 0
    for end in range(start + 1, len(boxes) + 1):
        box = boxes[end - 1]
        if end > start + 1:
            if box.begins_turn or box.pause > LONG_PAUSE_S:
                return
            if 1000 * (box.end - boxes[start].start) > limits.longest_ms:
                return
            columns += boxes[end - 2].space
        columns += box.columns
        words += len(box.words)
        if columns > limits.columns or words > limits.line_words:
            lines += end > start + 1
            columns, words = box.columns, len(box.words)
        if lines > limits.lines:
            return
        yield end


class _Costs:
    """Costs of cues over the same boxes, from sums up to each box."""

    def __init__(self, boxes: Sequence[Box], limits: CueLimits) -> None:
        self._boxes = boxes
        self._limits = limits
        self._joined = list(accumulate(map(_join_cost, boxes)))
        self._clauses = list(_last_clauses(boxes))
        self._lengths = list(accumulate((len(one.text) + one.space for one in boxes), initial=0))

    def of(self, start: int, end: int) -> float:
        """Return the cost of a cue of the boxes from `start` to before `end`."""
        shown_s = self._available_s(start, end)
        length = self._lengths[end] - self._lengths[start] - self._boxes[end - 1].space
        joined = self._joined[end - 1] - self._joined[start]
        short_s = max(0.0, self._limits.shortest_ms / 1000 - shown_s)
        fast_s = max(0.0, self._limits.reading_s(length) - shown_s)
        return _A_CUE + joined + self._ended(start, end) + _TOO_SHORT_A_S * short_s + _TOO_FAST_A_S * fast_s

    def _ended(self, start: int, end: int) -> float:
        """Return what it costs to end a cue of `start` before the box `end`."""
        if end == len(self._boxes):
            return 0.0
        past_clause = _PAST_CLAUSE * (self._clauses[end] > start)
        return past_clause + _INSIDE_SENTENCE * self._boxes[end].break_cost

    def _available_s(self, start: int, end: int) -> Seconds:
        """Return how long a cue can be shown at most: until shortly before the next one."""
        longest_s = self._limits.longest_ms / 1000
        if end == len(self._boxes):
            return longest_s
        return min(longest_s, self._boxes[end].start - self._boxes[start].start - self._limits.gap_ms / 1000)


def _join_cost(box: Box) -> float:
    """Return what it costs if a box is not the first of its cue."""
    return _TWO_SENTENCES * box.begins_sentence + _SILENCE_A_S * max(0.0, box.pause)


def _last_clauses(boxes: Sequence[Box]) -> Iterator[int]:
    """Yield for each box where the last clause before it began, 0 in the first clause of a sentence."""
    last = 0
    for index, box in enumerate(boxes):
        yield 0 if box.begins_sentence or box.begins_clause else last
        last = index if box.begins_clause else 0 if box.begins_sentence else last

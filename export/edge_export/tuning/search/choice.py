"""Greedy choice: the largest gain per byte first, within the budget."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from edge_export.tuning.search.candidate import Candidate

Measure = Callable[[frozenset[str]], float]
"""Error of the whole network if these matrices have eight bits and the others four."""


@dataclass(frozen=True, slots=True)
class Step:
    """A chosen group.

    Attributes:
        candidate: the group.
        before: error without it.
        after: error with it.
        bytes: that it costs on top of what was chosen before.
    """

    candidate: Candidate
    before: float
    after: float
    bytes: int


def choose(
    candidates: Sequence[Candidate],
    measure: Measure,
    cost: Callable[[Collection[str]], int],
    budget: int,
    target: float = 0.0,
) -> tuple[Step, ...]:
    """Choose groups one after the other.

    A gain is measured again after each choice, and a group is taken if no other has a larger last gain per
    byte. Ties go to the group that comes first, so the same figures give the same choice.

    Args:
        candidates: groups; they may overlap.
        measure: the network's error.
        cost: bytes that eight bits add to some matrices.
        budget: maximum of bytes to add.
        target: error that is good enough to stop at.

    Source: accelerated greedy, Minoux 1978; with diminishing gains it is the greedy choice itself.
    """
    chosen: frozenset[str] = frozenset()
    error, remaining, steps = measure(chosen), budget, list[Step]()
    queue = [(float("-inf"), index) for index in range(len(candidates))]
    fresh: dict[int, float] = {}
    while queue and error > target:
        priority, index = heapq.heappop(queue)
        added = candidates[index].names - chosen
        price = cost(added)
        if not added or price > remaining:
            continue
        if index not in fresh:
            fresh[index] = measure(chosen | added)
            heapq.heappush(queue, ((fresh[index] - error) / price, index))
        elif priority < 0:
            steps.append(Step(candidates[index], error, fresh[index], price))
            chosen, error, remaining = chosen | added, fresh[index], remaining - price
            fresh = {}
    return tuple(steps)

"""Whether a bundle is inside its gate, and how sure that is. Why it is judged so: docs/adr/0008-gates.md."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge_bench.gate.asr.behaviours import BEHAVIORS
from edge_bench.gate.asr.comparison import Comparison, LanguageDelta
from edge_bench.gate.asr.limits import GateLimits
from edge_bench.gate.bootstrap import EPSILON, RULE_OF_THREE, clips_needed

_IDS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a gate.

    Attributes:
        comparison: the figures.
        limits: what they were held to.
        failures: sentences, one for each limit that is missed.
        inconclusive: sentences, one for each figure that a longer list may put outside its limit.
    """

    comparison: Comparison
    limits: GateLimits
    failures: tuple[str, ...]
    inconclusive: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """No limit is missed."""
        return not self.failures

    def summary(self) -> str:
        """Return the figures as one line."""
        deltas = (f"{each.key}_delta={points(each.difference)} {bounds(each)}" for each in _languages(self))
        counts = (f"{name}={count}" for name, count in self.comparison.counts().items())
        outcome = "passed" if self.passed else "missed"
        return " ".join(
            ["gate:", *deltas, *counts, f"clips={len(self.comparison.clips)}", outcome],
        )


def points(value: float) -> str:
    """Write a difference in points with its sign; nothing is +0.00, never -0.00."""
    return f"{round(value, 2) + 0.0:+.2f}"


def bounds(delta: LanguageDelta) -> str:
    """Write an interval."""
    return f"[{points(delta.low)},{points(delta.high)}]"


def judge(comparison: Comparison, limits: GateLimits) -> Verdict:
    """Hold a comparison to its limits."""
    failures = (*_rate_failures(comparison, limits), *_behavior_failures(comparison, limits))
    inconclusive = (
        reason
        for delta in comparison.languages
        if delta.difference <= limits.points + EPSILON
        and (reason := _inconclusive_reason(delta, limits.points))
    )
    return Verdict(comparison, limits, failures, tuple(inconclusive))


def _languages(verdict: Verdict) -> tuple[LanguageDelta, ...]:
    return verdict.comparison.languages


def _rate_failures(comparison: Comparison, limits: GateLimits) -> Iterator[str]:
    for delta in comparison.languages:
        if delta.difference > limits.points + EPSILON:
            is_certain = delta.low > limits.points + EPSILON
            certainty = "certainly" if is_certain else "on this list; a longer one may tell otherwise"
            yield (
                f"{delta.key} is {points(delta.difference)} points {bounds(delta)} from the reference's "
                f"{delta.reference:.2f} %, allowed {limits.points:+g}: outside, {certainty}"
            )


def _behavior_failures(comparison: Comparison, limits: GateLimits) -> Iterator[str]:
    for name in BEHAVIORS:
        ids, limit = comparison.ids(name), getattr(limits, name)
        if limit is not None and len(ids) > limit:
            more = f" and {len(ids) - _IDS_SHOWN} more" if len(ids) > _IDS_SHOWN else ""
            yield f"{name}: {len(ids)} new, allowed {limit} ({', '.join(ids[:_IDS_SHOWN])}{more})"


def _inconclusive_reason(delta: LanguageDelta, limit: float) -> str | None:
    """Say why a figure inside its limit may be outside, None where it is not or only equality was asked."""
    if delta.high > limit + EPSILON:
        hint = clips_needed(delta.num_clips, delta.high - delta.difference, limit - delta.difference)
        return (
            f"{delta.key} may be up to {points(delta.high)} points, allowed {limit:+g}: {delta.num_clips} "
            f"clips cannot tell{hint}"
        )
    unseen = 100 * RULE_OF_THREE / max(delta.num_units, 1)
    if 0 < limit < delta.difference + unseen and delta.low == delta.high:
        needed = math.ceil(100 * RULE_OF_THREE / limit)
        return (
            f"{delta.key}: no clip differs in its errors, but {delta.num_units} words or characters cannot "
            f"show {limit:g} points; at least {needed:,} can"
        )
    return None

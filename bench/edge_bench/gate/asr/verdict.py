"""Whether a recognizer is inside its gate, and how certain that is; reasons: docs/adr/0008-gates.md."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from edge_bench.gate.asr.behaviors import BEHAVIORS
from edge_bench.gate.asr.comparison import Comparison, LanguageDelta
from edge_bench.gate.asr.limits import GateLimits
from edge_bench.gate.asr.report import GateReport
from edge_bench.gate.asr.table import bounds, table_lines
from edge_bench.gate.bootstrap import EPSILON, RULE_OF_THREE, clips_needed
from edge_bench.gate.report import ReportHeader
from edge_bench.gate.verdict import GateVerdict, certainty, signed

_IDS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(GateVerdict[GateLimits]):
    """The verdict on a recognizer; `comparison` holds the figures."""

    comparison: Comparison

    def summary(self) -> str:
        """Return the figures as one line."""
        comparison = self.comparison
        deltas = (
            f"{each.key}_delta={signed(each.difference)} {bounds(each)}" for each in comparison.languages
        )
        counts = (f"{name}={count}" for name, count in comparison.counts().items())
        outcome = "passed" if self.passed else "missed"
        return " ".join(["gate:", *deltas, *counts, f"clips={len(comparison.clips)}", outcome])

    def table(self) -> Iterator[str]:
        """Yield the lines of a report for a person, without the summary."""
        yield from table_lines(self.comparison, self.limits)

    def clip_documents(self) -> Iterator[bytes]:
        """Yield each clip whose text or behavior is new, as JSON."""
        for each in self.comparison.clips:
            if each.behaviours:
                yield msgspec.json.encode(each, order="sorted")

    def report(self, header: ReportHeader) -> GateReport:
        """Return the figures with a header."""
        comparison = self.comparison
        return GateReport(
            **header,
            limits=self.limits,
            languages=comparison.languages,
            counts={str(name): count for name, count in comparison.counts().items()},
            changed=comparison.ids("changed"),
        )


def judge(comparison: Comparison, limits: GateLimits) -> Verdict:
    """Apply the limits to a comparison."""
    inconclusive = (
        reason
        for delta in comparison.languages
        if delta.difference <= limits.points + EPSILON
        and (reason := _inconclusive_reason(delta, limits.points))
    )
    return Verdict(
        limits=limits,
        failures=(*_rate_failures(comparison, limits), *_behavior_failures(comparison, limits)),
        inconclusive=tuple(inconclusive),
        comparison=comparison,
    )


def _rate_failures(comparison: Comparison, limits: GateLimits) -> Iterator[str]:
    for delta in comparison.languages:
        if delta.difference > limits.points + EPSILON:
            is_certain = delta.low > limits.points + EPSILON
            yield (
                f"{delta.key} is {signed(delta.difference)} points {bounds(delta)} from the reference's "
                f"{delta.reference:.2f} %, allowed {limits.points:+g}: {certainty(is_certain=is_certain)}"
            )


def _behavior_failures(comparison: Comparison, limits: GateLimits) -> Iterator[str]:
    for name in BEHAVIORS:
        ids, limit = comparison.ids(name), getattr(limits, name)
        if limit is not None and len(ids) > limit:
            more = f" and {len(ids) - _IDS_SHOWN} more" if len(ids) > _IDS_SHOWN else ""
            yield f"{name}: {len(ids)} new, allowed {limit} ({', '.join(ids[:_IDS_SHOWN])}{more})"


def _inconclusive_reason(delta: LanguageDelta, limit: float) -> str | None:
    """Say why a figure inside its limit may be outside; None where it cannot be, or the limit is equality."""
    if delta.high > limit + EPSILON:
        hint = clips_needed(delta.num_clips, delta.high - delta.difference, limit - delta.difference)
        return (
            f"{delta.key} may be up to {signed(delta.high)} points, allowed {limit:+g}: {delta.num_clips} "
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

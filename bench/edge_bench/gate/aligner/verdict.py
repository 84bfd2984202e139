"""Whether an aligner is inside its gate, and how certain that is; reasons: docs/adr/0008-gates.md."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from edge_bench.gate.aligner.comparison import AlignerComparison, AlignerFigures
from edge_bench.gate.aligner.limits import AlignerLimits
from edge_bench.gate.aligner.report import AlignerGateReport, clip_document
from edge_bench.gate.aligner.table import aligner_table_lines, bounds
from edge_bench.gate.bootstrap import EPSILON, RULE_OF_THREE, clips_needed
from edge_bench.gate.report import ReportHeader
from edge_bench.gate.verdict import GateVerdict, certainty, signed


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignerVerdict(GateVerdict[AlignerLimits]):
    """The verdict on an aligner; `comparison` holds the figures."""

    comparison: AlignerComparison

    def summary(self) -> str:
        """Return the figures as one line."""
        whole = self.comparison.whole
        times = []
        if whole.candidate_aas_ms is not None:
            times = [f"aas_ms={whole.candidate_aas_ms:.2f}", f"aas_delta_ms={signed(whole.aas_delta_ms)}"]
        figures = [
            f"equal={whole.equal:.2f} {bounds(whole)}",
            f"within_one={whole.within_one:.2f}",
            f"distance_ms={whole.distance_ms:.2f}",
            *times,
            f"slots={whole.num_slots} clips={whole.num_clips}",
        ]
        return " ".join(["gate:", *figures, "passed" if self.passed else "missed"])

    def table(self) -> Iterator[str]:
        """Yield the lines of a report for a person, without the summary."""
        yield from aligner_table_lines(self.comparison, self.limits)

    def clip_documents(self) -> Iterator[bytes]:
        """Yield each clip with another class, as JSON."""
        for each in self.comparison.clips:
            if each.num_changed:
                yield clip_document(each)

    def report(self, header: ReportHeader) -> AlignerGateReport:
        """Return the figures with a header."""
        comparison = self.comparison
        return AlignerGateReport(
            **header,
            limits=self.limits,
            figures=comparison.whole,
            languages=comparison.languages,
            changed={each.clip.id: each.num_changed for each in comparison.clips if each.num_changed},
        )


def judge_aligner(comparison: AlignerComparison, limits: AlignerLimits) -> AlignerVerdict:
    """Apply the limits to a comparison; a limit for `aas_ms` needs clips with true times."""
    failures = tuple(_failures(comparison.whole, limits))
    reason = None if failures else _inconclusive_reason(comparison.whole, limits.equal)
    return AlignerVerdict(
        limits=limits,
        failures=failures,
        inconclusive=(reason,) if reason else (),
        comparison=comparison,
    )


def _failures(whole: AlignerFigures, limits: AlignerLimits) -> Iterator[str]:
    if whole.equal < limits.equal - EPSILON:
        is_certain = whole.high < limits.equal - EPSILON
        yield (
            f"{whole.equal:.2f} % {bounds(whole)} of {whole.num_slots} classes are the reference's, wanted "
            f"{limits.equal:g} %: {certainty(is_certain=is_certain)}"
        )
    if limits.within_one is not None and whole.within_one < limits.within_one - EPSILON:
        yield (
            f"{whole.within_one:.2f} % of the classes are the reference's or beside it, wanted "
            f"{limits.within_one:g} %"
        )
    if limits.aas_ms is not None:
        delta = whole.aas_delta_ms
        assert delta is not None, "the gate refuses this limit for a list without true times"
        if delta > limits.aas_ms + EPSILON:
            yield f"aas_ms is {signed(delta)} from the reference's, allowed {limits.aas_ms:+g}"


def _inconclusive_reason(whole: AlignerFigures, limit: float) -> str | None:
    """Say why a share inside its limit may be outside; None where it cannot be, or the limit is equality."""
    if whole.low < limit - EPSILON:
        hint = clips_needed(whole.num_clips, whole.equal - whole.low, whole.equal - limit)
        return (
            f"no more than {whole.low:.2f} % of the classes may be equal, wanted {limit:g}: "
            f"{whole.num_clips} clips cannot tell{hint}"
        )
    needed = math.inf if limit == 100 else 100 * RULE_OF_THREE / (100 - limit)  # noqa: PLR2004 - percent
    if whole.low == whole.high and whole.num_slots < needed < math.inf:
        return (
            f"no clip differs from another in its share, but {whole.num_slots} slots cannot show that "
            f"{limit:g} % are equal; at least {math.ceil(needed):,} can"
        )
    return None

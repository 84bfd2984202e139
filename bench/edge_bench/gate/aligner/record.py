"""A gate's figures as they are kept: `gate.json` of an aligner, and the last line of `gate --json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from edge_bench.gate.aligner.comparison import AlignerFigures, ComparedAlignment
from edge_bench.gate.aligner.limits import AlignerLimits
from edge_bench.gate.aligner.verdict import AlignerVerdict
from edge_bench.gate.asr.record import IntervalMethod
from edge_bench.gate.report_base import GateReportBase, ListInfo, describe
from edge_runtime.bundle.bundle import Bundle

ALIGNER_GATE_SCHEMA: Final = "edge-asr/slot-gate@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignerGateReport(GateReportBase[AlignerLimits]):
    """Everything but the texts.

    Attributes:
        figures: of the whole list, which the limits are for.
        languages: of each language.
        changed: name of each clip with other classes → how many slots.
        method: of the comparison.
    """

    figures: AlignerFigures
    languages: tuple[AlignerFigures, ...]
    changed: dict[str, int]
    method: IntervalMethod = field(default_factory=IntervalMethod)
    schema: str = ALIGNER_GATE_SCHEMA


def aligner_report(
    verdict: AlignerVerdict, candidate: Bundle, reference: Bundle, corpus: ListInfo
) -> AlignerGateReport:
    """Write down what was found."""
    comparison = verdict.comparison
    return AlignerGateReport(
        passed=verdict.passed,
        failures=verdict.failures,
        doubts=verdict.inconclusive,
        candidate=describe(candidate),
        reference=describe(reference),
        corpus=corpus,
        limits=verdict.limits,
        figures=comparison.whole,
        languages=comparison.languages,
        changed={each.clip.id: each.num_changed for each in comparison.clips if each.num_changed},
    )


def clip_document(compared: ComparedAlignment) -> bytes:
    """Return the changed slots of one clip as JSON."""
    pairs = zip(compared.reference.class_ids, compared.candidate.class_ids, strict=True)
    changed = [
        {"slot": slot, "reference": old, "candidate": new}
        for slot, (old, new) in enumerate(pairs)
        if old != new
    ]
    document = {"id": compared.clip.id, "slots": len(compared.distances), "changed": changed}
    return msgspec.json.encode(document, order="sorted")

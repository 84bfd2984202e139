"""The figures of an aligner's gate as they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from edge_bench.gate.aligner.comparison import AlignerFigures, ComparedAlignment
from edge_bench.gate.aligner.limits import AlignerLimits
from edge_bench.gate.report import GateReportBase, IntervalMethod

ALIGNER_GATE_SCHEMA: Final = "edge-asr/slot-gate@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignerGateReport(GateReportBase[AlignerLimits]):
    """The report of an aligner's gate.

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

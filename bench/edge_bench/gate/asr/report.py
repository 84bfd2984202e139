"""The figures of a recognizer's gate as they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from edge_bench.gate.asr.comparison import LanguageDelta
from edge_bench.gate.asr.limits import GateLimits
from edge_bench.gate.report import GateReportBase, IntervalMethod
from edge_bench.scoring.normalize import NORMALIZER

GATE_SCHEMA: Final = "edge-asr/gate@1"


@dataclass(frozen=True, slots=True)
class Method(IntervalMethod):
    """How intervals were computed and texts made comparable."""

    normalizer: str = NORMALIZER


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport(GateReportBase[GateLimits]):
    """The report of a recognizer's gate.

    Attributes:
        languages: error rates and their differences.
        counts: behavior → clips that newly show it.
        changed: names of the clips whose text differs.
        method: of the comparison.
    """

    languages: tuple[LanguageDelta, ...]
    counts: dict[str, int]
    changed: tuple[str, ...]
    method: Method = field(default_factory=Method)
    schema: str = GATE_SCHEMA

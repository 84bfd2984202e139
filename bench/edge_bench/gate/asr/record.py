"""A gate's figures as they are kept: `gate.json` of a bundle, and the last line of `edge-asr gate --json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from edge_bench.gate.asr.comparison import LanguageDelta
from edge_bench.gate.asr.limits import GateLimits
from edge_bench.gate.asr.verdict import Verdict
from edge_bench.gate.bootstrap import CONFIDENCE, RESAMPLES, SEED
from edge_bench.gate.report_base import GateReportBase, ListInfo, describe
from edge_bench.scoring.normalize import NORMALIZER
from edge_runtime.bundle.bundle import Bundle

GATE_SCHEMA: Final = "edge-asr/gate@1"


@dataclass(frozen=True, slots=True)
class IntervalMethod:
    """How intervals were computed."""

    resamples: int = RESAMPLES
    confidence: float = CONFIDENCE
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Method(IntervalMethod):
    """How intervals were computed and texts made comparable."""

    normalizer: str = NORMALIZER


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport(GateReportBase[GateLimits]):
    """Everything but the texts, which are not the bundle's to pass on.

    Attributes:
        languages: error rates and their differences.
        counts: behaviour → clips that newly show it.
        changed: names of the clips whose text differs.
        method: of the comparison.
    """

    languages: tuple[LanguageDelta, ...]
    counts: dict[str, int]
    changed: tuple[str, ...]
    method: Method = field(default_factory=Method)
    schema: str = GATE_SCHEMA


def gate_report(verdict: Verdict, candidate: Bundle, reference: Bundle, corpus: ListInfo) -> GateReport:
    """Write down what was found."""
    comparison = verdict.comparison
    return GateReport(
        passed=verdict.passed,
        failures=verdict.failures,
        doubts=verdict.inconclusive,
        candidate=describe(candidate),
        reference=describe(reference),
        corpus=corpus,
        limits=verdict.limits,
        languages=comparison.languages,
        counts={str(name): count for name, count in comparison.counts().items()},
        changed=comparison.ids("changed"),
    )

"""The gate of a build, whatever kind of bundle it judges: what `edge_export.pipeline.gate` asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

import msgspec

from edge_bench.gate.outcome import GateOutcome
from edge_bench.gate.report_base import GatedList, KeptVerdict, Limits, describe
from edge_runtime.bundle.bundle import Bundle, read_manifest


@dataclass(frozen=True, slots=True)
class BuildGate(Generic[Limits]):
    """A gate for bundles of one kind and precision.

    Attributes:
        run: lets a candidate and a reference hear the list, and judges the candidate.
        record_type: what is kept of it.
        corpus: the list, as a record describes it.
        limits: what a candidate is held to.
    """

    run: Callable[[Bundle, Bundle, Callable[[str], None]], GateOutcome]
    record_type: type[KeptVerdict[Limits]]
    corpus: GatedList
    limits: Limits

    def judge(self, candidate: Path, reference: Path, on_line: Callable[[str], None]) -> GateOutcome:
        """Run both bundles and judge the candidate.

        Raises:
            EdgeAsrError: one of them cannot be run here, or a clip cannot be used.
        """
        return self.run(read_manifest(candidate), read_manifest(reference), on_line)

    def is_settled(self, document: bytes, reference: Path) -> bool:
        """Tell whether a record is of a passed gate with this list, these limits and this reference."""
        try:
            kept = msgspec.json.decode(document, type=self.record_type)
        except msgspec.MsgspecError:
            return False  # of another version: it is gated again
        return kept.passed and (kept.corpus, kept.limits, kept.reference) == (
            self.corpus,
            self.limits,
            describe(read_manifest(reference)),
        )

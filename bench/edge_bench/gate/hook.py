"""The gate of a build: what `edge-asr build-engines --gate-on` finds by the entry point `edge_asr.gates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge_bench.corpus import Clip
from edge_bench.gate.gate_list import GateList, open_list
from edge_bench.gate.limits import limits_for
from edge_bench.gate.outcome import GateOutcome
from edge_bench.gate.record import GateRecord, describe
from edge_bench.gate.run import run_gate
from edge_bench.gate.transcripts import Listening
from edge_runtime.bundle import read_manifest


@dataclass(frozen=True, slots=True)
class BundleGate:
    """A gate for bundles of one precision.

    Attributes:
        heard: the list.
        precision: what the limits are chosen by.
        asked: limits that the user set, NAME=VALUE.
    """

    heard: GateList[Clip]
    precision: str
    asked: tuple[str, ...]

    def judge(self, candidate: Path, reference: Path, on_line: Callable[[str], None]) -> GateOutcome:
        """Run both bundles and judge the candidate.

        Raises:
            EdgeAsrError: one of them cannot be run here, or a clip cannot be used.
        """
        gated = run_gate(
            self.heard,
            read_manifest(candidate),
            read_manifest(reference),
            limits_for(self.precision, self.asked),
            listening=Listening(),
            on_line=on_line,
        )
        verdict = gated.verdict
        document = msgspec.json.format(gated.record.to_json(), indent=2) + b"\n"
        return GateOutcome(verdict.passed, verdict.summary(), verdict.failures, verdict.doubts, document)

    def is_settled(self, document: bytes, reference: Path) -> bool:
        """Tell whether a record is of a passed gate with this list, these limits and this reference."""
        try:
            kept = msgspec.json.decode(document, type=GateRecord)
        except msgspec.MsgspecError:
            return False  # of another version: it is gated again
        return kept.passed and (kept.corpus, kept.limits, kept.reference) == (
            self.heard.described,
            limits_for(self.precision, self.asked),
            describe(read_manifest(reference)),
        )


def open_gate(corpus: Path, precision: str, asked: Sequence[str]) -> BundleGate:
    """Prepare a gate before anything is built.

    Args:
        corpus: list of recordings, as `edge-asr eval` takes it.
        precision: of the bundle that is to be built.
        asked: limits to set, NAME=VALUE.

    Raises:
        EdgeAsrError: the list, a recording, a limit or the scorer is wrong or missing.
    """
    limits_for(precision, asked)
    return BundleGate(open_list(corpus), precision, tuple(asked))

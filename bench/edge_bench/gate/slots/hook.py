"""The gate of an aligner's build, by the entry point group `edge_asr.gates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge_bench.corpus import SpokenClip
from edge_bench.gate.gate_list import GateList, open_spoken_list
from edge_bench.gate.outcome import GateOutcome
from edge_bench.gate.record import describe
from edge_bench.gate.slots.limits import slot_limits_for
from edge_bench.gate.slots.record import SlotGateRecord
from edge_bench.gate.slots.run import run_slot_gate
from edge_bench.gate.transcripts import Listening
from edge_runtime.bundle import read_manifest


@dataclass(frozen=True, slots=True)
class SlotGate:
    """A gate for aligners of one precision; attributes as of `edge_bench.gate.hook.BundleGate`."""

    heard: GateList[SpokenClip]
    precision: str
    asked: tuple[str, ...]

    def judge(self, candidate: Path, reference: Path, on_line: Callable[[str], None]) -> GateOutcome:
        """Run both bundles and judge the candidate.

        Raises:
            EdgeAsrError: one of them cannot be run here, or a clip cannot be used.
        """
        gated = run_slot_gate(
            self.heard,
            read_manifest(candidate),
            read_manifest(reference),
            slot_limits_for(self.precision, self.asked),
            listening=Listening(),
            on_line=on_line,
        )
        verdict = gated.verdict
        document = msgspec.json.format(gated.record.to_json(), indent=2) + b"\n"
        return GateOutcome(verdict.passed, verdict.summary(), verdict.failures, verdict.doubts, document)

    def is_settled(self, document: bytes, reference: Path) -> bool:
        """Tell whether a record is of a passed gate with this list, these limits and this reference."""
        try:
            kept = msgspec.json.decode(document, type=SlotGateRecord)
        except msgspec.MsgspecError:
            return False  # of another version: it is gated again
        return kept.passed and (kept.corpus, kept.limits, kept.reference) == (
            self.heard.described,
            slot_limits_for(self.precision, self.asked),
            describe(read_manifest(reference)),
        )


def open_slot_gate(corpus: Path, precision: str, asked: Sequence[str]) -> SlotGate:
    """Prepare a gate before anything is built; arguments as of `edge_bench.gate.hook.open_gate`.

    Raises:
        EdgeAsrError: the list, a recording or a limit is wrong or missing.
    """
    slot_limits_for(precision, asked)
    return SlotGate(open_spoken_list(corpus), precision, tuple(asked))

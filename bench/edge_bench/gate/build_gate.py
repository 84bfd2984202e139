"""The gate of a build, which the exporter finds by the entry points `edge_asr.gates`.

`edge_export.pipeline.gate` says what a build needs of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Generic

import msgspec

from edge_bench.corpus import Entry
from edge_bench.gate.aligner.kind import ALIGNER_GATE
from edge_bench.gate.asr.kind import ASR_GATE
from edge_bench.gate.corpus import GateList
from edge_bench.gate.kind import GateInputs, GateKind, GateRun, run_gate
from edge_bench.gate.report import BundleInfo, Limits
from edge_bench.gate.run_list import Output, RunOptions
from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.manifest import Manifest


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What a build learns of its gate.

    Attributes:
        passed: the bundle is inside its gate.
        summary: the figures in one line.
        failures: what is outside, a sentence each.
        inconclusive: what the list was too short to show, a sentence each.
        document: the report as indented JSON, to become part of the bundle.
        within: returns a manifest with the bundle's figures that were measured on the list.
    """

    passed: bool
    summary: str
    failures: tuple[str, ...]
    inconclusive: tuple[str, ...]
    document: bytes
    within: Callable[[Manifest], Manifest]


@dataclass(frozen=True, slots=True)
class BuildGate(Generic[Entry, Output, Limits]):
    """A gate whose list and limits are read, for bundles of one kind and precision."""

    kind: GateKind[Entry, Output, Limits]
    gate_list: GateList[Entry]
    limits: Limits

    @classmethod
    def open(
        cls, kind: GateKind[Entry, Output, Limits], corpus: Path, precision: str, limit_args: Sequence[str]
    ) -> BuildGate[Entry, Output, Limits]:
        """Prepare a gate before anything is built.

        Args:
            kind: of the bundle that is to be built.
            corpus: list of recordings, as `edge-asr eval` takes it.
            precision: of the bundle.
            limit_args: limits to set, NAME=VALUE.

        Raises:
            EdgeAsrError: the list, a recording, a limit or the scorer is wrong or missing.
        """
        limits = kind.limits_for(precision, limit_args)
        return cls(kind, kind.open_list(corpus), limits)

    def judge(self, candidate: Path, reference: Path, on_line: Callable[[str], None]) -> GateOutcome:
        """Run both bundles and judge the candidate.

        Raises:
            EdgeAsrError: one of them cannot be run here, or a clip cannot be used.
        """
        inputs = GateInputs(self.gate_list, read_manifest(candidate), read_manifest(reference), self.limits)
        run: GateRun[Limits] = run_gate(self.kind, inputs, RunOptions(), on_line)
        return GateOutcome(
            passed=run.verdict.passed,
            summary=run.verdict.summary(),
            failures=run.verdict.failures,
            inconclusive=(*run.verdict.inconclusive, *run.measured.doubts),
            document=msgspec.json.format(run.report.to_json(), indent=2) + b"\n",
            within=run.measured.within,
        )

    def is_settled(self, document: bytes, reference: Path) -> bool:
        """Return whether a report is of a passed gate with this list, these limits and this reference."""
        try:
            stored = msgspec.json.decode(document, type=self.kind.report_type)
        except msgspec.MsgspecError:
            return False  # written by another version: the bundle is gated again
        return stored.passed and (stored.corpus, stored.limits, stored.reference) == (
            self.gate_list.info,
            self.limits,
            BundleInfo.of(read_manifest(reference)),
        )


open_gate: Final = partial(BuildGate.open, ASR_GATE)
open_aligner_gate: Final = partial(BuildGate.open, ALIGNER_GATE)
"""Prepare the gate of a build; parameters as of `BuildGate.open` after the kind."""

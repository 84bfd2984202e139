"""The gate of an aligner's build, by the entry point group `edge_asr.gates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from edge_bench.gate.aligner.limits import AlignerLimits, aligner_limits_for
from edge_bench.gate.aligner.record import AlignerGateReport
from edge_bench.gate.aligner.run import run_aligner_gate
from edge_bench.gate.build_gate import BuildGate, GateOutcome, outcome
from edge_bench.gate.corpus import open_speech_list
from edge_bench.gate.run_both import RunOptions
from edge_runtime.bundle.bundle import Bundle


def open_aligner_gate(corpus: Path, precision: str, limit_args: Sequence[str]) -> BuildGate[AlignerLimits]:
    """Prepare a gate before anything is built; arguments as of `edge_bench.gate.asr.hook.open_gate`.

    Raises:
        EdgeAsrError: the list, a recording or a limit is wrong or missing.
    """
    limits = aligner_limits_for(precision, limit_args)
    gate_list = open_speech_list(corpus)

    def run(candidate: Bundle, reference: Bundle, on_line: Callable[[str], None]) -> GateOutcome:
        gated = run_aligner_gate(
            gate_list, candidate, reference, limits, run_options=RunOptions(), on_line=on_line
        )
        return outcome(gated.verdict.summary(), gated.record)

    return BuildGate(run, AlignerGateReport, gate_list.info, limits)

"""The gate of a build: what `edge-asr build-engines --gate-on` finds by the entry point `edge_asr.gates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from edge_bench.gate.asr.limits import GateLimits, limits_for
from edge_bench.gate.asr.record import GateReport
from edge_bench.gate.asr.run import run_gate
from edge_bench.gate.build_gate import BuildGate, GateOutcome, outcome
from edge_bench.gate.corpus import open_list
from edge_bench.gate.run_both import RunOptions
from edge_runtime.bundle.bundle import Bundle


def open_gate(corpus: Path, precision: str, limit_args: Sequence[str]) -> BuildGate[GateLimits]:
    """Prepare a gate before anything is built.

    Args:
        corpus: list of recordings, as `edge-asr eval` takes it.
        precision: of the bundle that is to be built.
        limit_args: limits to set, NAME=VALUE.

    Raises:
        EdgeAsrError: the list, a recording, a limit or the scorer is wrong or missing.
    """
    limits = limits_for(precision, limit_args)
    gate_list = open_list(corpus)

    def run(candidate: Bundle, reference: Bundle, on_line: Callable[[str], None]) -> GateOutcome:
        gated = run_gate(gate_list, candidate, reference, limits, run_options=RunOptions(), on_line=on_line)
        return outcome(gated.verdict.summary(), gated.record)

    return BuildGate(run, GateReport, gate_list.info, limits)

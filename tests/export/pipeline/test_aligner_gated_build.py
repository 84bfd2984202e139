"""A build of an aligner is judged by the gate of its kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_bench.gate.build_gate import open_aligner_gate as real_aligner_gate
from edge_export.pipeline.gate import GateOptions
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult, build
from edge_runtime.errors import CheckFailedError
from tests.export.conftest import ROOT, Lines
from tests.export.support.fake_gate import register

ALIGNED_CLIPS = ROOT / "tests" / "aligned_clips"


def test_a_real_gate_of_an_aligner_runs_both_bundles(
    tiny_aligners: dict[str, Path],
    built_aligner: BuildResult,
    lines: Lines,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(monkeypatch, aligner=real_aligner_gate)
    options = BuildOptions(
        model=str(tiny_aligners["original"]),
        output=tmp_path / "out" / "tiny",
        precision="fp16",
        gate=GateOptions(ALIGNED_CLIPS / "manifest.jsonl", built_aligner.bundle, ("equal=0",)),
    )
    result = build(options, lines)
    assert result.gate is not None
    assert (result.gate["schema"], result.gate["corpus"]["num_clips"]) == ("edge-asr/slot-gate@1", 8)
    assert build(options, lines).status == "up_to_date"
    strict = replace(options, gate=replace(options.gate, limits=("equal=100", "aas_ms=-1000")))
    with pytest.raises(CheckFailedError, match="aas_ms is"):
        build(strict, lines)

"""A build inside its gate is installed; one outside changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge_bench.gate.build_gate import open_gate as real_gate
from edge_export.checkpoint.source import HubOptions
from edge_export.pipeline import gate as gates
from edge_export.pipeline.gate import GATE_NAME, GateOptions
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult, build
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.specs import ConfidenceSpec
from edge_runtime.errors import BackendUnavailableError, CheckFailedError, ExitCode, UsageError
from tests.export.conftest import ROOT, Lines
from tests.export.support.fake_gate import FakeGate, Outcome, register

CLIPS = ROOT / "tests" / "clips"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> FakeGate:
    fake = FakeGate()
    register(monkeypatch, asr=fake)
    return fake


@pytest.fixture
def ran(fake_stages: list[str]) -> list[str]:
    return fake_stages


@pytest.fixture
def options(options: BuildOptions, built: BuildResult) -> BuildOptions:
    """An int4 build with a gate against the float32 bundle."""
    return replace(
        options,
        precision="int4",
        gate=GateOptions(CLIPS / "manifest.jsonl", built.bundle, ("points=1",)),
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_bundle_inside_its_gate_carries_the_figures(
    gate: FakeGate, ran: list[str], options: BuildOptions, built: BuildResult, lines: Lines
) -> None:
    result = build(options, lines)
    bundle = open_bundle(result.bundle)
    assert bundle.path(GATE_NAME).read_bytes() == b'{"figures": 1}'
    assert result.gate == {"figures": 1}
    assert gate.openings == [(CLIPS / "manifest.jsonl", "int4", ("points=1",))]
    assert gate.judged == [("int4", built.bundle)]
    assert gate.outcome.summary in lines.progressed
    assert "the gate was passed, but ten clips cannot tell" in lines.warned


def test_what_the_gate_measured_is_in_the_manifest(
    gate: FakeGate, ran: list[str], options: BuildOptions, lines: Lines
) -> None:
    spec = ConfidenceSpec(doubtful_logprob=-0.02, low_logprob=-0.03)
    gate.outcome = Outcome(passed=True, confidence=spec)
    assert open_bundle(build(options, lines).bundle).manifest.confidence == spec


def test_a_bundle_outside_its_gate_is_not_installed_and_its_stages_are_kept(
    gate: FakeGate, ran: list[str], options: BuildOptions, lines: Lines
) -> None:
    gate.fail()
    with pytest.raises(CheckFailedError, match=r"wer_en is outside; empty: 1 new.*delta=\+0\.70") as refused:
        build(options, lines)
    assert refused.value.exit_code == ExitCode.CHECK_FAILED
    assert not options.output.exists()
    assert not list(options.output.parent.rglob("install.partial"))
    done = list(ran)
    gate.outcome = Outcome(passed=True)
    assert list(build(options, lines).reused) == ran == done


def test_an_earlier_bundle_stays_where_the_new_one_is_refused(
    gate: FakeGate, ran: list[str], options: BuildOptions, lines: Lines
) -> None:
    build(replace(options, precision="fp32", gate=None), lines)
    before = contents(options.output)
    gate.fail()
    with pytest.raises(CheckFailedError):
        build(options, lines)
    assert contents(options.output) == before


def test_a_bundle_that_passed_is_not_judged_again(
    gate: FakeGate, ran: list[str], options: BuildOptions, lines: Lines
) -> None:
    build(options, lines)
    assert build(options, lines).status == "up_to_date"
    assert build(replace(options, gate=None), lines).gate == {"figures": 1}
    assert len(gate.judged) == 1


def test_a_bundle_that_is_there_is_judged_without_building_it_again(
    gate: FakeGate, ran: list[str], options: BuildOptions, lines: Lines
) -> None:
    build(replace(options, gate=None), lines)
    before, done = contents(options.output), list(ran)
    gate.fail()
    with pytest.raises(CheckFailedError):
        build(options, lines)
    assert contents(options.output) == before
    for document in (b'{"figures": 1}', b'{"figures": 2}'):
        gate.outcome = Outcome(passed=True, document=document)
        assert build(options, lines).gate == json.loads(document)
    open_bundle(options.output)
    assert ran == done
    assert [path.name for path in options.output.parent.iterdir()] == ["tiny"]


def test_the_float_bundle_is_built_if_missing_and_found_if_there(
    gate: FakeGate, ran: list[str], options: BuildOptions, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(options.output.parent.parent)
    single = replace(options, gate=GateOptions(CLIPS / "manifest.jsonl"))
    build(single, lines)
    place = options.output.parent / "original.ort-cpu.fp32"
    assert open_bundle(place).manifest.precision == "fp32"
    count = len(ran)
    gate.outcome = Outcome(passed=True, document=b"{}")
    build(single, lines)
    assert gate.judged == [("int4", place)] * 2
    assert len(ran) == count
    place.rename(place.with_name("exact"))
    gate.outcome = Outcome(passed=True, document=b"[]")
    build(single, lines)
    assert gate.judged[-1] == ("int4", place.with_name("exact"))


def test_the_float_bundle_is_not_compared_with_itself(
    gate: FakeGate, options: BuildOptions, lines: Lines
) -> None:
    exact = options.output.with_name("original.ort-cpu.fp32")
    itself = replace(options, output=exact, precision="fp32", gate=GateOptions(CLIPS / "manifest.jsonl"))
    with pytest.raises(UsageError, match=r"is the one to be built.*--gate-reference"):
        build(itself, lines)


def test_a_reference_of_another_checkpoint_is_refused(
    gate: FakeGate, options: BuildOptions, hf_copy: Path, lines: Lines
) -> None:
    with pytest.raises(UsageError, match=r"not of the same checkpoint in fp32 \(hf\)"):
        build(replace(options, model=str(hf_copy)), lines)


def test_a_gate_that_nobody_brings_is_refused_before_the_build(
    ran: list[str], options: BuildOptions, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    with pytest.raises(BackendUnavailableError, match=r"'edge_asr.gates'.*edge-asr\[export,bench\]"):
        build(options, lines)
    register(monkeypatch, asr=ModuleNotFoundError("No module named 'edge_bench'", name="edge_bench"))
    with pytest.raises(BackendUnavailableError, match="needs the Python package 'edge_bench'"):
        build(options, lines)
    assert ran == []


def test_a_kind_without_a_gate_is_refused(
    gate: FakeGate, tiny_aligners: dict[str, Path], options: BuildOptions, lines: Lines
) -> None:
    with pytest.raises(UsageError, match="no gate for a bundle of kind 'aligner', only for asr"):
        build(replace(options, model=str(tiny_aligners["hf"]), hub=HubOptions()), lines)


def test_what_does_not_run_here_cannot_be_judged_here(
    gate: FakeGate, options: BuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "why_unusable", lambda target: f"no GPU for {target}.")
    with pytest.raises(BackendUnavailableError, match=r"no GPU for tensorrt\. .*`edge-asr gate`"):
        gates.open_gate("asr", "tensorrt", "fp16", GateOptions(Path("x")))


def test_a_real_gate_runs_both_bundles(
    ran: list[str],
    options: BuildOptions,
    built: BuildResult,
    lines: Lines,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(monkeypatch, asr=real_gate)
    listed = (CLIPS / "manifest.jsonl").read_text("utf-8").splitlines()[:2]
    clips = [{**json.loads(line), "audio": str(CLIPS / json.loads(line)["audio"])} for line in listed]
    corpus = tmp_path / "two.jsonl"
    corpus.write_text("\n".join(map(json.dumps, clips)), "utf-8")
    result = build(replace(options, gate=GateOptions(corpus, built.bundle)), lines)
    assert result.gate is not None
    assert (result.gate["passed"], result.gate["corpus"]["num_clips"]) == (True, 2)
    assert result.gate["counts"]["changed"] == 0
    assert build(replace(options, gate=GateOptions(corpus, built.bundle)), lines).status == "up_to_date"

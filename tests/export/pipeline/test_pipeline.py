"""Complete, stopped and repeated builds end in a correct bundle, and run unfinished stages only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_export.parity.case import PARITY_NAME
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult, build
from edge_export.stages import workspace
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.errors import UsageError
from edge_runtime.verification.selftest import GOLDEN_NAME, SelfTest
from tests.export.support.copied_stages import STAGES
from tests.export.support.stopped_builds import Killed, break_stage


def test_a_bundle_is_whole_and_passes_its_self_test(built: BuildResult) -> None:
    bundle = open_bundle(built.bundle)
    manifest = bundle.manifest
    assert built.status == "built"
    assert {path.name for path in built.bundle.iterdir()} == {
        *manifest.files,
        "manifest.json",
        "manifest.json.sha256",
    }
    assert {"encoder.onnx.data", "decoder.onnx.data", "tokenizer.json", PARITY_NAME, GOLDEN_NAME} <= set(
        manifest.files
    )
    assert (manifest.name, manifest.target, manifest.precision) == ("original", "ort-cpu", "fp32")
    assert len(manifest.languages) == 30
    assert {"config.json", "merges.txt", "model-00003-of-00003.safetensors"} <= set(
        manifest.provenance.checkpoint_files
    )
    assert all(result.passed for result in SelfTest(bundle).run())


def test_golden_answers_are_those_of_the_two_probes(built: BuildResult) -> None:
    with np.load(built.bundle / GOLDEN_NAME, allow_pickle=False) as golden:
        assert golden["0/waveform"].shape == (4800,)
        assert golden["1/waveform"].shape == (155200,)
        assert golden["1/log_mel"].shape == (128, 970)
        assert golden["1/audio_embeds"].shape == (126, 64)
        assert golden["0/token_ids"].shape == golden["0/logprobs"].shape == (50,)
        assert len(set(golden["1/token_ids"].tolist())) > 5


def test_no_working_files_are_left(built: BuildResult) -> None:
    assert [path.name for path in built.bundle.parent.iterdir()] == ["tiny"]


def test_an_identical_bundle_is_not_built_again(
    fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    assert build(options, lines).status == "built"
    assert fake_stages == STAGES
    again = build(options, lines)
    assert (again.status, fake_stages) == ("up_to_date", STAGES)


def test_what_a_build_left_that_was_stopped_once_it_had_installed_is_cleared(
    fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    bundle = build(options, lines).bundle
    working = bundle.parent / ".build" / bundle.name
    working.mkdir(parents=True)
    (working / "model.json").write_bytes(b"{}")
    assert build(options, lines).status == "up_to_date"
    assert not working.parent.exists()


def test_force_builds_an_identical_bundle_again(
    fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    build(options, lines)
    forced = BuildOptions(model=options.model, output=options.output, force=True)
    assert build(forced, lines).status == "built"
    assert fake_stages == STAGES * 2


def test_a_damaged_bundle_is_built_again(
    fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    bundle = build(options, lines).bundle
    (bundle / "encoder.onnx").write_bytes(b"")
    assert build(options, lines).status == "built"
    open_bundle(bundle)


@pytest.mark.parametrize("stopped", STAGES)
def test_a_stopped_build_goes_on_where_it_ended(
    monkeypatch: pytest.MonkeyPatch,
    fake_stages: list[str],
    options: BuildOptions,
    lines: object,
    stopped: str,
) -> None:
    with monkeypatch.context() as patch:
        break_stage(patch, stopped, Killed())
        with pytest.raises(Killed):
            build(options, lines)
    before = STAGES[: STAGES.index(stopped)]
    assert fake_stages == before
    assert not options.output.exists()
    result = build(options, lines)
    assert result.reused == tuple(before)
    assert fake_stages == STAGES
    open_bundle(result.bundle)


def test_stages_of_other_inputs_are_not_taken_over(
    monkeypatch: pytest.MonkeyPatch,
    fake_stages: list[str],
    options: BuildOptions,
    hf_copy: Path,
    lines: object,
) -> None:
    with monkeypatch.context() as patch:
        break_stage(patch, "parity", Killed())
        with pytest.raises(Killed):
            build(options, lines)
    other = BuildOptions(model=str(hf_copy), output=options.output)
    assert build(other, lines).reused == ()


def test_a_stage_whose_file_is_gone_is_done_again_with_all_after_it(
    monkeypatch: pytest.MonkeyPatch, fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    with monkeypatch.context() as patch:
        break_stage(patch, "parity", Killed())
        with pytest.raises(Killed):
            build(options, lines)
    (options.output.parent / ".build" / "tiny" / "encoder" / "encoder.onnx").unlink()
    fake_stages.clear()
    assert build(options, lines).reused == ("tokenizer", "vad")
    assert fake_stages == STAGES[2:]


def test_two_builds_of_one_bundle_do_not_run_at_once(tmp_path: Path) -> None:
    with (
        workspace.open_workspace(tmp_path / "w", "key", fresh=False),
        pytest.raises(UsageError, match="another build of this bundle is running"),
        workspace.open_workspace(tmp_path / "w", "key", fresh=False),
    ):
        pass

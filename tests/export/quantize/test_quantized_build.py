"""Quantised bundles are built, proven, resumed and verified like float ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge_export.graphs import parameters
from edge_export.parity.case import PARITY_NAME
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult, build
from edge_export.stages.calibration import CALIBRATE, ERRORS_NAME
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.errors import ParityError, UsageError
from edge_runtime.verification.selftest import SelfTest
from tests.export.conftest import ROOT, Lines
from tests.export.support.stopped_builds import Killed, killed_when_it_begins, killed_when_it_installs

CLIPS = ROOT / "tests" / "clips"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one recording."""
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "one.flac").write_bytes((CLIPS / "en-00000.flac").read_bytes())
    return folder


@pytest.fixture(scope="module")
def built_w8a8(
    tiny_checkpoints: dict[str, Path], recording: Path, tmp_path_factory: pytest.TempPathFactory
) -> BuildResult:
    output = tmp_path_factory.mktemp("w8a8") / "tiny"
    options = BuildOptions(
        model=str(tiny_checkpoints["hf"]), output=output, precision="int8-w8a8", calibrate_on=recording
    )
    return build(options, Lines())


def test_a_calibrated_bundle_is_whole_and_passes_its_self_test(
    built_w8a8: BuildResult, recording: Path
) -> None:
    bundle = open_bundle(built_w8a8.bundle)
    manifest = bundle.manifest
    assert manifest.precision == "int8-w8a8"
    assert {each.precision for each in manifest.components.values()} == {"int8-w8a8", "fp32"}
    assert manifest.components["vad"].precision == "fp32"
    assert "calibration/one.flac" in manifest.provenance.checkpoint_files
    assert manifest.provenance.calibrate_on == str(recording)
    assert all(result.passed for result in SelfTest(bundle).run())


def test_a_calibrated_bundle_lists_its_matrices_worst_first(built_w8a8: BuildResult) -> None:
    errors = json.loads((built_w8a8.bundle / ERRORS_NAME).read_text("utf-8"))
    assert len(errors) == 3 + 1 + 2 * 4 + 2 + 1 + 2 * 4
    measured = [error["weights"] if error["output"] is None else error["output"] for error in errors]
    assert measured == sorted(measured, reverse=True)


def test_four_bits_leave_the_encoder_at_eight_and_a_stopped_build_goes_on(
    tiny_checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    options = BuildOptions(model=str(tiny_checkpoints["hf"]), output=tmp_path / "tiny", precision="int4")
    with pytest.raises(Killed):
        build(options, killed_when_it_installs())
    result = build(options, Lines())
    assert result.reused == ("tokenizer", "vad", "encoder", "decoder", "reference", "parity")
    components = open_bundle(result.bundle).manifest.components
    assert {name: each.precision for name, each in components.items()} == {
        "encoder": "int8",
        "decoder": "int4",
        "vad": "fp32",
    }
    assert build(options, Lines()).status == "up_to_date"


def test_a_bundle_with_half_a_cache_is_another_one(tiny_checkpoints: dict[str, Path], tmp_path: Path) -> None:
    plain = BuildOptions(model=str(tiny_checkpoints["hf"]), output=tmp_path / "tiny", precision="int4")
    half = replace(plain, kv_cache_dtype="float16")
    for options, dtype in ((plain, "float32"), (half, "float16")):
        result = build(options, Lines())
        decoder = open_bundle(result.bundle).manifest.decoder
        assert decoder is not None
        assert (result.status, decoder.kv_dtype) == ("built", dtype)
    assert build(half, Lines()).status == "up_to_date"


def test_an_aligner_has_no_cache_to_choose() -> None:
    with pytest.raises(UsageError, match="an aligner has no cache"):
        build(BuildOptions(model="mini-aligner", precision="int8", kv_cache_dtype="float16"), Lines())


def test_a_wrong_matrix_is_found_at_eight_bits(
    tiny_checkpoints: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = parameters.parameter

    def wrong(module: object, requested: str, *rest: object) -> object:
        value = right(module, requested, *rest)
        return value.flip(0) if requested.endswith("layers.1.mlp.down_proj.weight") else value

    monkeypatch.setattr("edge_export.graphs.write.parameter", wrong)
    target = tmp_path / "bundle"
    with pytest.raises(ParityError, match="Nothing was installed"):
        build(BuildOptions(model=str(tiny_checkpoints["hf"]), output=target, precision="int8"), Lines())
    assert not target.exists()


def test_quantized_activations_need_recordings(tmp_path: Path) -> None:
    options = BuildOptions(model="mini", output=tmp_path / "x", precision="int8-w8a8")
    with pytest.raises(UsageError, match="--calibrate-on"):
        build(options, Lines())


def test_recordings_that_nothing_is_calibrated_on_are_refused(tmp_path: Path, recording: Path) -> None:
    options = BuildOptions(model="mini", output=tmp_path / "x", precision="fp16", calibrate_on=recording)
    with pytest.raises(UsageError, match="takes no recordings"):
        build(options, Lines())


def test_other_recordings_are_another_bundle(
    built_w8a8: BuildResult, tiny_checkpoints: dict[str, Path]
) -> None:
    options = BuildOptions(
        model=str(tiny_checkpoints["hf"]),
        output=built_w8a8.bundle,
        precision="int8-w8a8",
        calibrate_on=CLIPS / "zh-00000.flac",
    )
    with pytest.raises(Killed):
        build(options, killed_when_it_begins())


def test_a_float_build_has_no_calibration(built: BuildResult) -> None:
    report = json.loads((built.bundle / PARITY_NAME).read_text("utf-8"))
    assert all(check["passed"] for check in report["stages"])
    assert not (built.bundle / ERRORS_NAME).exists()
    assert CALIBRATE not in built.reused


def test_four_bits_with_recordings_are_rounded_by_them_and_listed(
    tiny_checkpoints: dict[str, Path], recording: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'schema = "edge-asr/quantisation@1"\nprecision = "int4"\nreason = "for a test alone"\n[[overrides]]\n'
        'pattern = "*.mlp.down_proj.weight"\nweights = "int8"\nreason = "for a test alone"\n'
    )
    options = BuildOptions(
        model=str(tiny_checkpoints["hf"]),
        output=tmp_path / "tiny",
        calibrate_on=recording,
        recipe=str(recipe),
    )
    lines = Lines()
    result = build(options, lines)
    assert any(line.startswith("rounding gptq") for line in lines.progressed)
    manifest = open_bundle(result.bundle).manifest
    assert manifest.precision == "int4"
    assert "quantisation/gptq" in manifest.provenance.checkpoint_files
    errors = {error["name"]: error for error in json.loads((result.bundle / ERRORS_NAME).read_text("utf-8"))}
    assert {error["precision"] for name, error in errors.items() if "down_proj" in name} == {"int8"}
    products = [error for name, error in errors.items() if "conv2d" not in name]
    assert all(error["output"] is not None for error in products)
    worst = [error["weights"] if error["output"] is None else error["output"] for error in errors.values()]
    assert worst == sorted(worst, reverse=True)
    assert build(options, lines).status == "up_to_date"


def test_another_rounding_is_another_bundle(
    built_w8a8: BuildResult,
    tiny_checkpoints: dict[str, Path],
    recording: Path,
) -> None:
    options = BuildOptions(
        model=str(tiny_checkpoints["hf"]),
        output=built_w8a8.bundle,
        precision="int8-w8a8",
        calibrate_on=recording,
        rounding="gptq",
    )
    with pytest.raises(Killed):
        build(options, killed_when_it_begins())

"""Bundles: memory against need, and what stands in the way of loading them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from edge_runtime.backends.session import EngineEnvironment
from edge_runtime.bundle.manifest import FileEntry
from edge_runtime.doctor.bundles import find_bundles
from edge_runtime.doctor.examine import examine
from edge_runtime.doctor.host import Host
from edge_runtime.doctor.need import memory_need
from edge_runtime.doctor.report import Report
from edge_runtime.doctor.trials import bundle_trial
from edge_runtime.doctor.trials.trial import Trial
from edge_runtime.errors import StaleEngineError
from edge_runtime.model.io_memory import io_bytes, mirror_bytes
from tests.export.compile.portable import PROFILE, add_precision, record, write_portable
from tests.runtime.doctor.conftest import CPU_ONLY, MISSING, NO_GPU_PART, ORIN, ORIN_TRIALS, cuda, finding
from tests.support.machine_trees import GB, desktop, orin_nano, write_memory
from tests.support.manifests import DECODER_COMPONENT, decoder_spec, make_manifest
from tests.support.tiny_bundle import write_tiny_bundle

ReportOf = Callable[..., Report]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_tiny_bundle(tmp_path / "engines" / "tiny")


def test_bundles_of_the_folder_are_examined_where_none_is_named(
    tmp_path: Path, bundle: Path, report_of: ReportOf
) -> None:
    (examined,) = report_of(desktop(tmp_path / "pc"), CPU_ONLY).bundles
    assert examined.path == str(bundle)
    assert (examined.name, examined.kind, examined.target, examined.precision) == (
        "tiny",
        "asr",
        "ort-cpu",
        "fp32",
    )
    assert examined.opened is True
    assert examined.need is not None
    assert examined.available == 20 * GB // 1024 * 1024


def test_a_bundle_that_needs_more_memory_than_there_is_is_not_loaded(tmp_path: Path, bundle: Path) -> None:
    root = desktop(tmp_path / "pc")
    write_memory(root, 2 * GB, GB // 5)
    runs: list[str] = []

    def run(name: str, *_: str) -> Trial:
        runs.append(name)
        return CPU_ONLY[name]

    report = examine(Host(root=root), [bundle], tmp_path, run)
    assert not report.usable
    assert report.bundles[0].opened is None
    assert "bundle" not in runs
    memory = finding(report, "bundle.tiny")
    assert memory.status == "failed"
    assert "needs about 0.3 GB of memory, and 0.2 GB are available" in memory.message


def test_a_bundle_that_cannot_be_loaded_fails_with_the_command_of_its_error(
    tmp_path: Path, bundle: Path, report_of: ReportOf
) -> None:
    stale = Trial(
        outcome="failed",
        reason="The decoder engine does not fit here: GPU is 'Orin'. Build it again.",
        hint="edge-asr compile x",
    )
    trials = {**CPU_ONLY, "bundle": stale}
    report = report_of(desktop(tmp_path / "pc"), trials, bundle)
    loaded = finding(report, "bundle.tiny")
    assert not report.usable
    assert (
        loaded.message == f"{bundle}: cannot be loaded: The decoder engine does not fit here: GPU is 'Orin'."
    )
    assert (loaded.hint, loaded.detail) == ("edge-asr compile x", stale.reason)
    # Without a name it does not decide whether the machine is usable.
    assert report_of(desktop(tmp_path / "pc"), trials).usable


def test_a_bundle_that_kills_its_process_is_to_be_verified(
    tmp_path: Path, bundle: Path, report_of: ReportOf
) -> None:
    died = Trial(outcome="died", reason="The process was ended by SIGKILL.")
    loaded = finding(report_of(desktop(tmp_path / "pc"), {**CPU_ONLY, "bundle": died}, bundle), "bundle.tiny")
    assert loaded.hint == f"edge-asr verify --model {bundle}"
    assert "SIGKILL" in loaded.message


def test_where_the_back_end_does_not_run_its_own_finding_says_what_to_do(
    tmp_path: Path, bundle: Path, report_of: ReportOf
) -> None:
    died = Trial(outcome="died", reason="The process was ended by SIGBUS.")
    report = report_of(desktop(tmp_path / "pc"), {**CPU_ONLY, "ort-cpu": died, "bundle": died}, bundle)
    assert finding(report, "bundle.tiny").hint is None
    hint = finding(report, "backend.ort-cpu").hint
    assert hint == "pip install 'edge-asr[cpu]' --force-reinstall"


def test_engines_of_another_tensorrt_are_refused_with_the_command_that_builds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = msgspec.structs.replace(DECODER_COMPONENT, engine=record("legacy"))
    parts = make_manifest().components | {"decoder": engine}
    folder = write_tiny_bundle(tmp_path / "engines", target="tensorrt", components=parts)
    here = EngineEnvironment(builder="tensorrt", version="10.16.2")
    monkeypatch.setattr(bundle_trial, "engine_environment", lambda *_: here)
    with pytest.raises(
        StaleEngineError, match=r"version is '10\.16\.2', it was built with '10\.3'"
    ) as caught:
        bundle_trial.open_graphs(str(folder))
    assert caught.value.rebuild.startswith("edge-asr build-engines")


def test_a_folder_without_a_bundle_is_a_failure(tmp_path: Path, report_of: ReportOf) -> None:
    report = report_of(desktop(tmp_path / "pc"), CPU_ONLY, tmp_path / "nothing")
    assert not report.usable
    assert report.bundles[0].name is None
    assert "no bundle here" in finding(report, "bundle.nothing").message


def test_a_back_end_that_a_bundle_needs_must_run(tmp_path: Path, report_of: ReportOf) -> None:
    write_tiny_bundle(tmp_path / "engines" / "tiny", target="ort-cuda")
    trials = {**CPU_ONLY, "ort-cuda": NO_GPU_PART, "bundle": MISSING}
    gpu = finding(report_of(desktop(tmp_path / "pc"), trials), "backend.ort-cuda")
    assert gpu.status == "failed"
    assert gpu.hint == "pip uninstall -y onnxruntime && pip install 'edge-asr[gpu]'"


def test_a_portable_bundle_is_to_be_compiled(tmp_path: Path, report_of: ReportOf) -> None:
    folder = write_portable(tmp_path / "engines" / "portable", memory=GB)
    report = report_of(orin_nano(tmp_path / "orin"), ORIN_TRIALS)
    portable = finding(report, "bundle.portable")
    assert (portable.status, portable.hint) == ("warning", f"edge-asr compile {folder}")
    assert "TensorRT 10.3 and compute capability 8.7" in portable.message
    assert report.bundles[0].opened is None


def test_compiling_needs_memory_as_well(tmp_path: Path, report_of: ReportOf) -> None:
    write_portable(tmp_path / "engines" / "portable", memory=7 * GB)
    portable = finding(report_of(orin_nano(tmp_path / "orin"), ORIN_TRIALS), "bundle.portable")
    assert portable.status == "failed"
    assert "compiling it needs about 7.0 GB of memory, and 6.0 GB are available" in portable.message


def test_of_several_precisions_the_one_that_needs_the_least_memory_counts(
    tmp_path: Path, report_of: ReportOf
) -> None:
    folder = write_portable(tmp_path / "engines" / "portable", memory=7 * GB)
    add_precision(folder, "int4", memory=2 * GB)
    portable = finding(report_of(orin_nano(tmp_path / "orin"), ORIN_TRIALS), "bundle.portable")
    assert (portable.status, portable.hint) == ("warning", f"edge-asr compile {folder}")


@pytest.mark.parametrize(("unified", "available"), [(True, 6 * GB // 1024 * 1024), (False, 5 * GB)])
def test_memory_of_a_gpu_is_its_own_unless_it_is_shared(
    tmp_path: Path, report_of: ReportOf, available: int, *, unified: bool
) -> None:
    write_tiny_bundle(tmp_path / "engines" / "tiny", target="tensorrt")
    gpu = msgspec.structs.replace(ORIN, unified=unified)
    report = report_of(orin_nano(tmp_path / "orin"), {**ORIN_TRIALS, "gpu": cuda("12.6", "12.6", gpu)})
    assert report.bundles[0].available == available


def test_need_is_weights_cache_buffers_and_libraries() -> None:
    gigabyte = FileEntry(bytes=GB, sha256="0" * 64)
    files = {"decoder.onnx.data": gigabyte, "golden.npz": gigabyte}
    spec = msgspec.structs.replace(decoder_spec(), num_layers=28, num_kv_heads=8, head_dim=128)
    on_cpu = memory_need(make_manifest(files=files, decoder=spec))
    assert on_cpu == pytest.approx(0.25 * GB + 1.1 * GB + 2 * 28 * 8 * 128 * 4 * 1260)
    engine = msgspec.structs.replace(DECODER_COMPONENT, engine=record("legacy"))
    fixed = msgspec.structs.replace(spec, kv_capacity=1024, kv_dtype="float16")
    manifest = make_manifest(files=files, decoder=fixed, target="tensorrt", components={"decoder": engine})
    assert PROFILE.dims["batch"].max == 1
    weights_and_cache = 0.6 * GB + GB + 2 * 28 * 8 * 128 * 2 * 1024
    buffers = memory_need(manifest) - weights_and_cache
    tensors = (*engine.inputs, *engine.outputs)
    assert buffers == pytest.approx(io_bytes(tensors, (PROFILE,)), abs=1)
    assert buffers > 0
    mirrors = memory_need(manifest, shares_memory=True) - memory_need(manifest)
    assert mirrors == mirror_bytes(tensors, (PROFILE,)) > 0
    assert memory_need(make_manifest(files=files, decoder=None)) == pytest.approx(1.35 * GB)


def test_a_manifest_that_was_changed_is_an_error_of_the_bundle(tmp_path: Path, bundle: Path) -> None:
    path = bundle / "manifest.json"
    path.write_bytes(path.read_bytes() + b"\n")
    (folder,) = find_bundles([], tmp_path / "engines")
    assert folder.manifest is None
    assert "has been changed since it was built" in folder.error


def test_engines_in_a_folder_that_takes_no_files_are_tried_at_each_start(
    tmp_path: Path, report_of: ReportOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = msgspec.structs.replace(DECODER_COMPONENT, engine=record("legacy"))
    parts = make_manifest().components | {"decoder": engine}
    folder = write_tiny_bundle(tmp_path / "engines" / "tiny", target="tensorrt", components=parts)
    reasons = {folder: "Read-only file system"}
    monkeypatch.setattr("edge_runtime.doctor.bundles.why_not_writable", reasons.get)
    report = report_of(orin_nano(tmp_path / "orin"), ORIN_TRIALS)
    loaded, kept = (each for each in report.findings if each.code == "bundle.tiny")
    assert (loaded.status, kept.status) == ("ok", "warning")
    assert "no file can be made in its folder (Read-only file system)" in kept.message
    assert kept.hint == f"cp -r {folder} /path/that/is/writable"
    reasons.clear()
    report = report_of(orin_nano(tmp_path / "other"), ORIN_TRIALS)
    assert [each.status for each in report.findings if each.code == "bundle.tiny"] == ["ok"]

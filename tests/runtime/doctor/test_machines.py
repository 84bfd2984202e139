"""The verdict on machines of several kinds, over trees that stand in for their file systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_runtime.doctor.trials.trial import Trial
from tests.runtime.doctor.conftest import (
    CPU_ONLY,
    MISSING,
    NO_CUDA,
    ORIN,
    PASSED,
    TENSORRT,
    ReportOf,
    cuda,
    finding,
    not_ok,
)
from tests.support.machine_trees import desktop, orin_nano


def test_a_cuda_that_is_newer_than_the_driver_is_named_with_both_versions(
    tmp_path: Path, report_of: ReportOf
) -> None:
    trial = cuda("13.4", "12.6", supported=False, reason="No usable NVIDIA driver or GPU: error 35. Update.")
    root = desktop(tmp_path / "pc", gpu=True)
    versions = finding(report_of(root, {**CPU_ONLY, "gpu": trial}), "versions.cuda")
    assert versions.status == "failed"
    assert "13.4" in versions.message
    assert "12.6" in versions.message
    assert versions.hint == "pip install nvidia-cuda-runtime-cu12"
    on_jetson = finding(report_of(orin_nano(tmp_path / "o"), {**CPU_ONLY, "gpu": trial}), "versions.cuda")
    assert on_jetson.hint == "sudo apt install nvidia-jetpack"


def test_a_desktop_without_a_gpu_is_well_with_a_cpu_alone(tmp_path: Path, report_of: ReportOf) -> None:
    report = report_of(desktop(tmp_path / "pc"), CPU_ONLY)
    assert report.usable
    assert not_ok(report) == {}
    assert [backend.passed for backend in report.backends] == [True, False, False, False]


def test_a_gpu_that_nothing_uses_is_a_warning_with_what_to_install(
    tmp_path: Path, report_of: ReportOf
) -> None:
    report = report_of(desktop(tmp_path / "pc", gpu=True), CPU_ONLY)
    assert report.usable
    assert not_ok(report) == {"gpu": "failed", "backend.tensorrt": "warning"}
    assert finding(report, "backend.tensorrt").hint == "pip install 'edge-asr[tensorrt]'"


def test_a_library_for_gpus_on_a_machine_without_one_is_a_warning(
    tmp_path: Path, report_of: ReportOf
) -> None:
    trials = {**CPU_ONLY, "tensorrt-rtx": NO_CUDA}
    rtx = finding(report_of(desktop(tmp_path / "pc"), trials), "backend.tensorrt-rtx")
    assert (rtx.status, rtx.hint) == ("warning", None)
    assert "no NVIDIA GPU" in rtx.message


def test_without_any_back_end_the_machine_is_not_usable(tmp_path: Path, report_of: ReportOf) -> None:
    report = report_of(desktop(tmp_path / "pc"), {**CPU_ONLY, "ort-cpu": MISSING})
    assert not report.usable
    assert not_ok(report) == {"backend.ort-cpu": "failed"}
    assert finding(report, "backend.ort-cpu").hint == "pip install 'edge-asr[cpu]'"


@pytest.mark.parametrize("outcome", ["died", "timeout"])
def test_a_back_end_that_kills_its_process_has_failed_with_its_last_words(
    tmp_path: Path, report_of: ReportOf, outcome: str
) -> None:
    broken = Trial(outcome=outcome, reason="The process was ended by SIGSEGV; it printed: boom.")  # type: ignore[arg-type]
    report = report_of(desktop(tmp_path / "pc", gpu=True), {**CPU_ONLY, "tensorrt-rtx": broken})
    rtx = finding(report, "backend.tensorrt-rtx")
    assert rtx.status == "failed"
    assert "SIGSEGV" in rtx.message
    assert rtx.hint == "pip install 'edge-asr[rtx]' --force-reinstall"


@pytest.mark.parametrize(
    ("flags", "status", "part"),
    [(" avx_vnni", "ok", "avx2, fma, avx_vnni"), ("", "warning", "no eight-bit dot products (VNNI or AMX)")],
)
def test_a_processor_without_dot_products_is_named(
    tmp_path: Path, report_of: ReportOf, flags: str, status: str, part: str
) -> None:
    cpu = finding(report_of(desktop(tmp_path / "pc", flags=flags), CPU_ONLY), "cpu")
    assert cpu.status == status
    assert part in cpu.message


def test_products_that_are_wrong_or_fatal_are_a_failure_of_int8_alone(
    tmp_path: Path, report_of: ReportOf
) -> None:
    died = Trial(outcome="died", reason="The process was ended by SIGABRT; it printed: Assertion failed.")
    report = report_of(desktop(tmp_path / "pc", flags=""), {**CPU_ONLY, "codes": died})
    codes = finding(report, "backend.ort-cpu.codes")
    assert report.usable
    assert codes.status == "failed"
    assert "int8 and int4 bundles do not run" in codes.message
    assert codes.hint in (
        "pip install --upgrade 'onnxruntime>=1.30'",
        "edge-asr build-engines MODEL --precision fp32",
    )


def test_two_packages_of_onnxruntime_overwrite_each_other(
    tmp_path: Path, report_of: ReportOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {"onnxruntime": "1.32.0", "onnxruntime-gpu": "1.31.1"}
    monkeypatch.setattr("edge_runtime.doctor.examine.installed_onnxruntimes", lambda: both)
    versions = finding(report_of(desktop(tmp_path / "pc"), CPU_ONLY), "versions.onnxruntime")
    assert versions.status == "warning"
    assert "the module is 1.32.0 and does not run on a GPU" in versions.message
    assert versions.hint == "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'edge-asr[gpu]'"


def test_a_module_of_another_version_than_its_package_is_named(
    tmp_path: Path, report_of: ReportOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"onnxruntime": "1.30.0"}
    monkeypatch.setattr("edge_runtime.doctor.examine.installed_onnxruntimes", lambda: one)
    versions = finding(report_of(desktop(tmp_path / "pc"), CPU_ONLY), "versions.onnxruntime")
    assert versions.message == "The module onnxruntime is 1.32.0, and its package is 1.30.0."


def test_a_tensorrt_that_runs_makes_others_unneeded(tmp_path: Path, report_of: ReportOf) -> None:
    trials = {**CPU_ONLY, "gpu": cuda("13.0", "13.2", ORIN), "tensorrt": TENSORRT, "ort-cpu": MISSING}
    report = report_of(desktop(tmp_path / "pc", gpu=True), trials)
    assert report.usable
    assert not_ok(report) == {}


def test_without_ffmpeg_the_formats_that_need_it_are_named(tmp_path: Path, report_of: ReportOf) -> None:
    without = Trial(outcome="missing", reason="ffmpeg is not installed.")
    ffmpeg = finding(report_of(desktop(tmp_path / "pc"), {**CPU_ONLY, "ffmpeg": without}), "ffmpeg")
    assert (ffmpeg.status, ffmpeg.hint) == ("warning", "sudo apt-get install ffmpeg")
    assert ffmpeg.message.startswith("m4a, mp4, mkv and webm files cannot be read")


def test_facts_that_cannot_be_read_are_no_reason_to_stop(tmp_path: Path, report_of: ReportOf) -> None:
    report = report_of(tmp_path / "empty", CPU_ONLY)
    assert report.machine.memory.total == 0
    assert finding(report, "memory").status == "warning"


def test_every_hint_and_message_is_one_line(tmp_path: Path, report_of: ReportOf) -> None:
    for trials in (CPU_ONLY, {**CPU_ONLY, "ort-cpu": PASSED, "gpu": NO_CUDA}):
        for each in report_of(orin_nano(tmp_path / "orin"), trials).findings:
            assert "\n" not in f"{each.message}{each.hint}"
            assert each.message.endswith(".")


def test_an_onnxruntime_that_crashes_is_one_failure_on_a_machine_without_a_gpu(
    tmp_path: Path, report_of: ReportOf
) -> None:
    died = Trial(outcome="died", reason="The process was ended by SIGBUS.")
    report = report_of(desktop(tmp_path / "pc"), {**CPU_ONLY, "ort-cpu": died, "ort-cuda": died})
    assert not_ok(report) == {"backend.ort-cpu": "failed"}

"""The verdict on machines of several kinds, over trees that stand in for their file systems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge_runtime.doctor.report import Report
from edge_runtime.doctor.trials.trial import Trial
from tests.runtime.doctor.conftest import (
    CPU_ONLY,
    MISSING,
    NO_CUDA,
    ORIN,
    ORIN_TRIALS,
    PASSED,
    TENSORRT,
    cuda,
    finding,
)
from tests.support.machine_trees import desktop, orin_nano, thor, write, write_program

ReportOf = Callable[..., Report]


def not_ok(report: Report) -> dict[str, str]:
    """Return code and status of what is wrong, but for the disks, which are this machine's."""
    wrong = {each.code: each.status for each in report.findings if each.status != "ok"}
    return {code: status for code, status in wrong.items() if not code.startswith("storage.")}


def test_a_fresh_orin_nano_runs_tensorrt_and_lacks_power_and_swap(
    tmp_path: Path, report_of: ReportOf
) -> None:
    report = report_of(orin_nano(tmp_path / "orin"), ORIN_TRIALS)
    assert report.usable
    jetson = report.machine.jetson
    assert jetson is not None
    assert (jetson.l4t, jetson.jetpack, jetson.power_mode) == ("36.4.3", "6.2", "15W")
    assert (jetson.board or "").endswith("Developer Kit Super")
    assert report.machine.system == "Ubuntu 22.04.5 LTS"
    assert not_ok(report) == {"jetson.power": "warning", "memory.swap": "warning"}
    power, swap = finding(report, "jetson.power"), finding(report, "memory.swap")
    assert power.hint == "sudo nvpmodel -m 2"
    assert "MAXN_SUPER is faster" in power.message
    assert swap.hint is not None
    assert swap.hint.startswith("sudo fallocate")
    assert "compressed memory" in swap.message
    clocks = finding(report, "jetson.clocks.17000000.gpu")
    assert "306 MHz now and goes from 306 to 625" in clocks.message
    assert clocks.hint == "sudo jetson_clocks"
    assert "shared with the host" in finding(report, "gpu.0").message


def test_a_thor_in_its_fastest_mode_has_nothing_to_mend(tmp_path: Path, report_of: ReportOf) -> None:
    report = report_of(thor(tmp_path / "thor"), {**ORIN_TRIALS, "gpu": cuda("13.2", "13.2", ORIN)})
    assert report.usable
    assert not_ok(report) == {}
    jetson = report.machine.jetson
    assert jetson is not None
    assert (jetson.l4t, jetson.jetpack, jetson.power_mode) == ("39.2.0", "7.2", "MAXN")
    assert "pinned at 1575 MHz" in finding(report, "jetson.clocks.gpu-gpc-0").message


def test_an_orin_with_jetpack_7_2_is_named_by_its_release(tmp_path: Path, report_of: ReportOf) -> None:
    root = orin_nano(tmp_path / "orin")
    write(root, "etc/nv_tegra_release", "# R39 (release), REVISION: 2.1, GCID: 1, BOARD: generic\n")
    assert "JetPack 7.2.1 (L4T 39.2.1)" in finding(report_of(root, ORIN_TRIALS), "jetson").message


@pytest.mark.parametrize(
    ("release", "status", "part"),
    [
        ("# R35 (release), REVISION: 4.1, GCID: 1", "failed", "no TensorRT 10.3"),
        ("# R36 (release), REVISION: 3.0, GCID: 1", "failed", "JetPack 6.0"),
        ("# R36 (release), REVISION: 4.7, GCID: 1", "ok", "JetPack 6 (L4T 36.4.7)"),
        ("# R41 (release), REVISION: 1.0, GCID: 1", "warning", "no JetPack that is known"),
        ("", "ok", "cannot be read"),
    ],
)
def test_releases_are_judged_by_the_tensorrt_that_they_bring(
    tmp_path: Path, report_of: ReportOf, release: str, status: str, part: str
) -> None:
    root = orin_nano(tmp_path / "orin")
    write(root, "etc/nv_tegra_release", release)
    actual = finding(report_of(root, ORIN_TRIALS), "jetson")
    assert actual.status == status
    assert part in actual.message


def test_a_power_mode_that_cannot_be_read_is_a_warning(tmp_path: Path, report_of: ReportOf) -> None:
    root = orin_nano(tmp_path / "orin")
    write_program(root, "nvpmodel", "exit 1")
    power = finding(report_of(root, ORIN_TRIALS), "jetson.power")
    assert (power.status, power.hint) == ("warning", "sudo nvpmodel -q")


def test_the_power_mode_is_read_from_its_file_where_the_program_fails(
    tmp_path: Path, report_of: ReportOf
) -> None:
    root = orin_nano(tmp_path / "orin")
    write_program(root, "nvpmodel", "exit 1")
    write(root, "var/lib/nvpmodel/status", "pmode:0002\n")
    power = finding(report_of(root, ORIN_TRIALS), "jetson.power")
    assert (power.status, power.message) == ("ok", "The power mode is MAXN_SUPER (mode 2).")


def test_an_environment_that_hides_the_systems_tensorrt_is_named(tmp_path: Path, report_of: ReportOf) -> None:
    root = orin_nano(tmp_path / "orin")
    write(root, "usr/lib/python3.10/dist-packages/tensorrt/__init__.py", "")
    report = report_of(root, {**ORIN_TRIALS, "tensorrt": MISSING})
    tensorrt = finding(report, "backend.tensorrt")
    assert tensorrt.status == "warning"
    assert "installed in the system" in tensorrt.message
    assert tensorrt.hint == "python3 -m venv --system-site-packages .venv"


def test_a_jetson_is_never_told_to_take_packages_for_desktops(tmp_path: Path, report_of: ReportOf) -> None:
    broken = Trial(outcome="died", reason="The process was ended by SIGSEGV.")
    trials = {**ORIN_TRIALS, "ort-cuda": broken, "tensorrt": MISSING, "tensorrt-rtx": broken}
    report = report_of(orin_nano(tmp_path / "orin"), trials)
    hints = " ".join(each.hint or "" for each in report.findings)
    assert "pip" not in hints
    assert finding(report, "backend.tensorrt").hint == "sudo apt install nvidia-jetpack"


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

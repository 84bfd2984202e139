"""The verdict on Jetsons, over trees that stand in for their file systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_runtime.doctor.trials.trial import Trial
from tests.runtime.doctor.conftest import (
    MISSING,
    ORIN,
    ORIN_TRIALS,
    ReportOf,
    cuda,
    finding,
    not_ok,
)
from tests.support.machine_trees import orin_nano, thor, write, write_program


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


def test_a_clock_without_bounds_and_a_device_of_another_kind_are_left_out(
    tmp_path: Path, report_of: ReportOf
) -> None:
    root = orin_nano(tmp_path / "orin")
    write(root, "sys/class/devfreq/17000000.gpu/max_freq", "\n")
    report = report_of(root, ORIN_TRIALS)
    assert [each.code for each in report.findings if each.code.startswith("jetson.clocks")] == []

"""How many threads machines get, from trees that look like theirs, and which need the slower kernels."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from edge_runtime.backends.cpu import MAX_DEFAULT_THREADS, MAX_THREADS, default_threads, saturates_u8s8
from edge_runtime.backends.session import SessionOptions
from edge_runtime.errors import UsageError

UNLIMITED = {"proc/self/cgroup": "0::/user.slice\n", "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n"}


def machine(
    root: Path, cores: Sequence[Sequence[int]], files: Mapping[str, str] = UNLIMITED, **of_cpus: Sequence[int]
) -> Path:
    """Write the files of a machine.

    Args:
        root: where to.
        cores: the logical CPUs of each core.
        files: others, by path.
        of_cpus: a value for each logical CPU, by the name of the file.
    """
    for core in cores:
        for cpu in core:
            siblings = ",".join(map(str, core))
            write(root / f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", f"{siblings}\n")
            for name, values in of_cpus.items():
                folder = {"cpu_capacity": "cpu_capacity", "max_freq": "cpufreq/cpuinfo_max_freq"}[name]
                write(root / f"sys/devices/system/cpu/cpu{cpu}/{folder}", f"{values[cpu]}\n")
    for path, text in files.items():
        write(root / path, text)
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def separate_cores(num_cores: int) -> list[list[int]]:
    return [[cpu] for cpu in range(num_cores)]


def test_a_raspberry_pi_5_has_four_equal_cores(tmp_path: Path) -> None:
    root = machine(tmp_path, separate_cores(4), cpu_capacity=[1024] * 4, max_freq=[2_400_000] * 4)
    assert default_threads(root, range(4)) == 4


def test_the_little_cores_of_an_rk3588_are_left_out(tmp_path: Path) -> None:
    root = machine(tmp_path, separate_cores(8), cpu_capacity=[530] * 4 + [1024] * 4)
    assert default_threads(root, range(8)) == 4
    assert default_threads(root, range(4)) == 4, "bound to the little ones, they are the fastest there are"
    assert default_threads(root, [0, 1, 4, 5, 6]) == 3


def test_clocks_tell_what_capacities_do_not(tmp_path: Path) -> None:
    frequencies = [1_000_000] * 4 + [2_000_000] * 3 + [2_400_000]
    assert default_threads(machine(tmp_path, separate_cores(8), max_freq=frequencies), range(8)) == 4


def test_an_orin_nano_has_six_cores(tmp_path: Path) -> None:
    root = machine(tmp_path, separate_cores(6), max_freq=[1_510_400] * 6)
    assert default_threads(root, range(6)) == 6


def test_a_virtual_machine_of_two_processors_has_two(tmp_path: Path) -> None:
    assert default_threads(machine(tmp_path, separate_cores(2)), range(2)) == 2


def test_both_threads_of_a_core_count_once(tmp_path: Path) -> None:
    root = machine(tmp_path, [[core, core + 8] for core in range(8)], max_freq=[5_000_000] * 16)
    assert default_threads(root, range(16)) == 8
    assert default_threads(root, [0, 8, 1]) == 2
    assert default_threads(machine(tmp_path / "vm", [[0, 1]]), range(2)) == 1


def test_many_cores_are_more_than_a_step_can_use(tmp_path: Path) -> None:
    assert default_threads(machine(tmp_path, separate_cores(64)), range(64)) == MAX_DEFAULT_THREADS


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, 6),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}, 1),
        # The service has a quota, its slice a smaller one, a part of the service none.
        (
            {
                "proc/self/cgroup": "0::/a.slice/b.service/part\n",
                "sys/fs/cgroup/a.slice/cpu.max": "300000 100000\n",
                "sys/fs/cgroup/a.slice/b.service/cpu.max": "500000 100000\n",
                "sys/fs/cgroup/a.slice/b.service/part/cpu.max": "max 100000\n",
            },
            3,
        ),
        # Version 1, in a container that sees the host's path.
        (
            {
                "proc/self/cgroup": "9:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            2,
        ),
        (
            {
                "proc/self/cgroup": "3:cpuset:/\n1:cpu:/jobs\n0::/\n",
                "sys/fs/cgroup/cpu/jobs/cpu.cfs_quota_us": "400000\n",
                "sys/fs/cgroup/cpu/jobs/cpu.cfs_period_us": "100000\n",
            },
            4,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            6,
        ),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "nonsense\n"}, 6),
    ],
)
def test_a_quota_bounds_the_threads(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    assert default_threads(machine(tmp_path, separate_cores(6), files), range(6)) == expected


def test_where_the_system_tells_nothing_every_processor_counts(tmp_path: Path) -> None:
    assert default_threads(tmp_path, range(3)) == 3
    assert default_threads(tmp_path, []) == 1


def test_this_machine_gives_no_more_than_the_process_may_use() -> None:
    assert 1 <= default_threads() <= min(MAX_DEFAULT_THREADS, len(os.sched_getaffinity(0)))


def test_a_system_without_affinity_gives_all_its_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    for processors, expected in ((3, 3), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda number=processors: number)
        assert default_threads(tmp_path) == expected


def test_a_period_of_nothing_is_no_quota(tmp_path: Path) -> None:
    files = {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 0\n"}
    assert default_threads(machine(tmp_path, separate_cores(2), files), range(2)) == 2


def test_a_processor_whose_features_are_unknown_gets_the_kernels_that_cannot_saturate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert saturates_u8s8(tmp_path / "missing")
    (tmp_path / "cpuinfo").write_text("processor\t: 0\n")
    assert saturates_u8s8(tmp_path / "cpuinfo")


@pytest.mark.parametrize("requested", [-1, MAX_THREADS + 1, 10**9])
def test_a_number_of_threads_that_cannot_be_meant_is_refused(requested: int) -> None:
    with pytest.raises(UsageError, match=f"{requested} threads were asked for; 1 to 256"):
        SessionOptions(threads=requested)


@pytest.mark.parametrize(
    ("architecture", "flags", "saturates"),
    [
        ("x86_64", "fpu avx2 avx512f avx512_vnni", False),
        ("x86_64", "fpu avx2 avx_vnni", False),
        ("x86_64", "fpu avx2", True),
        ("aarch64", "", False),
    ],
)
def test_only_x86_without_dot_products_saturates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, architecture: str, flags: str, *, saturates: bool
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(platform, "machine", lambda: architecture)
    assert saturates_u8s8(cpuinfo) is saturates

"""The CPU of this machine: how many threads a graph gets, and whether eight-bit products may saturate."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection, Iterator
from functools import cache
from math import ceil
from pathlib import Path
from typing import Final

from edge_runtime.errors import UsageError

MAX_DEFAULT_THREADS: Final = 8
"""A decoder step reads every weight once. A few cores saturate the memory bandwidth; every further one only
adds to the wait after each of several hundred operators."""

MAX_THREADS: Final = 256
"""ONNX Runtime starts any number of threads, and where the system refuses one, the process ends."""

_FAST_CORE_RATIO: Final = 0.6
"""Share of the fastest core's speed from which a core helps. ONNX Runtime splits work evenly, so all threads
wait for the slowest: with four cores of speed 1 and four of 0.5, eight threads are no faster than four."""

_SPEED_FILES: Final = ("cpu_capacity", "cpufreq/cpuinfo_max_freq")
_DOT_PRODUCTS: Final = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})


def require_threads(requested: int) -> int:
    """Return `requested` if it is a usable number of threads; 0 stands for `default_threads`.

    Raises:
        UsageError: it is negative or above `MAX_THREADS`.
    """
    if not 0 <= requested <= MAX_THREADS:
        raise UsageError(
            f"{requested} threads were asked for; 1 to {MAX_THREADS} can be, or 0 for every fast core."
        )
    return requested


def default_threads(root: Path = Path("/"), cpus: Collection[int] | None = None) -> int:
    """Return the number of fast cores that this process may use, at most `MAX_DEFAULT_THREADS`.

    A core counts once, with or without hyper-threading. A CPU quota is rounded up to whole cores: two threads
    that are stopped for a quarter of the time still do more than one.

    Args:
        root: where `sys` and `proc` lie.
        cpus: numbers of the logical CPUs that may be used; None takes the process's affinity.
    """
    usable = sorted(_own_cpus() if cpus is None else cpus)
    folder = root / "sys/devices/system/cpu"
    # One logical CPU of each core.
    cores = {_core(folder / f"cpu{cpu}"): folder / f"cpu{cpu}" for cpu in usable}
    return max(1, min([MAX_DEFAULT_THREADS, _num_fast(cores.values()), *map(ceil, _quotas(root))]))


def _own_cpus() -> Collection[int]:
    """Return the CPUs that this process may use; all of them where the system has no affinity to ask for."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return range(os.cpu_count() or 1)


def _core(cpu: Path) -> str:
    """Return a key that the logical CPUs of one core share: the list of their numbers."""
    siblings = _text(cpu / "topology/core_cpus_list") or _text(cpu / "topology/thread_siblings_list")
    return siblings or cpu.name


def _num_fast(cores: Collection[Path]) -> int:
    """Count the cores that are not much slower than the fastest; all, where the speed of one is unknown."""
    for name in _SPEED_FILES:
        speeds = [float(_text(core / name) or 0) for core in cores]
        if speeds and min(speeds) > 0:
            return sum(speed >= _FAST_CORE_RATIO * max(speeds) for speed in speeds)
    return len(cores)


def _quotas(root: Path) -> Iterator[float]:
    """Yield the CPU quotas, in cores, of this process's control groups and of their ancestors."""
    mounted = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        # Version 2 of cgroups names no controllers. In a container the path may be the host's; then the
        # mount, which comes last, is the group.
        mount = mounted / controllers if (mounted / controllers).is_dir() else mounted / "cpu"
        group = mount / path.lstrip("/")
        for folder in (group, *group.parents[: len(group.parts) - len(mount.parts)]):
            yield from _quota(folder)


def _quota(group: Path) -> Iterator[float]:
    quota_and_period = _text(group / "cpu.max").split() or [
        _text(group / name) for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us")
    ]
    # No limit is "max" in version 2 and -1 in version 1.
    is_limited = len(quota_and_period) == 2 and all(map(str.isdigit, quota_and_period))  # noqa: PLR2004
    if is_limited and int(quota_and_period[1]):
        yield int(quota_and_period[0]) / int(quota_and_period[1])


def _text(path: Path) -> str:
    """Return the text of a file, or nothing where it cannot be read."""
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


@cache
def saturates_u8s8(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Tell whether products of eight-bit codes may saturate: on x86-64 without dot-product instructions.

    Such processors add pairs of products in sixteen bits and saturate silently.

    Args:
        cpuinfo: where Linux lists the features of each processor.
    """
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return False
    return not _DOT_PRODUCTS & set(_flags(cpuinfo))


def _flags(cpuinfo: Path) -> list[str]:
    """Return the features of the first processor; none where they cannot be read."""
    try:
        lines = cpuinfo.read_text("utf-8").splitlines()
    except OSError:
        return []
    return next((line.split(":", 1)[1].split() for line in lines if line.startswith("flags")), [])

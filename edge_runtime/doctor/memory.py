"""Memory and swap of the host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edge_runtime.doctor.host import Host
from edge_runtime.doctor.report import Finding, Memory

_KIB: Final = 1024
_GB: Final = 1e9
_SMALL: Final = 10e9
"""Boards with less memory need swap to compile engines."""
_MIN_SWAP: Final = 4e9
_SWAP_HINT: Final = (
    "sudo fallocate -l 8G /swapfile && sudo chmod 600 /swapfile && sudo mkswap /swapfile && "
    "sudo swapon /swapfile"
)


def read_memory(host: Host) -> Memory:
    """Return memory and swap of a machine."""
    entries = re.findall(r"^(\w+): +(\d+)", host.text("proc/meminfo"), re.MULTILINE)
    meminfo = {key: int(kib) * _KIB for key, kib in entries}
    swaps = re.findall(r"^(/\S+)\s+\S+\s+(\d+)", host.text("proc/swaps"), re.MULTILINE)
    return Memory(
        total=meminfo.get("MemTotal", 0),
        available=meminfo.get("MemAvailable", 0),
        swap=sum(int(kib) * _KIB for device, kib in swaps if "zram" not in device),
        compressed_swap=sum(int(kib) * _KIB for device, kib in swaps if "zram" in device),
    )


def memory_findings(memory: Memory, *, compiles: bool) -> Iterator[Finding]:
    """Yield what memory and swap allow.

    Args:
        memory: of the host.
        compiles: whether engines are compiled in this memory, as on a Jetson.
    """
    if not memory.total:
        yield Finding(code="memory", status="warning", message="The size of the memory cannot be read.")
        return
    stated = f"{memory.available / _GB:.1f} of {memory.total / _GB:.1f} GB of memory are available"
    yield Finding(code="memory", status="ok", message=f"{stated}.")
    if compiles and memory.total < _SMALL and memory.swap < _MIN_SWAP:
        zram = " (swap in compressed memory takes from the same bytes)" if memory.compressed_swap else ""
        message = f"There is {_size(memory.swap)} on disks, and compiling engines may need 4 GB of it{zram}."
        yield Finding(code="memory.swap", status="warning", message=message, hint=_SWAP_HINT)
        return
    places = {"on disks": memory.swap, "in compressed memory": memory.compressed_swap}
    swap = " and ".join(f"{_size(size)} {place}" for place, size in places.items() if size) or "no swap"
    yield Finding(code="memory.swap", status="ok", message=f"There is {swap}.")


def _size(num_bytes: int) -> str:
    return f"{num_bytes / _GB:.1f} GB of swap" if num_bytes else "no swap"

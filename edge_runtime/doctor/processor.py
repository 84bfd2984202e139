"""The processor, and whether it has the instructions that make bundles for CPUs fast."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import Final

from edge_runtime.backends.cpu import default_threads
from edge_runtime.doctor.host import Host
from edge_runtime.doctor.report import Cpu, Finding

_REPORTED: Final = (
    *("avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("amx_bf16", "amx_int8", "asimddp", "i8mm", "bf16", "sve", "sve2"),
)
"""Instruction sets of x86 and Arm that decide the speed of matrix products, as Linux names them."""
_DOT_PRODUCTS: Final = frozenset({"avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm"})
_MODEL_KEYS: Final = ("model name", "Hardware", "Model")
"""x86 states the first, Arm boards one of the others, or none."""
_FLAG_KEYS: Final = ("flags", "Features")


def read_cpu(host: Host) -> Cpu:
    """Return the processor of a machine."""
    cpuinfo = host.text("proc/cpuinfo")
    return Cpu(
        model=cpu_model(cpuinfo) or platform.machine(),
        num_threads=default_threads(host.root),
        instructions=instructions(cpuinfo),
    )


def cpu_model(cpuinfo: str) -> str | None:
    """Return the processor's name from the text of /proc/cpuinfo, None where it has none."""
    fields = _fields(cpuinfo)
    return next((fields[key] for key in _MODEL_KEYS if fields.get(key)), None)


def instructions(cpuinfo: str) -> tuple[str, ...]:
    """Return the reported instruction sets that the text of /proc/cpuinfo lists."""
    fields = _fields(cpuinfo)
    flags = {flag for key in _FLAG_KEYS for flag in fields.get(key, "").split()}
    return tuple(name for name in _REPORTED if name in flags)


def cpu_findings(host: Host, cpu: Cpu) -> Iterator[Finding]:
    """Yield what the instruction sets mean for bundles on this processor."""
    names = set(cpu.instructions)
    stated = ", ".join(cpu.instructions) or "none of the instruction sets that matter"
    is_x86 = "flags" in _fields(host.text("proc/cpuinfo"))
    if is_x86 and "avx2" not in names:
        yield Finding(
            code="cpu", status="warning", message="The processor has no AVX2, so graphs run slowly."
        )
    elif names and not names & _DOT_PRODUCTS:
        wanted = "VNNI or AMX" if is_x86 else "asimddp or i8mm"
        message = (
            f"The processor has no eight-bit dot products ({wanted}), so int8 and int4 run slowly on it."
        )
        yield Finding(code="cpu", status="warning", message=message)
    else:
        message = f"{cpu.model}: {cpu.num_threads} threads by default; {stated}."
        yield Finding(code="cpu", status="ok", message=message)


def _fields(cpuinfo: str) -> dict[str, str]:
    """Return the fields of the first processor, and those of the board."""
    fields: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    return fields

"""Which processors need the slower kernels."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_runtime.backends import cpu


@pytest.mark.parametrize(
    ("machine", "flags", "overflows"),
    [
        ("x86_64", "fpu avx2 avx512f avx512_vnni", False),
        ("x86_64", "fpu avx2 avx_vnni", False),
        ("x86_64", "fpu avx2", True),
        ("aarch64", "", False),
    ],
)
def test_only_x86_without_dot_products_overflows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, flags: str, *, overflows: bool
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(cpu.platform, "machine", lambda: machine)
    assert cpu.saturates_u8s8(cpuinfo) is overflows

"""What the processor of this machine can do."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path
from typing import Final

_CPUINFO: Final = Path("/proc/cpuinfo")
_DOT_PRODUCTS: Final = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})


@cache
def overflows_eight_bits() -> bool:
    """Tell whether sums of products of eight-bit codes may overflow: on x86-64 without dot products of them.

    Such processors add pairs of products in sixteen bits and saturate in silence.
    """
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return False
    return not _DOT_PRODUCTS & set(_flags())


def _flags() -> list[str]:
    """Return the features of the first processor; none where they cannot be read."""
    try:
        lines = _CPUINFO.read_text("utf-8").splitlines()
    except OSError:
        return []
    return next((line.split(":", 1)[1].split() for line in lines if line.startswith("flags")), [])

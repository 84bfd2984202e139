"""Host memory of this process, mapped weights included."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_KIB: Final = 1024


def rss_bytes(status: Path = _STATUS) -> int | None:
    """Return what the process holds now; None where the system does not say."""
    return _field("VmRSS", status)


def peak_rss_bytes(status: Path = _STATUS) -> int | None:
    """Return the most that the process has held; None where the system does not say.

    Not `ru_maxrss`: a new process begins with the peak of the one that started it.
    """
    return _field("VmHWM", status)


def _field(name: str, status: Path) -> int | None:
    try:
        lines = status.read_text("ascii").splitlines()
    except OSError:
        return None
    found = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    kib = next(found, None)
    return None if kib is None else int(kib) * _KIB

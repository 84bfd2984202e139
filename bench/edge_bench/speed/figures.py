"""Summaries of a figure over runs, and the host memory of this process, mapped weights included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Spread:
    """Minimum, median and maximum over the runs; compare medians, the others show the variation."""

    min: float
    median: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Summarize values; there must be one."""
        return cls(min(values), median(values), max(values))


def spread(values: Iterable[float | None]) -> Spread | None:
    """Summarize the values that are not None; None where there are none."""
    known = [value for value in values if value is not None]
    return Spread.of(known) if known else None


def rss_bytes(status: Path = _STATUS) -> int | None:
    """Return the current resident memory of the process; None where the system does not report it."""
    return _field("VmRSS", status)


def peak_rss_bytes(status: Path = _STATUS) -> int | None:
    """Return the peak resident memory of the process; None where the system does not report it.

    Not `ru_maxrss`: a new process inherits the peak of its parent.
    """
    return _field("VmHWM", status)


def _field(name: str, status: Path) -> int | None:
    try:
        lines = status.read_text("ascii").splitlines()
    except OSError:
        return None
    values = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    kib = next(values, None)
    return None if kib is None else int(kib) * _KIB

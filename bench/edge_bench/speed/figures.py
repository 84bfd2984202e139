"""One figure over several runs, and the host memory of this process, mapped weights included."""

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
    """Least, middle and greatest value; the middle is what to compare, the others say how steady it is."""

    min: float
    median: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Summarise values, of which there is one at least."""
        return cls(min(values), median(values), max(values))


def spread(values: Iterable[float | None]) -> Spread | None:
    """Summarise the runs that have the figure; None where none has it."""
    known = [value for value in values if value is not None]
    return Spread.of(known) if known else None


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
    values = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    kib = next(values, None)
    return None if kib is None else int(kib) * _KIB

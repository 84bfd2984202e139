"""RAPL: energy of processor packages, as Linux counts it under /sys/class/powercap.

Source: https://docs.kernel.org/power/powercap/powercap.html. Since Linux 5.10 root alone may read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal

from edge_bench.speed.machine.meters.meter import Search
from edge_runtime.doctor.host import Host

SOURCE: Final = "RAPL"
_MICRO: Final = 1e-6
_PATTERN: Final = "sys/class/powercap/*-rapl:*"


@dataclass(frozen=True, slots=True)
class Rapl:
    """One package."""

    name: str
    wraps_at: float | None
    file: Path
    kind: ClassVar[Literal["counter", "gauge"]] = "counter"

    def read(self) -> float:
        """Return the joules so far."""
        return int(self.file.read_text("ascii")) * _MICRO

    def close(self) -> None:
        """Do nothing: a file is opened for each reading."""


def find_rapl(host: Host) -> Search:
    """Find the packages of a machine."""
    # intel-rapl:0 is a package, intel-rapl:0:0 a part of it.
    packages = [path for path in host.files(_PATTERN) if path.name.count(":") == 1]
    meters = []
    for path in packages:
        folder = str(path.relative_to(host.root))
        name, top = host.text(f"{folder}/name") or path.name, host.text(f"{folder}/max_energy_range_uj")
        if name == "psys":  # the whole board, packages included
            continue
        if host.text(f"{folder}/energy_uj").isdigit():
            wraps_at = int(top) * _MICRO if top.isdigit() else None
            meters.append(Rapl(f"{SOURCE} {name}", wraps_at, path / "energy_uj"))
    if meters:
        return Search(tuple(meters), ())
    reason = "there are no counters" if not packages else "the counters may not be read; root may"
    return Search((), ((SOURCE, reason),))

"""INA3221: power of a board's rails, as the sensors of a Jetson tell it under /sys/class/hwmon.

Source: https://docs.kernel.org/hwmon/ina3221.html: volts in mV, currents in mA, channels 1 to 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal

from edge_bench.speed.machine.meters.meter import Search
from edge_runtime.doctor.host import Host

SOURCE: Final = "INA3221"
WHOLE: Final = ("VDD_IN", "POM_5V_IN")
"""Rails that feed the whole module."""
NO_RAIL: Final = ("NC", "VDDQ_VDD2_1V8AO")
"""Channels that nothing is connected to, and a rail that VIN_SYS_5V0 of AGX Orin feeds."""
_CHANNELS: Final = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Ina3221:
    """Rails of a board, together."""

    name: str
    channels: tuple[tuple[Path, Path], ...]
    kind: ClassVar[Literal["counter", "gauge"]] = "gauge"
    wraps_at: ClassVar[float | None] = None

    def read(self) -> float:
        """Return the watts now."""
        return sum(
            int(volts.read_text("ascii")) * int(amperes.read_text("ascii")) / 1e6
            for volts, amperes in self.channels
        )

    def close(self) -> None:
        """Do nothing: a file is opened for each reading."""


def find_ina3221(host: Host) -> Search:
    """Find the rail of the whole module, or else all rails."""
    rails: dict[str, tuple[Path, Path]] = {}
    for folder in host.files("sys/class/hwmon/hwmon*"):
        place = str(folder.relative_to(host.root))
        if host.text(f"{place}/name") != "ina3221":
            continue
        for channel in _CHANNELS:
            label = host.text(f"{place}/in{channel}_label")
            files = folder / f"in{channel}_input", folder / f"curr{channel}_input"
            if label and label not in NO_RAIL and all(map(_is_number, files)):
                rails[label] = files
    whole = {label: rails[label] for label in WHOLE if label in rails}
    chosen = whole or rails
    if not chosen:
        return Search((), ((SOURCE, "there is no such sensor"),))
    return Search((Ina3221(f"{SOURCE} {' + '.join(chosen)}", tuple(chosen.values())),), ())


def _is_number(file: Path) -> bool:
    try:
        return file.read_text("ascii").strip().lstrip("-").isdigit()
    except OSError:
        return False

"""Clocks, temperatures and throttling of a machine at one moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from edge_runtime.doctor.host import Host

NOT_READABLE: Final = "not readable here"
_CORES: Final = "sys/devices/system/cpu/cpu[0-9]*"
_KHZ_PER_MHZ: Final = 1e3
_MILLI: Final = 1e-3
_PI_THROTTLED: Final = "sys/devices/platform/soc/soc:firmware/get_throttled"
"""Bits of a Raspberry Pi: undervolted, capped and throttled, now and since the start."""


@dataclass(frozen=True, slots=True)
class MachineState:
    """What can be read of a machine; None is what cannot.

    Attributes:
        governors: of the cores' clocks, each once.
        clock_mhz: of the slowest and of the fastest core now.
        max_clock_mhz: of the fastest core.
        temperatures_c: sensor → degrees Celsius.
        throttling: counter → events since the machine started, summed over cores.
    """

    governors: tuple[str, ...] | None
    clock_mhz: tuple[float, float] | None
    max_clock_mhz: float | None
    temperatures_c: dict[str, float] | None
    throttling: dict[str, int] | None

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of what cannot be read."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is None)


def read_state(host: Host) -> MachineState:
    """Read a machine."""
    khz = _numbers(host, f"{_CORES}/cpufreq/scaling_cur_freq")
    clocks = [clock / _KHZ_PER_MHZ for clock in khz] or _cpuinfo_clocks(host)
    limits = list(_numbers(host, f"{_CORES}/cpufreq/cpuinfo_max_freq"))
    governors = {_text(host, path) for path in host.files(f"{_CORES}/cpufreq/scaling_governor")} - {""}
    return MachineState(
        governors=tuple(sorted(governors)) or None,
        clock_mhz=(min(clocks), max(clocks)) if clocks else None,
        max_clock_mhz=max(limits) / _KHZ_PER_MHZ if limits else None,
        temperatures_c=_temperatures(host) or None,
        throttling=_throttling(host) or None,
    )


def _cpuinfo_clocks(host: Host) -> list[float]:
    lines = re.findall(r"^cpu MHz\s*: ([\d.]+)$", host.text("proc/cpuinfo"), re.MULTILINE)
    return [float(line) for line in lines]


def _temperatures(host: Host) -> dict[str, float]:
    """Return the thermal zones; where there are none, the sensors of hwmon."""
    zones = {
        _text(host, zone / "type") or zone.name: _text(host, zone / "temp")
        for zone in host.files("sys/class/thermal/thermal_zone*")
    }
    sensors = {
        f"{_text(host, file.parent / 'name')} {file.name.removesuffix('_input')}": _text(host, file)
        for file in host.files("sys/class/hwmon/hwmon*/temp*_input")
    }
    read = {name: text for name, text in (zones or sensors).items() if re.fullmatch(r"-?\d+", text)}
    return {name: int(text) * _MILLI for name, text in read.items()}


def _throttling(host: Host) -> dict[str, int]:
    """Return what counts throttling: x86 cores, over-current of Jetsons, flags of a Raspberry Pi."""
    counts: dict[str, int] = {}
    patterns = (f"{_CORES}/thermal_throttle/*_throttle_count", "sys/class/hwmon/hwmon*/oc*_event_cnt")
    for path in (path for pattern in patterns for path in host.files(pattern)):
        text = _text(host, path)
        if text.isdigit():
            counts[path.name] = counts.get(path.name, 0) + int(text)
    flags = host.text(_PI_THROTTLED)
    if re.fullmatch(r"(0x)?[0-9a-fA-F]+", flags):
        counts["get_throttled"] = int(flags, 16)
    return counts


def _numbers(host: Host, pattern: str) -> Iterator[int]:
    texts = (_text(host, path) for path in host.files(pattern))
    yield from (int(text) for text in texts if text.isdigit())


def _text(host: Host, path: Path) -> str:
    return host.text(str(path.relative_to(host.root)))

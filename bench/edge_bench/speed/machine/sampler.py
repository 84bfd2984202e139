"""A thread that reads memory and power while queries run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, thread_time
from types import TracebackType
from typing import TYPE_CHECKING, Final

from edge_bench.speed.machine.meters.meter import Meter
from edge_runtime.arrays import Seconds

if TYPE_CHECKING:
    from typing_extensions import Self

INTERVAL_S: Final = 0.1
_STATM: Final = Path("/proc/self/statm")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

DeviceMemory = Callable[[], int]
"""Bytes of a device that are in use."""


@dataclass(slots=True)
class Samples:
    """What was read, a value for each of `times_s`; None where it could not be.

    Attributes:
        times_s: of `perf_counter`.
        rss_bytes: resident memory of this process.
        device_bytes: memory of the device in use, by whomever.
        readings: of each meter, in joules or watts.
    """

    times_s: list[Seconds] = field(default_factory=list)
    rss_bytes: list[int | None] = field(default_factory=list)
    device_bytes: list[int | None] = field(default_factory=list)
    readings: dict[str, list[float | None]] = field(default_factory=dict)


class Sampler:
    """`with Sampler(meters) as sampler:` reads ten times a second, and once at either end."""

    def __init__(self, meters: Sequence[Meter] = (), device_memory: DeviceMemory | None = None) -> None:
        self._meters: Final = meters
        self._device_memory: Final = device_memory
        self._ended: Final = Event()
        self._thread: Final = Thread(target=self._follow, name="sampler", daemon=True)
        self._busy_s = 0.0
        self._began = 0.0
        self._lasted_s = 0.0
        self.samples: Final = Samples(readings={meter.name: [] for meter in meters})

    @property
    def share(self) -> float:
        """Processor time of the thread over the time in which it ran."""
        return self._busy_s / self._lasted_s if self._lasted_s else 0.0

    def __enter__(self) -> Self:
        self._began = perf_counter()
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._sample()
        self._lasted_s = perf_counter() - self._began

    def _follow(self) -> None:
        start = thread_time()
        while not self._ended.wait(INTERVAL_S):
            self._sample()
            self._busy_s = thread_time() - start

    def _sample(self) -> None:
        samples = self.samples
        samples.times_s.append(perf_counter())
        samples.rss_bytes.append(_rss_bytes())
        samples.device_bytes.append(self._device_memory() if self._device_memory else None)
        for meter in self._meters:
            samples.readings[meter.name].append(_reading(meter))


def _rss_bytes() -> int | None:
    try:
        return int(_STATM.read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError):
        return None


def _reading(meter: Meter) -> float | None:
    try:
        return meter.read()
    except (OSError, ValueError):
        return None

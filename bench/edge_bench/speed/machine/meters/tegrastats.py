"""tegrastats: power of a Jetson's rails, as NVIDIA's program prints it, where the sensors cannot be read."""

from __future__ import annotations

import re
import subprocess
from threading import Thread
from typing import ClassVar, Final, Literal

from edge_bench.speed.machine.meters.ina3221 import NO_RAIL, WHOLE
from edge_bench.speed.machine.meters.meter import Search
from edge_runtime.doctor.host import Host

SOURCE: Final = "tegrastats"
INTERVAL_MS: Final = 100
_RAIL: Final = re.compile(r"\b((?:VDD|VIN|POM)_\w+) (\d+)(?:mW)?/\d+")
_PROGRAM: Final = "usr/bin/tegrastats"


class Tegrastats:
    """The program, which prints a line every tenth of a second until this process ends."""

    name: Final = SOURCE
    kind: ClassVar[Literal["counter", "gauge"]] = "gauge"
    wraps_at: ClassVar[float | None] = None

    def __init__(self, program: str) -> None:
        """Start it and wait for its first line."""
        command = [program, "--interval", str(INTERVAL_MS)]
        self._process: Final = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
        self._line = self._next()
        self._reader: Final = Thread(target=self._follow, daemon=True)
        self._reader.start()

    def read(self) -> float:
        """Return the watts of its last line."""
        watts = watts_of(self._line)
        if watts is None:
            raise OSError(f"{SOURCE}: no power in {self._line!r}")
        return watts

    def close(self) -> None:
        """End the program."""
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None, "a pipe was requested"
        self._process.stdout.close()

    def _follow(self) -> None:
        while line := self._next():
            self._line = line

    def _next(self) -> str:
        assert self._process.stdout is not None, "a pipe was requested"
        return self._process.stdout.readline()


def watts_of(line: str) -> float | None:
    """Return the power of the module in a line, of all rails where none is the whole; None without any."""
    rails = {name: int(milliwatts) / 1e3 for name, milliwatts in _RAIL.findall(line) if name not in NO_RAIL}
    whole = [rails[name] for name in WHOLE if name in rails]
    return whole[0] if whole else sum(rails.values()) if rails else None


def find_tegrastats(host: Host) -> Search:
    """Start the program if there is one."""
    if not host.exists(_PROGRAM):
        return Search((), ((SOURCE, "there is no such program"),))
    try:
        meter = Tegrastats(str(host.root / _PROGRAM))
    except OSError as error:
        return Search((), ((SOURCE, f"the program does not start: {error}"),))
    try:
        meter.read()
    except OSError as error:
        meter.close()
        return Search((), ((SOURCE, str(error)),))
    return Search((meter,), ())

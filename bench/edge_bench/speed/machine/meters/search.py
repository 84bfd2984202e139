"""Which meters this machine has."""

from __future__ import annotations

from edge_bench.speed.machine.meters.ina3221 import find_ina3221
from edge_bench.speed.machine.meters.meter import Search
from edge_bench.speed.machine.meters.nvml import find_nvml
from edge_bench.speed.machine.meters.rapl import find_rapl
from edge_bench.speed.machine.meters.tegrastats import SOURCE as TEGRASTATS
from edge_bench.speed.machine.meters.tegrastats import find_tegrastats
from edge_runtime.doctor.host import Host


def find_meters(host: Host) -> Search:
    """Find what tells power or energy; tegrastats only where the sensors that it reads cannot be read."""
    sensors = find_ina3221(host)
    program = (
        Search((), ((TEGRASTATS, "the sensors are read instead"),))
        if sensors.meters
        else find_tegrastats(host)
    )
    searches = (find_rapl(host), sensors, program, find_nvml())
    return Search(
        tuple(meter for search in searches for meter in search.meters),
        tuple(absent for search in searches for absent in search.absent),
    )

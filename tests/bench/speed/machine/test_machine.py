"""Trees of files that stand in for machines: clocks, temperatures, throttling, power."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge_bench.speed.machine.energy import energies, joules_of
from edge_bench.speed.machine.meters.ina3221 import find_ina3221
from edge_bench.speed.machine.meters.nvml import find_nvml
from edge_bench.speed.machine.meters.rapl import find_rapl
from edge_bench.speed.machine.meters.search import find_meters
from edge_bench.speed.machine.meters.tegrastats import find_tegrastats, watts_of
from edge_bench.speed.machine.sampler import Sampler, Samples
from edge_bench.speed.machine.state import read_state
from edge_runtime.doctor.host import Host
from tests.support.machine_trees import write

CPU = "sys/devices/system/cpu"


def x86(root: Path) -> Host:
    for core, (now, governor) in enumerate([(2_100_000, "powersave"), (3_400_000, "powersave")]):
        write(root, f"{CPU}/cpu{core}/cpufreq/scaling_cur_freq", f"{now}\n")
        write(root, f"{CPU}/cpu{core}/cpufreq/cpuinfo_max_freq", "4200000\n")
        write(root, f"{CPU}/cpu{core}/cpufreq/scaling_governor", f"{governor}\n")
        write(root, f"{CPU}/cpu{core}/thermal_throttle/core_throttle_count", f"{core + 1}\n")
    write(root, "sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n")
    write(root, "sys/class/thermal/thermal_zone0/temp", "61000\n")
    for name, domain in (("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "core"), ("intel-rapl:1", "psys")):
        folder = f"sys/class/powercap/{name}"
        write(root, f"{folder}/name", f"{domain}\n")
        write(root, f"{folder}/energy_uj", "5000000\n")
        write(root, f"{folder}/max_energy_range_uj", "262143328850\n")
    return Host(root=root)


def jetson(root: Path) -> Host:
    rails = [("VDD_IN", 5000, 1200), ("VDD_CPU_GPU_CV", 5000, 400), ("NC", 0, 0)]
    folder = "sys/class/hwmon/hwmon1"
    write(root, f"{folder}/name", "ina3221\n")
    for channel, (label, millivolts, milliamperes) in enumerate(rails, 1):
        write(root, f"{folder}/in{channel}_label", f"{label}\n")
        write(root, f"{folder}/in{channel}_input", f"{millivolts}\n")
        write(root, f"{folder}/curr{channel}_input", f"{milliamperes}\n")
    write(root, "sys/class/hwmon/hwmon2/oc1_event_cnt", "3\n")
    return Host(root=root)


def test_clocks_temperatures_and_throttling_are_read(tmp_path: Path) -> None:
    state = read_state(x86(tmp_path))
    assert state.governors == ("powersave",)
    assert (state.clock_mhz, state.max_clock_mhz) == ((2100, 3400), 4200)
    assert state.temperatures_c == {"x86_pkg_temp": 61.0}
    assert state.throttling == {"core_throttle_count": 3}
    assert state.absent == ()


def test_what_cannot_be_read_is_absent_and_not_zero(tmp_path: Path) -> None:
    state = read_state(Host(root=tmp_path))
    assert state.absent == ("governors", "clock_mhz", "max_clock_mhz", "temperatures_c", "throttling")
    search = find_meters(Host(root=tmp_path))
    assert {"RAPL", "INA3221", "tegrastats"} <= {name for name, _ in search.absent}
    write(tmp_path, "proc/cpuinfo", "processor\t: 0\ncpu MHz\t\t: 2596.1\n")
    write(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n")
    state = read_state(Host(root=tmp_path))
    assert (state.clock_mhz, state.throttling) == ((2596.1, 2596.1), {"get_throttled": 0x50005})
    assert read_state(jetson(tmp_path)).throttling == {"oc1_event_cnt": 3, "get_throttled": 0x50005}


def test_rapl_counts_packages_alone(tmp_path: Path) -> None:
    (meter,) = find_rapl(x86(tmp_path)).meters
    assert (meter.name, meter.kind, meter.read()) == ("RAPL package-0", "counter", 5.0)
    write(tmp_path, "sys/class/powercap/intel-rapl:0/energy_uj", "")
    assert find_rapl(Host(root=tmp_path)).absent == (("RAPL", "the counters may not be read; root may"),)


def test_the_rail_of_the_whole_module_is_read_and_else_all_rails(tmp_path: Path) -> None:
    (meter,) = find_ina3221(jetson(tmp_path)).meters
    assert (meter.name, meter.read()) == ("INA3221 VDD_IN", 6.0)
    write(tmp_path, "sys/class/hwmon/hwmon1/in1_label", "VDD_GPU_SOC\n")
    (meter,) = find_ina3221(Host(root=tmp_path)).meters
    assert (meter.name, meter.read()) == ("INA3221 VDD_GPU_SOC + VDD_CPU_GPU_CV", 8.0)


def test_tegrastats_is_read_line_by_line(tmp_path: Path) -> None:
    orin = "RAM 2448/7620MB CPU [1%@729] tj@48.2C VDD_IN 4940mW/4940mW VDD_CPU_GPU_CV 512mW/512mW"
    agx = "VDD_GPU_SOC 3200mW/3200mW VDD_CPU_CV 800mW/800mW VIN_SYS_5V0 4500mW/4500mW "
    agx += "VDDQ_VDD2_1V8AO 600mW/600mW"
    assert (watts_of(orin), watts_of(agx), watts_of("RAM 1/2MB")) == (4.94, 8.5, None)
    program = write(tmp_path, "usr/bin/tegrastats", f"#!/bin/sh\necho '{orin}'\nexec sleep 60\n")
    program.chmod(0o755)
    (meter,) = find_tegrastats(Host(root=tmp_path)).meters
    assert meter.read() == 4.94
    meter.close()
    program.write_text("#!/bin/sh\necho none\n")
    assert "no power" in find_tegrastats(Host(root=tmp_path)).absent[0][1]


def test_nvml_reads_every_gpu_and_says_why_it_cannot() -> None:
    library = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetPowerUsage=lambda handle: 70_000 + handle,
    )
    assert [(one.name, one.read()) for one in find_nvml(library).meters] == [
        ("NVML GPU 0", 70.0),
        ("NVML GPU 1", 70.001),
    ]

    def refuse(handle: int) -> int:
        raise RuntimeError("Not Supported")

    library.nvmlDeviceGetPowerUsage = refuse
    assert find_nvml(library).absent == (("NVML", "Not Supported"),)


@dataclass
class Planted:
    """A meter with planted readings."""

    kind: str
    name: str = "planted"
    wraps_at: float | None = None

    def read(self) -> float:
        return 1.0

    def close(self) -> None:
        pass


def samples(times: list[float], readings: list[float | None]) -> Samples:
    return Samples(times, [None] * len(times), [None] * len(times), {"planted": readings})


def test_power_is_integrated_and_a_counter_may_begin_again() -> None:
    # 10 W for a second, then a ramp to 20 W in two: 10 + 30 J.
    assert joules_of(Planted("gauge"), samples([5.0, 6.0, 7.0, 8.0], [10.0, 10.0, None, 20.0])) == 40.0
    assert joules_of(Planted("counter", wraps_at=100.0), samples([0, 1, 2], [95.0, 99.0, 7.0])) == 12.0
    assert joules_of(Planted("gauge"), samples([0.0], [5.0])) is None


def test_energy_of_a_second_of_audio_is_stated_with_idle_and_without() -> None:
    idle, busy = samples([0.0, 2.0], [4.0, 4.0]), samples([10.0, 20.0], [9.0, 9.0])
    (energy,) = energies([Planted("gauge")], idle, busy, audio_s=30.0)
    assert (energy.joules, energy.watts, energy.idle_watts) == (90.0, 9.0, 4.0)
    assert energy.joules_per_audio_s == 3.0
    assert energy.net_joules_per_audio_s == pytest.approx(50 / 30)


def test_the_sampler_reads_at_both_ends_and_tells_what_it_costs() -> None:
    with Sampler([Planted("gauge")], lambda: 7) as sampler:
        pass
    read = sampler.samples
    assert len(read.times_s) == len(read.rss_bytes) == len(read.readings["planted"]) >= 2
    assert set(read.device_bytes) == {7}
    assert min(rss for rss in read.rss_bytes if rss is not None) > 1e6
    assert 0 <= sampler.share < 1

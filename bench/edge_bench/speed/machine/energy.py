"""Energy of a measurement, from the readings of its meters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_bench.speed.machine.meters.meter import Meter
from edge_bench.speed.machine.sampler import Samples
from edge_runtime.arrays import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What one meter says of the measured queries.

    Attributes:
        meter: source and what it covers.
        joules: while queries ran, idle power included.
        watts: their mean.
        idle_watts: mean before the first query, with the bundle loaded.
        joules_per_audio_s: joules over the length of all audio.
        net_joules_per_audio_s: the same without what the machine would have taken idle.
    """

    meter: str
    joules: float
    watts: float
    idle_watts: float
    joules_per_audio_s: float
    net_joules_per_audio_s: float


def joules_of(meter: Meter, samples: Samples) -> float | None:
    """Return the energy from the first to the last reading; None with less than two of them.

    A counter that began again, once between two readings, goes on where it ended. Power is integrated by
    trapezoids.
    """
    pairs = zip(samples.times_s, samples.readings[meter.name], strict=True)
    known = [(time, value) for time, value in pairs if value is not None]
    if len(known) < 2:  # noqa: PLR2004
        return None
    times, values = (np.asarray(column, np.float64) for column in zip(*known, strict=True))
    if meter.kind == "gauge":
        return float(((values[1:] + values[:-1]) / 2 * np.diff(times)).sum())
    steps = np.diff(values)
    if meter.wraps_at is not None:
        steps = np.where(steps < 0, steps + meter.wraps_at, steps)
    return float(steps.sum())


def energies(meters: Sequence[Meter], idle: Samples, busy: Samples, audio_s: Seconds) -> tuple[Energy, ...]:
    """Return what each meter says that could be read throughout.

    Args:
        meters: that were read.
        idle: readings before the first query.
        busy: readings while queries ran.
        audio_s: length of all recordings that were transcribed.
    """
    return tuple(energy for meter in meters if (energy := _energy(meter, idle, busy, audio_s)) is not None)


def _energy(meter: Meter, idle: Samples, busy: Samples, audio_s: Seconds) -> Energy | None:
    idle_joules, joules = joules_of(meter, idle), joules_of(meter, busy)
    if idle_joules is None or joules is None:
        return None
    lasted_s = busy.times_s[-1] - busy.times_s[0]
    idle_watts = idle_joules / (idle.times_s[-1] - idle.times_s[0])
    return Energy(
        meter=meter.name,
        joules=joules,
        watts=joules / lasted_s,
        idle_watts=idle_watts,
        joules_per_audio_s=joules / audio_s,
        net_joules_per_audio_s=(joules - idle_watts * lasted_s) / audio_s,
    )

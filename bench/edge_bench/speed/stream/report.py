"""The result of a measurement of live text, and what its figures mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import msgspec
import numpy as np

from edge_bench.speed.environment import Environment
from edge_runtime.arrays import Seconds
from edge_runtime.results.transcript import EngineInfo
from edge_runtime.streaming.events import Stats

SCHEMA: Final = "edge-asr/bench-stream@1"

DEFINITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "final_s": "from the end of speech, on the clock of the client, to the final; the silence that ends "
        "a segment is in it",
        "final_work_s": "the same without waiting for silence to go on: the last pass from the arrival of "
        "the segment's last sample, and the final from the arrival of the audio at which the end was noticed",
        "passes_s": "of this, the time in passes over the whole segment; the rest is waiting for a step",
        "offline_s": "the samples of the same segment, decoded at once",
        "final_share": "final_work_s / offline_s, segment by segment",
        "passes_share": "passes_s / offline_s, segment by segment",
        "step_s": "a pass over the open segment, from the call to the hypothesis",
        "first_text_s": "from the beginning of speech, on the clock of the client, to the first text shown",
        "lag_s": "from the arrival of the last audio of a partial to the partial",
        "rtf": "processor time, user and system, of all threads / length of the recording; loading left out",
        "busy": "time in passes / length of the recording",
        "late_steps": "steps left out because newer audio had arrived / steps that were due",
    }
)
"""What the figures are; times in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamBenchOptions:
    """What to measure.

    Attributes:
        audio: the recordings.
        pauses: shortest and longest pause between two, in seconds.
        hop_sec: seconds between hypotheses; None where the stream chooses.
        packet_s: length of a packet of the client.
        device: auto, cpu, cuda or cuda:1.
        threads: CPU threads; 0 for one on each fast core.
        language: name or code to force, or None.
        texts_of: bundle whose texts are planted, None where the measured one says its own.
    """

    audio: tuple[str, ...]
    pauses: tuple[Seconds, Seconds]
    hop_sec: Seconds | None
    packet_s: Seconds
    device: str
    threads: int
    language: str | None
    texts_of: str | None


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A figure over segments, steps or partials."""

    mean: float
    p50: float
    p95: float
    max: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Quantiles | None:
        """Summarize values; None without any."""
        if not values:
            return None
        p50, p95 = np.percentile(values, [50, 95])
        return cls(float(np.mean(values)), float(p50), float(p95), float(max(values)), len(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFigures:
    """Figures as `DEFINITIONS` has them; None where nothing was there to measure."""

    final_s: Quantiles | None
    final_work_s: Quantiles | None
    passes_s: Quantiles | None
    offline_s: Quantiles | None
    final_share: Quantiles | None
    passes_share: Quantiles | None
    step_s: Quantiles | None
    first_text_s: Quantiles | None
    lag_s: Quantiles | None
    rtf: float
    busy: float
    late_steps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalTimes:
    """Times of a segment that ended in silence, as `DEFINITIONS` has them; `duration_s` is its length."""

    duration_s: Seconds
    final_s: Seconds
    final_work_s: Seconds
    passes_s: Seconds
    offline_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReport:
    """One bundle, one stream, one machine.

    Attributes:
        audio_s: length of the recording.
        finals: of the segments that ended in silence, in order.
        client_late_s: how late the latest packet was sent.
        loaded_bytes: resident memory before the stream; None where it is unknown.
        peak_bytes: most resident memory until the end of the stream.
        stats: what the stream counted.
    """

    asked: StreamBenchOptions
    engine: EngineInfo
    audio_s: Seconds
    figures: StreamFigures
    finals: tuple[FinalTimes, ...]
    client_late_s: Seconds
    loaded_bytes: int | None
    peak_bytes: int | None
    stats: Stats
    environment: Environment
    runtime_version: str
    schema: str = field(default=SCHEMA)

    def to_json(self) -> str:
        """Return the report as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted").decode()

"""The result of a measurement, and its published JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from edge_bench.roofline.position import RooflinePosition
from edge_bench.speed.batch import Batch
from edge_bench.speed.environment import Environment
from edge_bench.speed.machine.energy import Energy
from edge_bench.speed.machine.state import MachineState
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.overhead import Overhead
from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.scenarios.scenario import Query, Work
from edge_bench.speed.scenarios.warm_up import WarmUp
from edge_bench.speed.statistics.distribution import Distribution
from edge_bench.speed.statistics.rate import Rate
from edge_bench.speed.statistics.steadiness import Steadiness
from edge_runtime.arrays import Milliseconds, Seconds
from edge_runtime.audio.load import Audio
from edge_runtime.json_schema import schema_of
from edge_runtime.results.transcript import EngineInfo

SCHEMA: Final = "edge-asr/bench@2"


@dataclass(frozen=True, slots=True)
class AudioInput:
    """A recording of the queries; a path of None stands for synthetic audio."""

    path: str | None
    duration_s: Seconds
    sha256: str | None = None

    @classmethod
    def of(cls, recording: BenchRecording) -> AudioInput:
        """Describe a recording."""
        path = None if isinstance(recording.source, Audio) else str(recording.source)
        return cls(path, recording.duration_s, recording.sha256)


@dataclass(frozen=True, slots=True)
class Load:
    """Times from a bundle on disk to a recognizer: hashing its files, then loading its graphs.

    Attributes:
        verify_ms: hashing.
        graphs_ms: loading.
        is_cold: whether the system was told to forget the files first, so that they were read from the disk.
            It keeps those that another process uses.
    """

    verify_ms: Milliseconds
    graphs_ms: Milliseconds
    is_cold: bool


@dataclass(frozen=True, slots=True)
class MemorySample:
    """Resident memory of the process at one moment, counted from the first query."""

    time_s: Seconds
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of the process on the host, mapped weights included; None where it is unknown.

    Attributes:
        loaded_bytes: before the first run.
        current_bytes: after the last run.
        peak_bytes: maximum since the process began.
        peak_device_bytes: most memory of the device in use while queries ran, by all processes; None where
            the back end does not tell, as on a CPU.
        samples: while queries ran, 200 at most.
    """

    loaded_bytes: int | None
    current_bytes: int | None
    peak_bytes: int | None
    peak_device_bytes: int | None = None
    samples: tuple[MemorySample, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """Clocks, temperatures, throttling and power.

    Attributes:
        before: the first query.
        after: the last one.
        energy: of each meter.
        absent: what is not readable here → why, where that is known.
    """

    before: MachineState
    after: MachineState
    energy: tuple[Energy, ...]
    absent: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures over all measured queries; None where no query has it.

    `latency_ms` and `wait_ms` are those of `Query`, the others those of `Run`.
    """

    latency_ms: Distribution | None
    wait_ms: Distribution | None
    rtf: Distribution | None
    ttft_ms: Distribution | None
    decode_ms: Distribution | None
    frontend_ms: Distribution | None
    encoder_ms: Distribution | None
    prefill_ms: Distribution | None
    generate_ms: Distribution | None
    align_ms: Distribution | None
    total_ms: Distribution | None
    step_ms: Distribution | None
    decode_tok_s: Distribution | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Rates over all queries: sums over sums.

    Attributes:
        rtf: time spent over length of the audio; waiting for queries is not in it.
        rtfx: its inverse: seconds of audio in one second.
        queries_per_s: from the first query to the last transcript.
        busy_share: of that time, the share in which the machine was transcribing.
    """

    rtf: Rate
    rtfx: Rate
    queries_per_s: float
    busy_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One bundle in one scenario on one machine.

    Attributes:
        recordings: of the queries.
        bundle_bytes: of all files of the bundle.
        figures: over `queries`.
        queries: the measured ones, in the order in which they came.
        works: what was done, in order; several queries in one where they were decoded together.
        overhead: what measuring costs.
        roofline: how near the stages are to what the machine can do; None where it was not measured.
        batch: of `asked.batch_size` recordings; None where that is 1, and in other scenarios.
    """

    asked: BenchOptions
    recordings: tuple[AudioInput, ...]
    engine: EngineInfo
    bundle_bytes: int
    load: Load
    warm_up: WarmUp
    speed: Speed
    steadiness: Steadiness
    figures: Figures
    memory: Memory
    machine: Machine
    overhead: Overhead
    queries: tuple[Query, ...]
    works: tuple[Work, ...]
    environment: Environment
    runtime_version: str
    roofline: RooflinePosition | None = None
    batch: Batch | None = None
    schema: str = field(default=SCHEMA)

    def to_json(self) -> str:
        """Return the report as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted").decode()


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a report."""
    return schema_of(Report)

"""A service whose times are planted, on a clock that moves when it works or sleeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.run import Run


@dataclass
class PlantedClock:
    """Time that passes only where it is told to."""

    time_s: float = 100.0

    def now(self) -> float:
        return self.time_s

    def sleep(self, duration_s: float) -> None:
        self.time_s += duration_s


@dataclass
class PlantedService:
    """Takes the next planted time for each call, the last one ever after; a batch takes as long as one."""

    clock: PlantedClock
    times_s: list[float]
    calls: list[int] = field(default_factory=list)

    def one(self, recording: BenchRecording) -> Run:
        return next(self.several([recording]))

    def several(self, recordings: Sequence[BenchRecording]) -> Iterator[Run]:
        self.calls.append(len(recordings))
        self.clock.sleep(self.times_s.pop(0) if len(self.times_s) > 1 else self.times_s[0])
        for recording in recordings:
            yield planted_run(recording.duration_s)


def planted_run(audio_s: float, step_ms: float = 5.0) -> Run:
    """A run of two tokens."""
    return Run(
        rtf=0.02 / audio_s,
        ttft_ms=12.0,
        decode_ms=1.0,
        frontend_ms=2.0,
        encoder_ms=3.0,
        prefill_ms=4.0,
        generate_ms=2 * step_ms,
        total_ms=10.0 + 2 * step_ms,
        step_ms=step_ms,
        decode_tok_s=1e3 / step_ms,
        num_tokens=2,
        status="ok",
    )


def recordings(*lengths_s: float) -> list[BenchRecording]:
    """Recordings that nobody opens."""
    return [BenchRecording(Path(f"{length_s}.wav"), length_s) for length_s in lengths_s]

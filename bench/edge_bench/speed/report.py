"""The result of a measurement, and its published JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from edge_bench.speed.batch import Batch
from edge_bench.speed.environment import Environment
from edge_bench.speed.figures import Spread
from edge_runtime.arrays import Milliseconds, Seconds
from edge_runtime.json_schema import schema_of
from edge_runtime.results.status import Status
from edge_runtime.results.transcript import EngineInfo

SCHEMA: Final = "edge-asr/bench@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOptions:
    """What to measure.

    Attributes:
        warm_up: runs before the measured ones.
        repeats: measured runs.
        device: auto, cpu, cuda or cuda:1.
        threads: CPU threads; 0 for one on each fast core.
        max_new_tokens: token budget; None for one proportional to the audio.
        language: name or code to force, or "auto".
        batch_size: recordings of a batch to compare with single ones, or segments of a long recording with
            the same one by one; 1 measures no batch.
    """

    warm_up: int = 1
    repeats: int = 5
    device: str = "auto"
    threads: int = 0
    max_new_tokens: int | None = None
    language: str = "auto"
    batch_size: int = 1


@dataclass(frozen=True, slots=True)
class AudioInput:
    """The audio of the runs; a path of None stands for synthetic audio."""

    path: str | None
    duration_s: Seconds


@dataclass(frozen=True, slots=True)
class Load:
    """Times from a bundle on disk to a recognizer: hashing its files, then loading its graphs."""

    verify_ms: Milliseconds
    graphs_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of the process on the host, mapped weights included; None where it is unknown.

    Attributes:
        loaded_bytes: before the first run.
        current_bytes: after the last run.
        peak_bytes: maximum since the process began.
    """

    loaded_bytes: int | None
    current_bytes: int | None
    peak_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One transcription.

    Attributes:
        rtf: total time / length of the audio.
        ttft_ms: from the decoded audio to the first token of the text; None without one.
        decode_ms: reading and decoding the audio file.
        frontend_ms: log-mel.
        encoder_ms: audio encoder, all windows.
        prefill_ms: prompt to first token.
        generate_ms: all further tokens.
        total_ms: all stages.
        step_ms: mean time of a token after the first; None without one.
        decode_tok_s: tokens a second after the first; None without one.
        num_tokens: generated, the end-of-sequence token excluded.
        status: as in the transcript.
    """

    rtf: float
    ttft_ms: Milliseconds | None
    decode_ms: Milliseconds
    frontend_ms: Milliseconds
    encoder_ms: Milliseconds
    prefill_ms: Milliseconds
    generate_ms: Milliseconds
    total_ms: Milliseconds
    step_ms: Milliseconds | None
    decode_tok_s: float | None
    num_tokens: int
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of `Run`, each over all measured runs; None where no run has it."""

    rtf: Spread | None
    ttft_ms: Spread | None
    decode_ms: Spread | None
    frontend_ms: Spread | None
    encoder_ms: Spread | None
    prefill_ms: Spread | None
    generate_ms: Spread | None
    total_ms: Spread | None
    step_ms: Spread | None
    decode_tok_s: Spread | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One bundle on one recording on one machine.

    Attributes:
        bundle_bytes: of all files of the bundle.
        figures: over `runs`.
        runs: the measured ones, in order.
        batch: of `asked.batch_size` recordings; None where that is 1.
    """

    asked: BenchOptions
    audio: AudioInput
    engine: EngineInfo
    bundle_bytes: int
    load: Load
    figures: Figures
    memory: Memory
    runs: tuple[Run, ...]
    environment: Environment
    runtime_version: str
    batch: Batch | None = None
    schema: str = field(default=SCHEMA)

    def to_json(self) -> str:
        """Return the report as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted").decode()


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a report."""
    return schema_of(Report)

"""The interface of a program that is compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Threads and folders of a comparison.

    Attributes:
        threads: CPU threads.
        work: folder for converted weights.
        hf: checkpoint in the layout of transformers.
        original: the same checkpoint in the layout of its authors.
        antirez: source folder of antirez/qwen-asr.
        bundle: bundle of edge-asr.
    """

    threads: int
    work: Path
    hf: Path | None = None
    original: Path | None = None
    antirez: Path | None = None
    bundle: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A recording and its prompt in edge-asr.

    Attributes:
        name: for the tables.
        wav: 16-bit mono file at 16 kHz.
        duration_s: its length.
        prompt_ids: token ids, audio positions included.
        audio_id: the id at audio positions.
    """

    name: str
    wav: Path
    duration_s: float
    prompt_ids: tuple[int, ...]
    audio_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimes:
    """Times of one transcription, in milliseconds; None where the peer has no such stage.

    Attributes:
        frontend_ms: log-mel.
        encoder_ms: audio encoder.
        prefill_ms: prompt to first token.
        step_ms: one further token.
        peak_bytes: peak resident memory of the process; None where it is unknown.
    """

    frontend_ms: float | None = None
    encoder_ms: float | None = None
    prefill_ms: float
    step_ms: float
    peak_bytes: int | None = None

    def total_ms(self, num_tokens: int) -> float | None:
        """Return the time of a text of a fixed length; None for a decoder alone.

        It is a sum over the stages, since programs end their texts at different lengths.
        """
        if self.frontend_ms is None or self.encoder_ms is None:
            return None
        return self.frontend_ms + self.encoder_ms + self.prefill_ms + self.step_ms * (num_tokens - 1)


class Peer(Protocol):
    """One program with one variant of its weights, in a process of its own."""

    def available(self) -> str | None:
        """Return why it cannot run; None where it can."""
        ...

    def versions(self) -> dict[str, str]:
        """Return package or program → version."""
        ...

    def convert(self) -> None:
        """Build it and write weights in its own format, where that has not been done."""
        ...

    def prepare(self) -> None:
        """Load the weights."""
        ...

    def run(self, clip: Clip, num_tokens: int) -> StageTimes:
        """Transcribe a recording; decode exactly `num_tokens` tokens where the program allows it."""
        ...


class PeerError(Exception):
    """A peer failed; the message is one line."""

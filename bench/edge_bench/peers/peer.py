"""What a program must be able to do to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a peer may need to know.

    Attributes:
        threads: CPU threads.
        work: folder for converted weights.
        hf: checkpoint in the layout of transformers, if there is one.
        original: the same checkpoint in the layout of its authors, if there is one.
        antirez: source folder of antirez/qwen-asr, if there is one.
        bundle: of edge-asr.
    """

    threads: int
    work: Path
    hf: Path | None = None
    original: Path | None = None
    antirez: Path | None = None
    bundle: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A recording and the prompt that edge-asr makes of it.

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
        peak_bytes: most resident memory of the process; None where it cannot be told.
    """

    frontend_ms: float | None = None
    encoder_ms: float | None = None
    prefill_ms: float
    step_ms: float
    peak_bytes: int | None = None

    def total_ms(self, num_tokens: int) -> float | None:
        """Return the time of a text of a fixed length; None for a decoder alone.

        Put together from the stages, since programs end their texts at different lengths.
        """
        if self.frontend_ms is None or self.encoder_ms is None:
            return None
        return self.frontend_ms + self.encoder_ms + self.prefill_ms + self.step_ms * (num_tokens - 1)


class Peer(Protocol):
    """One program in one form; it is made from `Settings` and lives in a process of its own."""

    def available(self) -> str | None:
        """Return why it cannot run, None where it can."""
        ...

    def versions(self) -> dict[str, str]:
        """Return name → version of what it consists of."""
        ...

    def convert(self) -> None:
        """Build it and write weights in its own format, where that has not been done."""
        ...

    def prepare(self) -> None:
        """Load the weights."""
        ...

    def run(self, clip: Clip, num_tokens: int) -> StageTimes:
        """Transcribe a recording, and go on until `num_tokens` tokens if the program can be made to."""
        ...


class PeerError(Exception):
    """A peer that does not do what it is asked; the message is one line."""

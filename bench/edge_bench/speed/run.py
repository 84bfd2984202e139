"""One transcription, as its stages."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from edge_runtime.arrays import Milliseconds
from edge_runtime.results.status import Status
from edge_runtime.results.transcript import Timing, Transcript


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
        align_ms: word times, of all stages of the aligner; None where there is none, or nothing to align. It
            is part of the latency, not of the total.
        total_ms: all stages of the transcript.
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
    align_ms: Milliseconds | None = None
    total_ms: Milliseconds
    step_ms: Milliseconds | None
    decode_tok_s: float | None
    num_tokens: int
    status: Status


_SHARED: Final = tuple(field.name for field in fields(Timing))


def run_of(transcript: Transcript, align_ms: Milliseconds | None = None) -> Run:
    """Return the figures of one transcription."""
    timing = transcript.timing
    rate = timing.decode_tok_s
    return Run(
        **{name: getattr(timing, name) for name in _SHARED},
        align_ms=align_ms,
        step_ms=1e3 / rate if rate else None,
        num_tokens=transcript.num_tokens,
        status=transcript.status,
    )

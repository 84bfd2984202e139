"""What a final says, by the contract of its stream."""

from __future__ import annotations

import math

from edge_runtime.arrays import Milliseconds, Seconds
from edge_runtime.results.transcript import Transcript
from edge_runtime.streaming.commit.words import continuation
from edge_runtime.streaming.events import Final
from edge_runtime.streaming.options import Contract


def final_of(
    transcript: Transcript,
    stable: str,
    contract: Contract,
    *,
    start: Seconds,
    end: Seconds,
    lag_ms: Milliseconds,
) -> Final:
    """Return the final of a segment.

    Args:
        transcript: of its samples.
        stable: its stable text.
        contract: whose text counts where the two differ.
        start: of the segment.
        end: of the segment.
        lag_ms: since the audio came.
    """
    rest, corrected = continuation(stable, transcript.text)
    mean = transcript.avg_logprob
    return Final(
        text=stable + rest if contract == "append" else transcript.text,
        language=transcript.language,
        start=start,
        end=end,
        confidence=None if mean is None else round(math.exp(mean), 6),
        status=transcript.status,
        corrected=corrected,
        lag_ms=lag_ms,
    )

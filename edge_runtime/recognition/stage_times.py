"""The times of a transcription by stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_runtime.arrays import Milliseconds
from edge_runtime.recognition.recording import DecodedRecording, LoadedRecording
from edge_runtime.results.transcript import Timing

_NOT_DECODED: Final = 0.0


def timing_of(decoded: DecodedRecording, text_tag_id: int) -> Timing:
    """Return the times of a recording; those of tokens are of its first decoding."""
    times, stopwatch = decoded.times, decoded.prepared.stopwatch
    token_ids = decoded.generation.token_ids
    # Count tokens up to the end of the text, not steps that the device ran past it.
    token_ms = times.token_ms[: len(token_ids) + 1]
    total_ms = stopwatch.elapsed_ms()
    generate_ms = token_ms[-1] - token_ms[0]
    first_ms = _first_text_token_ms(token_ids, text_tag_id, token_ms)
    return Timing(
        decode_ms=stopwatch["decode"],
        frontend_ms=stopwatch["frontend"],
        encoder_ms=stopwatch["encoder"],
        prefill_ms=times.prefill_ms,
        generate_ms=generate_ms,
        total_ms=total_ms,
        ttft_ms=None if first_ms is None else first_ms - stopwatch["decode"],
        decode_tok_s=1e3 * (len(token_ms) - 1) / generate_ms if generate_ms else None,
        rtf=total_ms / 1e3 / decoded.prepared.audio.duration_s,
    )


def timing_of_silence(recording: LoadedRecording) -> Timing:
    """Return the times of a recording that was loaded and not decoded."""
    stopwatch = recording.stopwatch
    total_ms = stopwatch.elapsed_ms()
    return Timing(
        decode_ms=stopwatch["decode"],
        frontend_ms=_NOT_DECODED,
        encoder_ms=_NOT_DECODED,
        prefill_ms=_NOT_DECODED,
        generate_ms=_NOT_DECODED,
        total_ms=total_ms,
        ttft_ms=None,
        decode_tok_s=None,
        rtf=total_ms / 1e3 / recording.audio.duration_s,
    )


def _first_text_token_ms(
    token_ids: Sequence[int], text_tag_id: int, token_ms: Sequence[Milliseconds]
) -> Milliseconds | None:
    """Return when the first token of the text came: the one after the text tag."""
    first = token_ids.index(text_tag_id) + 1 if text_tag_id in token_ids else 0
    return token_ms[first] if first < len(token_ids) else None

"""From what the model wrote to what the user reads. Every change to the text leaves a warning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp
from statistics import fmean

from edge_runtime.arrays import Milliseconds
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.decoding.generate import Generation
from edge_runtime.recognition.output import ParsedOutput, parse_output
from edge_runtime.recognition.recording import DecodedRecording
from edge_runtime.results.status import Status
from edge_runtime.results.transcript import (
    AudioInfo,
    EngineInfo,
    ResultWarning,
    Segment,
    Timing,
    Transcript,
    dialect_warning,
    mixdown_warning,
    recording_warnings,
)
from edge_runtime.text.languages import code_of
from edge_runtime.version import VERSION


def build_transcript(decoded: DecodedRecording, raw: str, bundle: Bundle) -> Transcript:
    """Parse the model's output and put the result together.

    Args:
        decoded: the recording, its tokens and their times.
        raw: text of the tokens, language and tag included.
        bundle: decoded it.
    """
    manifest, prepared = bundle.manifest, decoded.prepared
    prompt = manifest.require_asr().prompt
    forced = prepared.forced_language
    parsed = parse_output(raw, prompt.text_tag, forced.language.name if forced else None)
    status = _status(decoded, parsed)
    generation, duration_s = decoded.generation, prepared.audio.duration_s
    segment = Segment(
        0.0,
        duration_s,
        parsed.text,
        language=parsed.language or None,
        language_code=code_of(parsed.language, manifest.languages),
        status=status,
        avg_logprob=fmean(generation.logprobs) if generation.logprobs else None,
        num_tokens=len(generation.logprobs),
        language_probability=None if forced else _language_probability(generation, prompt.text_tag_id),
    )
    return Transcript(
        text=parsed.text,
        language=segment.language,
        language_code=segment.language_code,
        language_forced=forced is not None,
        status=status,
        avg_logprob=segment.avg_logprob,
        num_tokens=len(generation.logprobs),
        language_probability=segment.language_probability,
        covered_s=duration_s,
        segments=(segment,) if parsed.text else (),
        warnings=tuple(_warnings(decoded, parsed)),
        audio=AudioInfo.of(prepared.audio),
        timing=_timing(decoded, prompt.text_tag_id),
        engine=EngineInfo.of(bundle),
        runtime_version=VERSION,
    )


def _language_probability(generation: Generation, text_tag_id: int) -> float | None:
    """Return the product of the probabilities of the tokens up to the text tag, None without it."""
    if text_tag_id not in generation.token_ids:
        return None
    return exp(sum(generation.logprobs[: generation.token_ids.index(text_tag_id) + 1]))


def _status(decoded: DecodedRecording, parsed: ParsedOutput) -> Status:
    if decoded.generation.finish_reason == "length":
        return "truncated"
    return "ok" if parsed.text else "no_speech"


def _warnings(decoded: DecodedRecording, parsed: ParsedOutput) -> Iterator[ResultWarning]:
    generation = decoded.generation
    if generation.finish_reason == "length":
        num_tokens = len(generation.token_ids)
        yield ResultWarning(
            "truncated", f"The token budget of {num_tokens} ended the text; speech may be missing."
        )
    if parsed.repetition_removed:
        yield ResultWarning("repetition_removed", "A run of repeated text was collapsed to one.")
    prepared = decoded.prepared
    for warning in (dialect_warning(prepared.forced_language), mixdown_warning(prepared.audio)):
        if warning is not None:
            yield warning
    yield from recording_warnings(prepared.audio)


def _timing(decoded: DecodedRecording, text_tag_id: int) -> Timing:
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
        decode_tok_s=1e3 * (len(token_ms) - 1) / generate_ms if len(token_ms) > 1 else None,
        rtf=total_ms / 1e3 / decoded.prepared.audio.duration_s,
    )


def _first_text_token_ms(
    token_ids: Sequence[int], text_tag_id: int, token_ms: Sequence[Milliseconds]
) -> Milliseconds | None:
    """Return when the first token of the text came: the one after the text tag."""
    first = token_ids.index(text_tag_id) + 1 if text_tag_id in token_ids else 0
    return token_ms[first] if first < len(token_ids) else None

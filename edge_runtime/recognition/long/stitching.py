"""From the transcripts of the pieces of a recording to that of the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.recognition.long.survey import LongPlan
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.results.document import join_texts
from edge_runtime.results.result_warning import ResultWarning, WarningCode
from edge_runtime.results.status import status_with, worst_status
from edge_runtime.results.transcript import AudioInfo, EngineInfo, Segment, Stretch, Timing, Transcript
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.vad.energy import Span
from edge_runtime.version import VERSION

_OF_THE_WHOLE: Final[frozenset[WarningCode]] = frozenset({"channels_mixed", "dialect_as_language"})
_NUM_LISTED: Final = 3

DecodedSpan = tuple[Span, Transcript]
"""Where a piece lies in its recording, and what is said there. Its samples are not kept."""


def stitch(
    pieces: Sequence[DecodedSpan],
    plan: LongPlan,
    options: DecodingOptions,
    stopwatch: Stopwatch,
    bundle: Bundle,
) -> Transcript:
    """Join the transcripts of pieces; times become those of the recording.

    Args:
        pieces: in order; none where nobody speaks.
        plan: of the recording.
        options: of the request.
        stopwatch: has run since the recording was opened, and has measured the first pass.
        bundle: decoded them.
    """
    segments = tuple(segment for span, result in pieces for segment in _shifted(span, result))
    results = [result for _, result in pieces]
    speaking = _main_language(segments)
    probabilities = [one.language_probability for one in segments if one.language_probability is not None]
    facts, uncovered = plan.facts, plan.left_out([span for span, _ in pieces])
    return Transcript(
        text=join_texts(segment.text for segment in segments),
        language=speaking.language if speaking else None,
        language_code=speaking.language_code if speaking else None,
        language_forced=options.forced_language is not None,
        status=status_with(worst_status(result.status for result in results), facts.notices),
        avg_logprob=mean_logprob_of(results),
        num_tokens=sum(result.num_tokens for result in results),
        segments=segments,
        warnings=tuple(dict.fromkeys(_warnings(pieces, plan, uncovered))),
        audio=AudioInfo(
            facts.source, facts.sha256, facts.duration_s, facts.source_rate, facts.source_channels
        ),
        timing=_timing(results, facts.duration_s, stopwatch),
        engine=EngineInfo.of(bundle),
        runtime_version=VERSION,
        language_probability=min(probabilities, default=None),
        covered_s=sum(_length(span) for span, _ in pieces),
        uncovered_s=sum(map(_length, uncovered)),
        uncovered=tuple(Stretch(round(span.start, 3), round(span.end, 3)) for span in uncovered),
    )


def mean_logprob_of(results: Sequence[Transcript]) -> float | None:
    """Return the mean log-probability of all tokens of some transcripts, None without tokens."""
    num_tokens = sum(result.num_tokens for result in results)
    if not num_tokens:
        return None
    return sum((result.avg_logprob or 0.0) * result.num_tokens for result in results) / num_tokens


def _shifted(span: Span, result: Transcript) -> Iterator[Segment]:
    for segment in result.segments:
        start, end = round(span.start + segment.start, 3), round(span.start + segment.end, 3)
        yield replace(segment, start=start, end=end)


def _main_language(segments: Iterable[Segment]) -> Segment | None:
    """Return a segment in the language that is spoken longest."""
    seconds: Counter[str] = Counter()
    examples: dict[str, Segment] = {}
    for segment in segments:
        if segment.language is not None:
            seconds[segment.language] += segment.end - segment.start  # type: ignore[assignment]  # seconds
            examples.setdefault(segment.language, segment)
    return examples[max(examples, key=seconds.__getitem__)] if examples else None


def _warnings(
    pieces: Sequence[DecodedSpan], plan: LongPlan, uncovered: Sequence[Span]
) -> Iterator[ResultWarning]:
    for span, result in pieces:
        for warning in result.warnings:
            if warning.code in _OF_THE_WHOLE:
                yield warning
            else:
                yield replace(warning, message=f"{_times(span)}: {warning.message}")
    yield from (ResultWarning(notice.code, notice.message) for notice in plan.facts.notices)
    if uncovered:
        yield _uncovered(uncovered)


def _uncovered(spans: Sequence[Span]) -> ResultWarning:
    """Say how much was left out, and where most of it is; a noisy recording has hundreds of places."""
    seconds = sum(map(_length, spans))
    longest = sorted(sorted(spans, key=_length)[-_NUM_LISTED:], key=lambda span: span.start)
    places = ", ".join(map(_times, longest))
    where = f"{len(spans)} places, the longest {places}" if len(spans) > _NUM_LISTED else places
    return ResultWarning(
        "uncovered",
        f"{seconds:.1f} s of sound were taken for no speech and left out ({where}). If speech is missing, "
        f"lower --vad-threshold, or give --no-vad.",
    )


def _length(span: Span) -> Seconds:
    return span.end - span.start


def _times(span: Span) -> str:
    return f"{span.start:.1f}-{span.end:.1f} s"


def _timing(results: Sequence[Transcript], duration_s: Seconds, stopwatch: Stopwatch) -> Timing:
    """Divide the time of the whole among the stages as the pieces' own times are divided.

    Pieces are decoded together: their times include work on each other, and are longer than the whole in sum.
    """
    timings = [result.timing for result in results]
    total_ms = stopwatch.elapsed_ms()
    decode_ms = stopwatch["decode"] + sum(one.decode_ms for one in timings)
    later_ms = sum(one.frontend_ms + one.encoder_ms + one.prefill_ms + one.generate_ms for one in timings)
    share = min(1.0, max(0.0, total_ms - decode_ms) / later_ms) if later_ms else 0.0
    generate_ms = share * sum(one.generate_ms for one in timings)
    num_steps = sum(result.num_tokens for result in results)
    return Timing(
        decode_ms=decode_ms,
        frontend_ms=share * sum(one.frontend_ms for one in timings),
        encoder_ms=share * sum(one.encoder_ms for one in timings),
        prefill_ms=share * sum(one.prefill_ms for one in timings),
        generate_ms=generate_ms,
        total_ms=total_ms,
        ttft_ms=timings[0].ttft_ms if timings else None,
        decode_tok_s=1e3 * num_steps / generate_ms if generate_ms > 0 and num_steps else None,
        rtf=total_ms / 1e3 / duration_s,
    )

"""From what the model wrote to what the user reads. Every change to the text leaves a warning."""

from __future__ import annotations

from collections.abc import Iterator

from edge_runtime.audio.load import Audio
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.recognition.answers.answer import Answer
from edge_runtime.recognition.answers.confidence import confidence_of, mean_logprob
from edge_runtime.results.result_warning import (
    ResultWarning,
    dialect_warning,
    mixdown_warning,
    recording_warnings,
)
from edge_runtime.results.status import status_with
from edge_runtime.results.transcript import AudioInfo, EngineInfo, Segment, Timing, Transcript
from edge_runtime.text.languages import LanguageChoice, code_of
from edge_runtime.version import VERSION


def build_transcript(
    audio: Audio, forced: LanguageChoice | None, answer: Answer, timing: Timing, bundle: Bundle
) -> Transcript:
    """Put the result together.

    Args:
        audio: the recording.
        forced: the language that the caller chose, if any.
        answer: what was heard in it.
        timing: of its stages.
        bundle: decoded it.
    """
    segment = Segment(
        0.0,
        audio.duration_s,
        answer.text,
        language=answer.language or None,
        language_code=code_of(answer.language, bundle.manifest.languages),
        status=status_with(answer.status, audio.notices),
        avg_logprob=mean_logprob(answer.logprobs),
        num_tokens=len(answer.logprobs),
        language_probability=answer.language_probability,
        rungs=answer.rungs,
    )
    return Transcript(
        text=answer.text,
        language=segment.language,
        language_code=segment.language_code,
        language_forced=forced is not None,
        status=segment.status,
        avg_logprob=segment.avg_logprob,
        num_tokens=len(answer.logprobs),
        language_probability=segment.language_probability,
        covered_s=audio.duration_s,
        segments=(segment,) if answer.text else (),
        warnings=tuple(_warnings(audio, forced, answer, confidence_of(bundle.manifest).low_logprob)),
        audio=AudioInfo.of(audio),
        timing=timing,
        engine=EngineInfo.of(bundle),
        runtime_version=VERSION,
    )


def _warnings(
    audio: Audio, forced: LanguageChoice | None, answer: Answer, low_logprob: float
) -> Iterator[ResultWarning]:
    yield from _status_warnings(answer, low_logprob)
    if answer.repetition_removed:
        yield ResultWarning("repetition_removed", "A run of repeated text was collapsed to one.")
    for warning in (dialect_warning(forced), mixdown_warning(audio)):
        if warning is not None:
            yield warning
    yield from recording_warnings(audio)


def _status_warnings(answer: Answer, low_logprob: float) -> Iterator[ResultWarning]:
    status, mean, probability = answer.status, mean_logprob(answer.logprobs), answer.language_probability
    if status == "truncated":
        num_tokens = len(answer.logprobs)
        yield ResultWarning(
            status, f"The token budget of {num_tokens} ended the text; speech may be missing."
        )
    elif status == "loop_recovered":
        yield ResultWarning(
            status, "The decoder repeated itself. The text is that of pieces that were decoded apart."
        )
    elif status == "loop_unresolved":
        repeated = "The decoder repeated itself, in pieces too. What it repeated was cut"
        yield ResultWarning(status, f"{repeated}; speech may be missing.")
    elif status == "low_confidence" and mean is not None:
        doubtful = f"under {low_logprob:g} many words are wrong"
        yield ResultWarning(status, f"The mean log-probability of the text is {mean:.2f}; {doubtful}.")
    elif status == "language_uncertain" and probability is not None:
        language = answer.language or "No known one"
        uncertain = f"{language} is the language with a probability of {probability:.2f}"
        yield ResultWarning(status, f"{uncertain}. Name it with --language if it is another.")
    elif answer.left_out and mean is not None:
        doubtful = f"A doubtful text (mean log-probability {mean:.2f}) was left out"
        advice = "If somebody does, try --no-vad without --language"
        yield ResultWarning("no_speech", f"{doubtful}: nobody is heard to speak. {advice}.")

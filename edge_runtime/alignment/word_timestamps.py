"""Add word times to a transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from edge_runtime.alignment.align_options import AlignOptions
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.alignment.segment_words import align_segments, is_divided
from edge_runtime.arrays import Seconds
from edge_runtime.audio.source import AudioSource
from edge_runtime.errors import BackendUnavailableError, UsageError
from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.transcript import Segment, Transcript
from edge_runtime.results.words import split_characters
from edge_runtime.text.languages import match_language

Granularity = Literal["segment", "word", "char"]
"""The smallest unit that gets times."""


def add_word_timestamps(
    transcript: Transcript, aligner: Aligner, audio: AudioSource, options: AlignOptions | None = None
) -> Transcript:
    """Align the words of a transcript; its segments become sentences with times.

    Where it was decoded in segments, each of them is aligned alone.

    A transcript that cannot be aligned is returned as it is, with the warning `not_aligned`.

    Args:
        transcript: of the recording.
        aligner: aligns the text.
        audio: the same recording.
        options: how to align.
    """
    if not transcript.text:
        return transcript
    if not is_divided(transcript):
        return _align_whole(transcript, aligner, audio, options)
    rate = aligner.bundle.manifest.features.sample_rate
    return align_segments(
        transcript, audio, rate, lambda segment, piece: _align_whole(segment, aligner, piece, options)
    )


def _align_whole(
    transcript: Transcript, aligner: Aligner, audio: AudioSource, options: AlignOptions | None
) -> Transcript:
    languages = aligner.bundle.manifest.languages
    language = match_language(transcript.language or "", languages)
    if language is None:
        supported = ", ".join(supported.name for supported in languages)
        language_name = transcript.language or "no language"
        return _without_times(
            transcript, f"The text is in {language_name}, and only these can be aligned: {supported}."
        )
    # The recognizer heard every letter, and knows how sure it is.
    recognized = replace(options or AlignOptions(), all_spoken=True, judge=False)
    try:
        alignment = aligner.align(audio, transcript.text, language.name, options=recognized)
    except (UsageError, BackendUnavailableError) as error:
        return _without_times(transcript, str(error))
    segments = alignment.document().segments
    # The recognizer has already warned of what both do to the recording.
    reported = {warning.code for warning in transcript.warnings}
    warnings = tuple(warning for warning in alignment.warnings if warning.code not in reported)
    return replace(
        transcript,
        words=alignment.words,
        segments=tuple(_sentence(segment, transcript.segments) for segment in segments),
        warnings=transcript.warnings + warnings,
    )


def at_granularity(granularity: Granularity, transcript: Transcript) -> Transcript:
    """Return the transcript with its words split into characters if the granularity is "char"."""
    if granularity != "char" or transcript.words is None:
        return transcript
    return replace(transcript, words=split_characters(transcript.words))


def to_document(transcript: Transcript, granularity: Granularity) -> Document:
    """Convert a transcript to the document that the writers render.

    Args:
        transcript: with or without the times of its words.
        granularity: "segment" leaves out word times; without word times the transcript's segments stay.
    """
    duration_s = transcript.audio.duration_s
    words = at_granularity(granularity, transcript).words
    if words and granularity != "segment":
        document = Document.from_words(words, language=transcript.language, duration_s=duration_s)
        segments = tuple(
            replace(one, avg_logprob=_source(one, transcript.segments).avg_logprob)
            for one in document.segments
        )
    else:
        segments = tuple(
            TimedSegment(segment.start, segment.end, segment.text, avg_logprob=segment.avg_logprob)
            for segment in transcript.segments
        )
    # What words' times tell already is not said again.
    speech = () if any(segment.words for segment in segments) else transcript.speech or ()
    return Document(
        transcript.language, duration_s, segments, transcript.status, transcript.warnings, speech=speech
    )


def _source(sentence: TimedSegment, decoded: Sequence[Segment]) -> Segment:
    """Return the decoded segment in which most of a sentence lies."""

    def overlap(segment: Segment) -> Seconds:
        return min(segment.end, sentence.end) - max(segment.start, sentence.start)

    return max(decoded, key=overlap)


def _sentence(sentence: TimedSegment, decoded: Sequence[Segment]) -> Segment:
    """Return a sentence with what is known of the decoded segment in which most of it lies."""
    source = _source(sentence, decoded)
    return replace(source, start=sentence.start, end=sentence.end, text=sentence.text, num_tokens=None)


def _without_times(transcript: Transcript, reason: str) -> Transcript:
    warning = ResultWarning("not_aligned", f"The words have no times. {reason}")
    return replace(transcript, warnings=(*transcript.warnings, warning))

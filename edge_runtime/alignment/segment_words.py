"""Word times of a transcript in segments: each is aligned alone, and its times are shifted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import Audio
from edge_runtime.audio.recording import Facts
from edge_runtime.audio.source import AudioSource, open_source
from edge_runtime.results.document import has_space
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.transcript import Segment, Transcript
from edge_runtime.results.words import Word


class _Nobody:
    """Listens to a recording only to learn its peak and length."""

    def add(self, block: Waveform) -> None:
        del block


def is_divided(transcript: Transcript) -> bool:
    """Tell whether the text is that of segments, not that of a whole recording."""
    segments, duration_s = transcript.segments, transcript.audio.duration_s
    return len(segments) > 1 or any(one.start > 0 or one.end < duration_s for one in segments)


def align_segments(
    transcript: Transcript,
    audio: AudioSource,
    sample_rate: int,
    align: Callable[[Transcript, Audio], Transcript],
) -> Transcript:
    """Align the segments of a transcript one by one.

    A segment that cannot be aligned becomes one word that lasts as long as it, flagged as `repaired`, so that
    its text is in every output.

    Args:
        transcript: of the recording, in segments.
        audio: the same recording; it is read again, in blocks.
        sample_rate: of the aligner in Hz.
        align: aligns the transcript of one segment.
    """
    results = [
        (segment, align(_alone(transcript, segment, piece), piece))
        for segment, piece in _pieces(transcript.segments, audio, sample_rate)
    ]
    words = [_words(segment, result) for segment, result in results]
    for (_, left), (_, right), ends in zip(results, results[1:], words, strict=False):
        ends[-1] = replace(ends[-1], space_after=has_space(left.text.strip(), right.text.strip()))
    reported = {warning.code for warning in transcript.warnings}
    new_warnings = [warning for segment, result in results for warning in _at(segment, result, reported)]
    return replace(
        transcript,
        words=tuple(word for some in words for word in some),
        segments=tuple(
            replace(one, start=_later(one.start, segment), end=_later(one.end, segment))
            for segment, result in results
            for one in result.segments
        ),
        warnings=transcript.warnings + tuple(new_warnings),
    )


def _pieces(
    segments: Sequence[Segment], audio: AudioSource, sample_rate: int
) -> Iterator[tuple[Segment, Audio]]:
    with open_source(audio, sample_rate, sample_rate) as recording:
        _, facts = recording.scan(_Nobody)
        ranges = [(round(one.start * sample_rate), round(one.end * sample_rate)) for one in segments]
        stretches = recording.stretches(facts, ranges)
        for segment, waveform in zip(segments, stretches, strict=True):
            yield segment, _audio(waveform, facts)


def _audio(waveform: Waveform, facts: Facts) -> Audio:
    return Audio(waveform, facts.sample_rate, facts.source_rate, facts.source_channels, facts.source)


def _alone(transcript: Transcript, segment: Segment, piece: Audio) -> Transcript:
    whole = replace(segment, start=0.0, end=piece.duration_s)
    return replace(transcript, text=segment.text, language=segment.language, segments=(whole,), warnings=())


def _words(segment: Segment, result: Transcript) -> list[Word]:
    if not result.words:
        return [Word(segment.text, segment.start, segment.end, flags=("repaired",))]
    return [
        replace(word, start=_later(word.start, segment), end=_later(word.end, segment))
        for word in result.words
    ]


def _at(segment: Segment, result: Transcript, reported: Collection[str]) -> Iterator[ResultWarning]:
    for warning in result.warnings:
        if warning.code not in reported:
            message = f"{segment.start:.1f}-{segment.end:.1f} s: {warning.message}"
            yield replace(warning, message=message)


def _later(time_s: Seconds, segment: Segment) -> Seconds:
    return round(time_s + segment.start, 3)

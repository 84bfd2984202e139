"""Whether a text is what is spoken in a recording: the verdict on the pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edge_runtime.alignment.verdict.match import DEFAULT_MATCH, match_score
from edge_runtime.alignment.verdict.uncovered import uncovered_speech
from edge_runtime.audio.load import Audio
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.bundle.specs import MatchSpec
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.words import Word
from edge_runtime.vad.energy import Span
from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.silero import SileroVad
from edge_runtime.vad.timestamps import SAMPLE_RATE, speech_timestamps

_SHOWN_SPANS: Final = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a pair.

    Attributes:
        score: of the match, from 0 to 1.
        warnings: that the text is not what is spoken, or that speech has no text.
    """

    score: float
    warnings: tuple[ResultWarning, ...]


class PairJudge:
    """Judges alignments of one bundle. Threads may share it."""

    def __init__(self, spec: MatchSpec, detector: SileroVad | None) -> None:
        """Take what the bundle says of right texts, and its voice activity detector if it has one."""
        self._spec: Final = spec
        self._detector: Final = detector

    @classmethod
    def of(cls, bundle: Bundle) -> PairJudge:
        """Return the judge of a verified aligner bundle; raises `BundleError` as `SileroVad.of` does."""
        return cls(bundle.manifest.require_aligner().match or DEFAULT_MATCH, SileroVad.of(bundle))

    def voice(self, audio: Audio) -> tuple[Span, ...]:
        """Return where somebody speaks; nothing without a detector, or where it does not know the rate."""
        if self._detector is None or audio.sample_rate != SAMPLE_RATE:
            return ()
        probabilities = self._detector.probabilities(audio.waveform)
        return speech_timestamps(probabilities, audio.waveform.size, VadOptions())

    def verdict(self, audio: Audio, words: Sequence[Word], voice: Sequence[Span]) -> Verdict:
        """Judge words by how sure the model is of their times, and by the speech between them.

        Args:
            audio: the recording.
            words: of the text, with times and flags.
            voice: where somebody speaks.
        """
        score = match_score(words, self._spec.confidence)
        uncovered = uncovered_speech(voice, words, audio.waveform, audio.sample_rate)
        return Verdict(score, tuple(self._warnings(score, uncovered)))

    def _warnings(self, score: float, uncovered: Sequence[Span]) -> Iterator[ResultWarning]:
        if score < self._spec.min_score:
            yield ResultWarning(
                "text_mismatch",
                f"The text is hardly what is spoken, or not all of it: they match by {score:.2f}, and right "
                f"texts by {self._spec.min_score:.2f} or more. Its times are not to be trusted.",
            )
        if uncovered:
            total_s = sum(span.end - span.start for span in uncovered)
            longest = sorted(uncovered, key=lambda span: span.start - span.end)[:_SHOWN_SPANS]
            listed = ", ".join(
                f"{span.start:.1f}-{span.end:.1f} s" for span in sorted(longest, key=lambda span: span.start)
            )
            more = f" and {len(uncovered) - len(longest)} more" if len(uncovered) > len(longest) else ""
            yield ResultWarning(
                "speech_without_text", f"{total_s:.1f} s of speech have no text: {listed}{more}."
            )


def joined_spans(speech: Sequence[Span], voice: Sequence[Span]) -> tuple[Span, ...]:
    """Return what either of two says is speech: energy cannot tell under music, where the detector can."""
    joined: list[Span] = []
    for span in sorted((*speech, *voice), key=lambda span: span.start):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)

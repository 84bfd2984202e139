"""Scores of a recognizer on a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from edge_bench.corpus import Clip
from edge_bench.scoring.wer import CHARACTER_LANGUAGES, ErrorCounts, count_errors, units_of
from edge_runtime.results.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Scored:
    """One clip and its transcript."""

    clip: Clip
    transcript: Transcript

    @property
    def is_exact(self) -> bool:
        """Text and language are the reference's, to the letter."""
        transcript = self.transcript
        return (transcript.text, transcript.language or "") == (self.clip.text, self.clip.language)


@dataclass(frozen=True, slots=True)
class LanguageScore:
    """Errors in one language: `metric` is "wer" or "cer"."""

    language: str
    code: str
    metric: str
    counts: ErrorCounts

    @property
    def key(self) -> str:
        """Name in the summary line, such as wer_en."""
        return f"{self.metric}_{self.code}"


@dataclass(frozen=True, slots=True)
class Scores:
    """A corpus in figures.

    Attributes:
        languages: error rates by language.
        language_accuracy: share of the clips with speech whose language was identified; None without any.
        no_speech_accuracy: share of the clips without speech that gave no text; None without any.
        num_clips: all clips.
        rtfx: seconds of audio per second of computing, summed over the corpus.
        variants: figures of recordings made of the corpus, in percent or points; see `variants.py`.
    """

    languages: tuple[LanguageScore, ...]
    language_accuracy: float | None
    no_speech_accuracy: float | None
    num_clips: int
    rtfx: float
    variants: Mapping[str, float] = field(default_factory=dict)

    def metrics(self) -> dict[str, float]:
        """Return error rates and shares by name, in percent, and gaps, in points."""
        metrics = {score.key: score.counts.rate for score in self.languages}
        shares = {"lid": self.language_accuracy, "no_speech": self.no_speech_accuracy}
        metrics |= {name: share for name, share in shares.items() if share is not None}
        return {name: 100 * value for name, value in metrics.items()} | dict(self.variants)

    def summary(self) -> str:
        """Return the figures as one line."""
        listed = " ".join(f"{name}={percent:.2f}" for name, percent in self.metrics().items())
        return f"scores: {listed} clips={self.num_clips}"


def score(results: Sequence[Scored], codes: dict[str, str]) -> Scores:
    """Pool results over a corpus.

    Args:
        results: every clip with its transcript.
        codes: language name to code.
    """
    speech_results = [result for result in results if result.clip.language]
    silence_results = [result for result in results if not result.clip.language]
    names = sorted(
        {result.clip.language for result in speech_results}, key=lambda name: codes.get(name, name)
    )
    audio_s = sum(result.transcript.audio.duration_s for result in results)
    compute_s = sum(result.transcript.timing.total_ms for result in results) / 1e3
    return Scores(
        languages=tuple(_language_score(name, codes.get(name, name), speech_results) for name in names),
        language_accuracy=_share(r.transcript.language == r.clip.language for r in speech_results),
        no_speech_accuracy=_share(r.transcript.no_speech for r in silence_results),
        num_clips=len(results),
        rtfx=audio_s / compute_s,
    )


def _language_score(name: str, code: str, results: Iterable[Scored]) -> LanguageScore:
    pairs = [
        (units_of(result.clip.text, name), units_of(result.transcript.text, name))
        for result in results
        if result.clip.language == name
    ]
    metric = "cer" if name in CHARACTER_LANGUAGES else "wer"
    return LanguageScore(name, code, metric, count_errors(pairs))


def _share(outcomes: Iterable[bool]) -> float | None:
    judged = list(outcomes)
    return sum(judged) / len(judged) if judged else None

"""Two bundles on one list, clip by clip and language by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge_bench.corpus import Clip
from edge_bench.gate.asr.behaviors import BEHAVIORS, Behavior, new_behaviors
from edge_bench.gate.bootstrap import PairedErrors, interval
from edge_bench.scoring.wer import CHARACTER_LANGUAGES, ErrorCounts, count_errors, units_of
from edge_runtime.results.transcript import Transcript


@dataclass(frozen=True, slots=True)
class ComparedClip:
    """One clip, both transcripts of it, and the behaviors that the candidate newly shows."""

    clip: Clip
    candidate: Transcript
    reference: Transcript
    behaviours: tuple[Behavior, ...]

    @property
    def is_bad(self) -> bool:
        """The clip shows a behavior other than `changed`."""
        return any(name != "changed" for name in self.behaviours)


@dataclass(frozen=True, slots=True)
class LanguageDelta:
    """The error rates of both bundles in one language, in percent, and their difference in points.

    Attributes:
        key: such as wer_en.
        language: its name.
        num_clips: clips of the language.
        num_units: words or characters spoken in them.
        reference: error rate of the reference bundle.
        candidate: error rate of the candidate.
        difference: candidate − reference.
        low, high: the difference's confidence interval.
    """

    key: str
    language: str
    num_clips: int
    num_units: int
    reference: float
    candidate: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A whole list."""

    languages: tuple[LanguageDelta, ...]
    clips: tuple[ComparedClip, ...]

    def ids(self, behavior: Behavior) -> tuple[str, ...]:
        """Return the names of the clips that newly show a behavior."""
        return tuple(each.clip.id for each in self.clips if behavior in each.behaviours)

    def counts(self) -> dict[Behavior, int]:
        """Return how many clips newly show each behavior."""
        return {name: len(self.ids(name)) for name in BEHAVIORS}


def compare(
    clips: Sequence[Clip],
    candidate: Sequence[Transcript],
    reference: Sequence[Transcript],
    codes: Mapping[str, str],
) -> Comparison:
    """Compare the transcripts of two bundles.

    Args:
        clips: the list.
        candidate: the candidate's transcript of each clip.
        reference: the reference's transcript of each clip.
        codes: language name to code.
    """
    compared = tuple(
        ComparedClip(clip, new, old, new_behaviors(clip, new, old))
        for clip, new, old in zip(clips, candidate, reference, strict=True)
    )
    names = sorted({clip.language for clip in clips if clip.language}, key=lambda name: codes.get(name, name))
    return Comparison(tuple(_delta(name, codes.get(name, name), compared) for name in names), compared)


def _delta(language: str, code: str, compared: Sequence[ComparedClip]) -> LanguageDelta:
    in_language = [each for each in compared if each.clip.language == language]
    candidate = [_errors(each.clip, each.candidate) for each in in_language]
    reference = [_errors(each.clip, each.reference) for each in in_language]
    units = np.array([each.num_reference for each in reference])
    errors = PairedErrors(_numbers(candidate), _numbers(reference), units)
    bounds = interval(errors)
    total = max(int(units.sum()), 1)
    return LanguageDelta(
        key=f"{'cer' if language in CHARACTER_LANGUAGES else 'wer'}_{code}",
        language=language,
        num_clips=len(in_language),
        num_units=int(units.sum()),
        reference=100 * int(errors.reference.sum()) / total,
        candidate=100 * int(errors.candidate.sum()) / total,
        difference=errors.difference,
        low=bounds.low,
        high=bounds.high,
    )


def _errors(clip: Clip, transcript: Transcript) -> ErrorCounts:
    return count_errors([(units_of(clip.text, clip.language), units_of(transcript.text, clip.language))])


def _numbers(counts: Sequence[ErrorCounts]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([each.substitutions + each.deletions + each.insertions for each in counts], np.int64)

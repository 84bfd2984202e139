"""Two aligners on one list, slot by slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from edge_bench.corpus import SpeechClip
from edge_bench.gate.aligner.classes import ClipClasses
from edge_bench.gate.bootstrap import Interval, PairedErrors, interval
from edge_runtime.arrays import Milliseconds


@dataclass(frozen=True, slots=True)
class ComparedAlignment:
    """One clip and the classes that both bundles predict in it."""

    clip: SpeechClip
    candidate: ClipClasses
    reference: ClipClasses

    @property
    def distances(self) -> tuple[int, ...]:
        """Distance of the candidate's class from the reference's in each slot, in classes."""
        pairs = zip(self.candidate.class_ids, self.reference.class_ids, strict=True)
        return tuple(abs(new - old) for new, old in pairs)

    @property
    def num_changed(self) -> int:
        """Slots with another class."""
        return sum(distance > 0 for distance in self.distances)


@dataclass(frozen=True, slots=True)
class AlignerFigures:
    """Agreement of the classes of some clips.

    Attributes:
        name: code of their language, or "all".
        num_clips: clips.
        num_slots: slots in them, two for each word or character.
        equal: share of the slots with the reference's class, in percent.
        low, high: the confidence interval of `equal`.
        within_one: share with that class or one beside it, in percent.
        distance_ms: mean distance of the classes.
        reference_aas_ms, candidate_aas_ms: mean shift of the times from the true ones; None where no clip
            has true times.
    """

    name: str
    num_clips: int
    num_slots: int
    equal: float
    low: float
    high: float
    within_one: float
    distance_ms: Milliseconds
    reference_aas_ms: Milliseconds | None
    candidate_aas_ms: Milliseconds | None

    @property
    def aas_delta_ms(self) -> Milliseconds | None:
        """Rise of the mean shift from reference to candidate."""
        if self.candidate_aas_ms is None or self.reference_aas_ms is None:
            return None
        return self.candidate_aas_ms - self.reference_aas_ms


@dataclass(frozen=True, slots=True)
class AlignerComparison:
    """A whole list.

    Attributes:
        whole: figures of all clips.
        languages: figures of each language.
        clips: the clips one by one.
        bin_ms: length of a class.
    """

    whole: AlignerFigures
    languages: tuple[AlignerFigures, ...]
    clips: tuple[ComparedAlignment, ...]
    bin_ms: Milliseconds


def compare_aligners(
    clips: Sequence[SpeechClip],
    candidate: Sequence[ClipClasses],
    reference: Sequence[ClipClasses],
    codes: Mapping[str, str],
    bin_ms: Milliseconds,
) -> AlignerComparison:
    """Compare the classes of two aligners.

    Args:
        clips: the list.
        candidate: the candidate's classes of each clip.
        reference: the reference's classes of each clip.
        codes: language name to code.
        bin_ms: length of a class.
    """
    compared = tuple(map(ComparedAlignment, clips, candidate, reference))
    names = sorted({clip.language for clip in clips}, key=lambda name: codes.get(name, name))
    languages = tuple(
        _figures(codes.get(name, name), [each for each in compared if each.clip.language == name], bin_ms)
        for name in names
    )
    return AlignerComparison(_figures("all", compared, bin_ms), languages, compared, bin_ms)


def _figures(name: str, compared: Sequence[ComparedAlignment], bin_ms: Milliseconds) -> AlignerFigures:
    distances = np.array([distance for each in compared for distance in each.distances])
    bounds = _changed(compared)
    return AlignerFigures(
        name=name,
        num_clips=len(compared),
        num_slots=len(distances),
        equal=100 * float(np.mean(distances == 0)),
        low=100 - bounds.high,
        high=100 - bounds.low,
        within_one=100 * float(np.mean(distances <= 1)),
        distance_ms=bin_ms * float(np.mean(distances)),
        reference_aas_ms=_aas_ms([each.reference for each in compared]),
        candidate_aas_ms=_aas_ms([each.candidate for each in compared]),
    )


def _changed(compared: Sequence[ComparedAlignment]) -> Interval:
    """Return the interval of the share that changed, in percent; the bootstrap draws whole clips."""
    changed = np.array([each.num_changed for each in compared], np.int64)
    slots = np.array([len(each.distances) for each in compared], np.int64)
    return interval(PairedErrors(changed, np.zeros_like(changed), slots))


def _aas_ms(results: Sequence[ClipClasses]) -> Milliseconds | None:
    shifts = [shift for each in results for shift in each.shifts_ms]
    return mean(shifts) if shifts else None

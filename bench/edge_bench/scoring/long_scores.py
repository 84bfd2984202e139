"""How much worse a long recording is understood than its clips one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge_bench.scoring.long_recording import Placed
from edge_bench.scoring.mixed_units import mixed_units
from edge_runtime.results.transcript import Segment, Transcript

_GAP: Final = "*"


@dataclass(frozen=True, slots=True)
class LongScore:
    """Errors over clips.

    Attributes:
        errors: substitutions, deletions and insertions of words, in Chinese of characters.
        num_units: words or characters of the references.
        last_words_lost: clips whose last word is not where it should be.
        num_clips: all clips.
    """

    errors: int = 0
    num_units: int = 0
    last_words_lost: int = 0
    num_clips: int = 0

    def __add__(self, other: LongScore) -> LongScore:
        return LongScore(
            self.errors + other.errors,
            self.num_units + other.num_units,
            self.last_words_lost + other.last_words_lost,
            self.num_clips + other.num_clips,
        )

    @property
    def error_percent(self) -> float:
        """Errors in a hundred units."""
        return 100 * self.errors / self.num_units

    @property
    def lost_percent(self) -> float:
        """Lost last words in a hundred clips."""
        return 100 * self.last_words_lost / self.num_clips


def score_alone(placed: Sequence[Placed], texts: Mapping[str, str]) -> LongScore:
    """Score the clips one by one, each as often as it was placed; `texts` are by their ids."""
    scores = (_score([one.clip.text], texts[one.clip.id]) for one in placed)
    return sum(scores, LongScore())


def score_joined(placed: Sequence[Placed], transcript: Transcript) -> LongScore:
    """Score a long recording. Clips that a segment has together are one text."""
    return sum((_score(*block) for block in _blocks(placed, transcript.segments)), LongScore())


def _blocks(placed: Sequence[Placed], segments: Sequence[Segment]) -> Iterator[tuple[list[str], str]]:
    """Yield the texts of clips and what was heard there; a segment between two clips belongs to the first."""
    references: list[str] = []
    hypotheses: list[str] = []
    at = 0
    for index, one in enumerate(placed):
        references.append(one.clip.text)
        following = placed[index + 1].start if index + 1 < len(placed) else float("inf")
        while at < len(segments) and segments[at].start < following - 0.5:
            hypotheses.append(segments[at].text)
            at += 1
        if at and segments[at - 1].end > following + 0.5:
            continue  # the last segment goes on into the next clip
        yield references, " ".join(hypotheses)
        references, hypotheses = [], []
    if references:
        yield references, " ".join(hypotheses)


def _score(references: Sequence[str], hypothesis: str) -> LongScore:
    import kaldialign  # noqa: PLC0415  # an extra that only scoring needs

    units = [mixed_units(text) for text in references]
    pairs = kaldialign.align([unit for some in units for unit in some], mixed_units(hypothesis), _GAP)
    right = [said == written for said, written in pairs if said != _GAP]
    ends, lost = 0, 0
    for some in units:
        ends += len(some)
        lost += bool(some) and not right[ends - 1]
    errors = sum(said != written for said, written in pairs)
    return LongScore(errors, len(right), lost, len(references))

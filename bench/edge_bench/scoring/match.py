"""Scores of the verdict on pairs of a recording and a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Final, Literal

from edge_bench.corpus import PairClip
from edge_runtime.alignment.result import Alignment
from edge_runtime.arrays import Seconds
from edge_runtime.results.result_warning import WarningCode

NOTICES: Final[frozenset[WarningCode]] = frozenset(
    {"text_mismatch", "speech_without_text", "text_longer_than_audio", "doubtful_times", "no_speech"}
)
"""What a result says of a text that is not what is spoken."""
Truth = Literal["right", "wrong", "between"]
_OFF_S: Final[Seconds] = 0.5
_FEW, _HALF = 0.1, 0.5


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """One pair: its kind, what is true of it, and whether a warning says that it is wrong."""

    kind: str
    truth: Truth
    noticed: bool


@dataclass(frozen=True, slots=True)
class MatchScores:
    """The pairs of a list; at least one of them.

    Attributes:
        pairs: each judged.
    """

    pairs: Sequence[JudgedPair]

    def metrics(self) -> dict[str, float]:
        """Return the figures that a bar can be set for, in percent."""
        return {"mismatch_found": self._percent("wrong"), "false_alarms": self._percent("right")}

    def summary(self) -> str:
        """Return the figures as one line, which `parse_figures` reads."""
        return " ".join(f"{name}={value:.1f}" for name, value in self.metrics().items())

    def table(self) -> Iterator[str]:
        """Yield a line for each kind, and one for all: wrong and right pairs, and how many are noticed."""
        for kind in dict.fromkeys(one.kind for one in self.pairs):
            yield f"{kind}: {MatchScores([one for one in self.pairs if one.kind == kind]).counts()}"
        yield f"all: {self.counts()}, {len(self.noticed('between'))} between"

    def counts(self) -> str:
        """Return how many wrong and right pairs there are, and how many of each are noticed."""
        wrong, right = self.noticed("wrong"), self.noticed("right")
        return f"{sum(wrong)} of {len(wrong)} wrong noticed, {sum(right)} of {len(right)} right"

    def noticed(self, truth: Truth) -> list[bool]:
        """Return whether each pair of which this is true is noticed."""
        return [one.noticed for one in self.pairs if one.truth == truth]

    def _percent(self, truth: Truth) -> float:
        noticed = self.noticed(truth)
        return 100 * mean(noticed) if noticed else 0.0


def judge_pair(alignment: Alignment, pair: PairClip) -> JudgedPair:
    """Judge one pair.

    It is wrong if its text is not what is spoken, or if most of its words are more than half a second off:
    what a warning says of such times is true. It is right if at most a tenth of the words of a right text
    are off. Between the two neither a warning nor its absence is a fault, and the pair counts for nothing.
    """
    noticed = any(warning.code in NOTICES for warning in alignment.warnings)
    return JudgedPair(pair.kind, _truth(alignment, pair), noticed)


def _truth(alignment: Alignment, pair: PairClip) -> Truth:
    if not pair.match:
        return "wrong"
    if len(pair.units) != len(alignment.words):
        return "right"
    late = [abs(word.start - unit.start) for word, unit in zip(alignment.words, pair.units, strict=True)]
    share = mean(one > _OFF_S for one in late)
    return "wrong" if share > _HALF else "right" if share <= _FEW else "between"

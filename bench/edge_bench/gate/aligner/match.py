"""What right texts are like for an aligner."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, median, quantiles
from typing import Final

from edge_bench.corpus import SpeechClip
from edge_bench.gate.aligner.classes import ClipClasses
from edge_bench.gate.measured import Measured
from edge_runtime.alignment.verdict.match import DEFAULT_MATCH, match_score
from edge_runtime.bundle.specs import MatchSpec
from edge_runtime.results.words import Word

_FALSE_ALARMS: Final = 100
"""One in so many right texts may be warned of."""
_LOWEST: Final = 0.01


def measure_match(clips: Sequence[SpeechClip], outputs: Sequence[ClipClasses]) -> Measured:
    """Measure how sure the model is of the words of right texts."""
    del clips
    texts = [each.words for each in outputs if each.words]
    if not texts:
        return Measured(doubts=("no text of the list has words that an aligner times",))
    return Measured(match=match_spec(texts))


def match_spec(texts: Sequence[Sequence[Word]]) -> MatchSpec:
    """Return the figures of right texts, each given by its words.

    The smallest score is that of the default unless more than one in a hundred of them lies below it.
    """
    confidence = median(mean(word.confidence or 0.0 for word in words) for words in texts)
    confidence = max(_LOWEST, confidence)
    scores = [match_score(words, confidence) for words in texts]
    lowest = quantiles(scores, n=_FALSE_ALARMS)[0] if len(scores) >= _FALSE_ALARMS else min(scores)
    return MatchSpec(
        confidence=round(confidence, 4),
        min_score=round(max(_LOWEST, min(DEFAULT_MATCH.min_score, lowest)), 4),
    )

"""How sure a recognizer is of its wrong texts and of its right ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from edge_bench.corpus import Clip
from edge_bench.gate.measured import Measured
from edge_bench.scoring.wer import count_errors, units_of
from edge_runtime.bundle.specs import ConfidenceSpec
from edge_runtime.results.transcript import Transcript

_WRONG_FROM: Final = 0.2
"""Errors per word or character from which on a text is wrong; references are often written otherwise."""
_LOW_SHARE: Final = 0.5
_DOUBTED_SHARE: Final = 0.05
_MIN_WRONG, _MIN_RIGHT = 10, 100


def measure_confidence(clips: Sequence[Clip], transcripts: Sequence[Transcript]) -> Measured:
    """Measure the mean log-probabilities of texts; clips in which nobody speaks tell nothing.

    Returns:
        `low_logprob`, the highest of which at least half of the texts below are wrong; `doubtful_logprob`,
        the highest of which at most one in twenty of the right texts lies below, and at least `low_logprob`.
        A text is wrong if its error rate is a fifth or more.
    """
    pairs = zip(clips, transcripts, strict=True)
    judged = [(one.avg_logprob, _is_wrong(clip, one)) for clip, one in pairs if clip.text and one.text]
    wrong = [logprob for logprob, is_wrong in judged if is_wrong and logprob is not None]
    right = [logprob for logprob, is_wrong in judged if not is_wrong and logprob is not None]
    if len(wrong) < _MIN_WRONG or len(right) < _MIN_RIGHT:
        doubt = (
            f"{len(wrong)} wrong and {len(right)} right texts cannot tell below which log-probability a text "
            f"is doubtful; {_MIN_WRONG} and {_MIN_RIGHT} can"
        )
        return Measured(doubts=(doubt,))
    low = _low_logprob(wrong, right)
    return Measured(confidence=ConfidenceSpec(doubtful_logprob=max(low, _doubtful(right)), low_logprob=low))


def _is_wrong(clip: Clip, transcript: Transcript) -> bool:
    pair = (units_of(clip.text, clip.language), units_of(transcript.text, clip.language))
    return count_errors([pair]).rate >= _WRONG_FROM


def _low_logprob(wrong: Sequence[float], right: Sequence[float]) -> float:
    texts = sorted([*((logprob, 1) for logprob in wrong), *((logprob, 0) for logprob in right)])
    below = enumerate(accumulate(is_wrong for _, is_wrong in texts), 1)
    count = max((number for number, num_wrong in below if num_wrong >= _LOW_SHARE * number), default=0)
    return _between([logprob for logprob, _ in texts], count)


def _doubtful(right: Sequence[float]) -> float:
    return _between(sorted(right), int(_DOUBTED_SHARE * len(right)))


def _between(logprobs: Sequence[float], count: int) -> float:
    """Return a value that so many of sorted log-probabilities lie below, between two of them."""
    around = logprobs[max(0, count - 1) : count + 1]
    return round(sum(around) / len(around), 4)

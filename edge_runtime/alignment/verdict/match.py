"""How well a text matches its recording, by how sure the aligner is of its words.

A text that is not spoken has words of low confidence, and the monotonic repair moves many of them. A sentence
that is missing, or that nobody said, shows as a run of such words. The weights are those of a logistic
regression on 122 wrong and 104 right pairs of the mini aligner, of other seeds than those that are scored
(`edge-asr eval-match`); confidence is taken relative to that of right texts, which differs between models.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from edge_runtime.bundle.specs import MatchSpec
from edge_runtime.results.words import Word

DEFAULT_MATCH: Final = MatchSpec(confidence=0.52, min_score=0.47)
"""Of bundles that state none: that of the mini aligner."""
_MAX_CONFIDENCE: Final = 1.2
"""Of a word, relative to that of right texts: surer words make up for no others."""
_LONGEST_RUN: Final = 12
"""Of moved words; longer ones say no more."""
_SURE: Final = 0.9
"""Relative confidence from which on a text is as sure as right ones are."""
_BIAS: Final = 5.85
_UNSURE, _MOVED, _RUN = -9.71, -8.26, -0.61


def match_score(words: Sequence[Word], confidence: float) -> float:
    """Return how well a text matches, from 0 (nothing of it is spoken) to 1.

    Args:
        words: of the text, at least one, with confidence and flags.
        confidence: mean confidence of words in right texts.
    """
    moved = [not {"repaired", "zero_length"}.isdisjoint(word.flags) for word in words]
    run = max((len(list(group)) for is_moved, group in groupby(moved) if is_moved), default=0)
    sure = sum(min(_MAX_CONFIDENCE, (word.confidence or 0.0) / confidence) for word in words) / len(words)
    logit = (
        _BIAS
        + _UNSURE * max(0.0, _SURE - sure)
        + _MOVED * sum(moved) / len(words)
        + _RUN * min(run, _LONGEST_RUN)
    )
    return round(1 / (1 + math.exp(-logit)), 4)

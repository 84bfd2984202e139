"""From probabilities to doubts.

Below which mean log-probability a text is in doubt is measured for each bundle and stands in its manifest.
The defaults were measured on held-out clips of the mini model: below -0.1 more than half of the words were
wrong, above -0.02 one of a hundred. Of the segments below -0.05 one in five to one in two had errors, of
those above one in a hundred. Languages with less than 0.9 were wrong in a third of the clips.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from statistics import fmean
from typing import Final

from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import ConfidenceSpec
from edge_runtime.results.status import Status

DEFAULT_CONFIDENCE: Final = ConfidenceSpec(doubtful_logprob=-0.05, low_logprob=-0.1)
"""Of bundles that state none."""
UNCERTAIN_LANGUAGE: Final = 0.9
"""Probability under which a detected language is uncertain."""


def confidence_of(manifest: Manifest) -> ConfidenceSpec:
    """Return what a bundle says of its texts."""
    return manifest.confidence or DEFAULT_CONFIDENCE


def mean_logprob(logprobs: Sequence[float]) -> float | None:
    """Return the mean log-probability, None without tokens."""
    return fmean(logprobs) if logprobs else None


def language_probability(
    token_ids: Sequence[int], logprobs: Sequence[float], text_tag_id: int
) -> float | None:
    """Return the product of the probabilities of the tokens up to the text tag, None without the tag."""
    if text_tag_id not in token_ids:
        return None
    return exp(sum(logprobs[: token_ids.index(text_tag_id) + 1]))


def is_low(logprobs: Sequence[float], spec: ConfidenceSpec) -> bool:
    """Tell whether a text with tokens of these log-probabilities is more likely wrong than not."""
    mean = mean_logprob(logprobs)
    return mean is not None and mean < spec.low_logprob


def doubt(logprobs: Sequence[float], probability: float | None, spec: ConfidenceSpec) -> Status:
    """Return the status of a whole text by its confidence.

    Args:
        logprobs: of its tokens.
        probability: of its language, None where it was forced or is not known.
        spec: of the bundle.
    """
    if is_low(logprobs, spec):
        return "low_confidence"
    return "language_uncertain" if probability is not None and probability < UNCERTAIN_LANGUAGE else "ok"

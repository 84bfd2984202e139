"""Failures of a smaller bundle that an error rate hides, clip by clip.

A behavior counts only where the reference does not show it: otherwise the model causes it, not the precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Final, Literal, get_args

from edge_bench.corpus import Clip
from edge_bench.scoring.normalize import normalize
from edge_bench.scoring.wer import units_of
from edge_runtime.results.transcript import Transcript

Behavior = Literal["empty", "loop", "language", "invented", "early", "changed"]
BEHAVIORS: Final[tuple[Behavior, ...]] = get_args(Behavior)

LONGEST_PHRASE: Final = 10
"""Words, or characters, of the longest phrase that is looked for."""
LOOP_REPEATS: Final = 4
"""People say a phrase up to three times: "no, no, no". From here on it is a loop, unless the reference
loops too."""
LOOP_MARGIN: Final = 2
"""Repeats beyond the reference's: one digit too many in a row of equal digits is an error, not a loop."""
EARLY_RATIO: Final = 0.7
"""A text ends early if it is shorter than this share of the expected length …"""
EARLY_MISSING: Final = 3
"""… and at least so many words or characters are missing: one of three may be a mere deletion."""


def new_behaviors(clip: Clip, candidate: Transcript, reference: Transcript) -> tuple[Behavior, ...]:
    """Return what the candidate does in a clip and the reference does not, in the order of `BEHAVIORS`."""
    return tuple(name for name in BEHAVIORS if _TESTS[name](clip, candidate, reference))


def _is_empty(clip: Clip, candidate: Transcript, reference: Transcript) -> bool:
    """Only clips with speech count: where nobody speaks, an empty text is right."""
    return bool(clip.language and normalize(reference.text) and not normalize(candidate.text))


def _is_invented(clip: Clip, candidate: Transcript, reference: Transcript) -> bool:
    return bool(not clip.language and normalize(candidate.text) and not normalize(reference.text))


def _is_other_language(clip: Clip, candidate: Transcript, reference: Transcript) -> bool:
    """A text that is empty has no language, and is counted as empty."""
    if not clip.language or not candidate.text:
        return False
    return candidate.language != clip.language and reference.language == clip.language


def _is_looping(clip: Clip, candidate: Transcript, reference: Transcript) -> bool:
    if _was_stopped(candidate) and not _was_stopped(reference):
        return True
    repeats, reference_repeats = (
        max_repeats(units_of(each.text, clip.language)) for each in (candidate, reference)
    )
    return repeats >= max(LOOP_REPEATS, reference_repeats + LOOP_MARGIN)


def max_repeats(units: Sequence[str]) -> int:
    """Return how often the most repeated phrase of a text occurs in an unbroken row; 1 where none repeats.

    Args:
        units: words or characters of the text; 0 is returned where there are none.
    """
    if not units:
        return 0
    return max(_repeats(units, length) for length in range(1, min(LONGEST_PHRASE, len(units)) + 1))


def _repeats(units: Sequence[str], length: int) -> int:
    """Return the maximum over phrases of one length."""
    is_same = (units[index] == units[index - length] for index in range(length, len(units)))
    max_run = max((sum(1 for _ in run) for same, run in groupby(is_same) if same), default=0)
    return max_run // length + 1


def _was_stopped(transcript: Transcript) -> bool:
    """The token budget or the loop guard ended the text."""
    return transcript.truncated or transcript.status == "loop_recovered"


def _is_early(clip: Clip, candidate: Transcript, reference: Transcript) -> bool:
    """The shorter of spoken text and reference sets the expected length: the reference may ramble."""
    candidate_length, reference_length, text_length = (
        len(units_of(text, clip.language)) for text in (candidate.text, reference.text, clip.text)
    )
    expected = min(reference_length, text_length)
    return 0 < candidate_length < EARLY_RATIO * expected and expected - candidate_length >= EARLY_MISSING


def _is_changed(_: Clip, candidate: Transcript, reference: Transcript) -> bool:
    return normalize(candidate.text) != normalize(reference.text)


_TESTS: Final[Mapping[Behavior, Callable[[Clip, Transcript, Transcript], bool]]] = {
    "empty": _is_empty,
    "loop": _is_looping,
    "language": _is_other_language,
    "invented": _is_invented,
    "early": _is_early,
    "changed": _is_changed,
}

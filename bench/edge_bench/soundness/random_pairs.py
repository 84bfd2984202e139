"""Random pairs of texts, scored here and by jiwer."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from edge_bench.scoring.normalize import normalize
from edge_bench.scoring.wer import count_errors, units_of

_WORDS: Final = (
    "the",
    "Cat",
    "sat",
    "don't",
    "on",
    "a",
    "mat,",
    "Straße",
    "naïve",
    "forty-two",
    "OK!",
    "№",
    "x",
)
_CHARACTERS: Final = "今天天气很好我们去公园，走。玩吧A1"
_LANGUAGES: Final = ("English", "Chinese")
_EDIT: Final = 0.15
"""Chance of each edit at each place."""
_LENGTHS: Final = (1, 30)


def wrong_pairs(jiwer: Any, count: int, seed: int) -> int:
    """Count the pairs whose error rate is not jiwer's.

    Both get texts after the normalizer `basic`; Chinese is scored by characters.

    Args:
        jiwer: the module.
        count: pairs to make.
        seed: of the pairs.
    """
    return sum(not _is_equal(jiwer, *pair) for pair in _pairs(count, Random(seed)))  # noqa: S311  # no secret


def _is_equal(jiwer: Any, reference: str, hypothesis: str, language: str) -> bool:
    ours = count_errors([(units_of(reference, language), units_of(hypothesis, language))])
    one, other = normalize(reference), normalize(hypothesis)
    if language == "Chinese":
        one, other = one.replace(" ", ""), other.replace(" ", "")
        theirs = jiwer.process_characters(one, other)
    else:
        theirs = jiwer.process_words(one, other)
    errors = theirs.substitutions + theirs.deletions + theirs.insertions
    counted = ours.substitutions + ours.deletions + ours.insertions
    rate: float = theirs.cer if language == "Chinese" else theirs.wer
    return bool(counted == errors) and abs(ours.rate - rate) < 1e-12  # noqa: PLR2004


def _pairs(count: int, random: Random) -> Iterator[tuple[str, str, str]]:
    """Yield references with a letter at least, since conventions differ without; hypotheses; languages."""
    for index in range(count):
        language = _LANGUAGES[index % len(_LANGUAGES)]
        units = list(_WORDS if language == "English" else _CHARACTERS)
        gap = " " if language == "English" else ""
        reference = [units[0], *random.choices(units, k=random.randint(*_LENGTHS))]
        yield gap.join(reference), gap.join(_edited(reference, units, random)), language


def _edited(reference: list[str], units: list[str], random: Random) -> Iterator[str]:
    for unit in reference:
        if random.random() < _EDIT:
            yield random.choice(units)
        if random.random() >= _EDIT:
            yield random.choice(units) if random.random() < _EDIT else unit

"""The score of the match, with planted words."""

from __future__ import annotations

import pytest

from edge_runtime.alignment.verdict.match import DEFAULT_MATCH, match_score
from edge_runtime.results.words import Flag, Word

SURE = DEFAULT_MATCH.confidence


def words(*runs: tuple[int, float, bool]) -> list[Word]:
    """Return words: for each run how many, how sure, and whether the repair moved them."""
    moved: tuple[Flag, ...] = ("repaired",)
    return [
        Word("x", 0.0, 0.1, confidence, moved if is_moved else ())
        for count, confidence, is_moved in runs
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("said", "is_match"),
    [
        (words((20, SURE, False)), True),
        (words((1, SURE, False)), True),
        (words((17, SURE, False), (3, 0.2, True)), True),
        (words((9, 0.18, False), (11, 0.18, True)), False),
        (words((20, 0.1, False)), False),
        (words((30, SURE, False), (12, 0.3, True), (30, SURE, False)), False),
        (words((20, 0.8 * SURE, False)), True),
    ],
    ids=["right", "one word", "a slip", "other text", "unsure", "a sentence nobody said", "under music"],
)
def test_a_text_matches_that_is_spoken(said: list[Word], *, is_match: bool) -> None:
    assert (match_score(said, SURE) >= DEFAULT_MATCH.min_score) is is_match


def test_another_model_is_less_sure_of_right_texts() -> None:
    assert match_score(words((20, 0.25, False)), 0.26) > 0.9
    assert match_score(words((20, 0.25, False)), 0.9) < 0.5


def test_words_without_confidence_do_not_match() -> None:
    assert match_score([Word("x", 0.0, 0.1)] * 5, SURE) < 0.2

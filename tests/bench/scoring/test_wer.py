"""Error counts against jiwer's."""

from __future__ import annotations

import jiwer
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge_bench.scoring.wer import CHARACTER_LANGUAGES, ErrorCounts, count_errors, units_of

words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12)
pairs = st.lists(st.tuples(words, words), min_size=1, max_size=5)


@given(pairs)
def test_errors_and_rate_are_those_of_jiwer(pairs: list[tuple[list[str], list[str]]]) -> None:
    assume(all(reference for reference, _ in pairs))  # jiwer has other conventions without one
    actual = count_errors(pairs)
    expected = jiwer.process_words(
        [" ".join(reference) for reference, _ in pairs], [" ".join(hypothesis) for _, hypothesis in pairs]
    )
    total = expected.substitutions + expected.deletions + expected.insertions
    assert actual.substitutions + actual.deletions + actual.insertions == total
    assert actual.rate == pytest.approx(expected.wer)
    assert actual.insertions - actual.deletions == expected.insertions - expected.deletions


@given(words)
def test_equal_texts_have_no_errors(text: list[str]) -> None:
    assert count_errors([(text, text)]) == ErrorCounts(0, 0, 0, len(text))


@given(words, words)
def test_exchanging_the_texts_exchanges_insertions_and_deletions(one: list[str], other: list[str]) -> None:
    actual, back = count_errors([(one, other)]), count_errors([(other, one)])
    assert actual.substitutions + actual.insertions + actual.deletions == (
        back.substitutions + back.insertions + back.deletions
    )
    assert actual.insertions - actual.deletions == back.deletions - back.insertions == len(other) - len(one)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("a b c d", "a x c d", ErrorCounts(1, 0, 0, 4)),
        ("a b c d", "a c d", ErrorCounts(0, 1, 0, 4)),
        ("a b c d", "a b x c d", ErrorCounts(0, 0, 1, 4)),
        ("a b c d", "", ErrorCounts(0, 4, 0, 4)),
        ("", "a b", ErrorCounts(0, 0, 2, 0)),
        ("the quick brown fox", "quick brown foxes jump", ErrorCounts(1, 1, 1, 4)),
    ],
)
def test_planted_errors_are_counted_as_what_they_are(
    reference: str, hypothesis: str, expected: ErrorCounts
) -> None:
    assert count_errors([(reference.split(), hypothesis.split())]) == expected


def test_rates_are_pooled_and_not_averaged() -> None:
    counts = count_errors([(["a"], ["b"]), (list("cdefghijk"), list("cdefghijk"))])
    assert counts.rate == 0.1


@pytest.mark.parametrize(("hypothesis", "rate"), [([], 0.0), (["a"], 1.0), (["a", "b"], 1.0)])
def test_without_a_reference_silence_is_right_and_anything_else_is_wrong(
    hypothesis: list[str], rate: float
) -> None:
    assert count_errors([([], hypothesis)]).rate == rate


def test_nothing_at_all_has_no_errors() -> None:
    assert count_errors([]) == ErrorCounts(0, 0, 0, 0)


def test_words_are_counted_in_most_languages_and_characters_in_some() -> None:
    assert units_of("Hello, you!", "English") == ["hello", "you"]
    assert units_of("你好，世界。", "Chinese") == ["你", "好", "世", "界"]
    assert units_of("Hello you", "Korean") == list("helloyou")
    assert {"Chinese", "Cantonese", "Japanese", "Thai"} <= CHARACTER_LANGUAGES

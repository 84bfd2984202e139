"""Segments and documents built from words."""

from __future__ import annotations

import pytest
from hypothesis import given

from edge_runtime.results.document import Document, TimedSegment, has_space, join_words, split_words
from edge_runtime.results.words import Word
from edge_runtime.text.punctuation import ends_clause, ends_sentence
from tests.runtime.writers import documents, strategies
from tests.runtime.writers.documents import timed


def _sentences(*words: Word) -> list[str]:
    document = Document.from_words(words, language="English", duration_s=60.0)
    return [segment.text for segment in document.segments]


def test_words_join_as_they_were_spaced() -> None:
    words = (Word("你", 0, 1, space_after=False), Word("好", 1, 2), Word("there", 2, 3))
    assert join_words(words) == "你好 there"


def test_a_segment_lasts_from_its_first_word_to_its_last() -> None:
    segment = TimedSegment.from_words(timed("one two", start=1.0), avg_logprob=-0.5)
    assert segment == TimedSegment(1.0, 1.55, "one two", timed("one two", start=1.0), -0.5)


def test_abbreviations_end_no_sentence_and_a_stop_before_a_capital_does() -> None:
    words = timed("Mr. Smith met Dr. Jones at 5 p.m. in St. Louis. They left.", pause_s=0.25)
    assert _sentences(*words) == ["Mr. Smith met Dr. Jones at 5 p.m. in St. Louis.", "They left."]
    assert _sentences(*timed("This is one. This is two.", pause_s=0.0)) == ["This is one.", "This is two."]


def test_what_follows_in_lower_case_goes_on() -> None:
    words = timed('Who? "Me!" he said. "Why me?" she asked.', pause_s=0.0)
    assert _sentences(*words) == ["Who?", '"Me!" he said.', '"Why me?" she asked.']


def test_a_long_pause_ends_a_segment_anywhere() -> None:
    assert _sentences(*timed("one two", 0.0), *timed("three", 5.0)) == ["one two", "three"]


def test_no_words_make_no_segments() -> None:
    assert Document.from_words((), language=None, duration_s=3.0) == Document(None, 3.0, ())


def test_the_text_has_spaces_where_the_script_has() -> None:
    assert documents.ENGLISH.text == 'Ask not what your country can do, ask "what" you --> can do.'
    assert documents.CHINESE.text == "今天天气很好，我们去公园散步。OK吗？"
    assert documents.UNTIMED.text == "The first part. And the last."
    assert documents.EMPTY.text == ""


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("a", "b", True),
        ("好。", "我", False),
        ("好", "OK", False),
        ("です", "か", False),
        ("네", "네", True),
        ("ดี", "ค", True),
    ],
)
def test_only_chinese_and_japanese_do_without_spaces(left: str, right: str, expected: bool) -> None:  # noqa: FBT001
    assert has_space(left, right) is expected


@pytest.mark.parametrize("text", ["end.", "wirklich?", "好。", '"Yes!"', "हाँ।", "نعم؟", "（好！）", "so…"])
def test_sentences_end_in_every_script(text: str) -> None:
    assert ends_sentence(text)
    assert ends_clause(text)


@pytest.mark.parametrize("text", ["well,", "好，", "نعم،", "then:", "一、"])
def test_clauses_end_in_every_script(text: str) -> None:
    assert ends_clause(text)
    assert not ends_sentence(text)


@pytest.mark.parametrize("text", ["", '"', "word", "3.14", "don't", "Ask-"])
def test_other_words_end_nothing(text: str) -> None:
    assert not ends_clause(text)


@given(strategies.words())
def test_sentences_hold_every_word_once_and_in_order(words: tuple[Word, ...]) -> None:
    document = Document.from_words(words, language=None, duration_s=1.0)
    assert tuple(word for segment in document.segments for word in segment.words) == words


def test_splitting_no_words_gives_nothing() -> None:
    assert list(split_words((), lambda _left, _right: True)) == []

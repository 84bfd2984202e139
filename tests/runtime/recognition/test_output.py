"""What the model writes, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.recognition.output import ParsedOutput, parse_output

TAG = "<asr_text>"

OFFICIAL = [
    ("", "", ""),
    ("   \n", "", ""),
    ("language English<asr_text>Hello.", "English", "Hello."),
    ("language None<asr_text>", "", ""),
    ("language None<asr_text>abc", "", "abc"),
    ("hello", "", "hello"),
    ("foo<asr_text>bar", "", "bar"),
    ("language english\n<asr_text> hi ", "English", "hi"),
    ("LANGUAGE ENGLISH<asr_text>hi", "English", "hi"),
    ("foo\nlanguage german<asr_text>hallo", "German", "hallo"),
    ("language Chinese,English<asr_text>x", "Chinese,english", "x"),
    ("language English<asr_text>a<asr_text>b", "English", "a<asr_text>b"),
    ("language Nonexistent<asr_text>t", "", "t"),
]
"""(answer, language, text), from the official package's `parse_asr_output`."""


@pytest.mark.parametrize(("raw", "language", "text"), OFFICIAL)
def test_answers_are_parsed_as_by_the_official_package(raw: str, language: str, text: str) -> None:
    assert parse_output(raw, TAG) == ParsedOutput(language, text)


def test_with_a_forced_language_the_whole_answer_is_text() -> None:
    raw = "Hello <asr_text> y"
    assert parse_output(raw, TAG, "English") == ParsedOutput("English", "Hello <asr_text> y")


def test_an_empty_answer_has_no_language_even_where_one_was_forced() -> None:
    assert parse_output("  ", TAG, "English") == ParsedOutput("", "")


def test_a_removed_repetition_is_reported() -> None:
    raw = "language Chinese<asr_text>" + "哈" * 30
    assert parse_output(raw, TAG) == ParsedOutput("Chinese", "哈", repetition_removed=True)
    assert parse_output("哈" * 30, TAG, "Chinese") == ParsedOutput("Chinese", "哈", repetition_removed=True)


def test_white_space_around_an_answer_is_no_repetition() -> None:
    assert not parse_output("  hello ", TAG).repetition_removed


@given(st.text(max_size=100).filter(lambda text: TAG not in text))
def test_the_text_behind_the_tag_is_kept_but_for_white_space_at_its_ends(text: str) -> None:
    parsed = parse_output(f"language English{TAG}{text}", TAG)
    assert parsed.language == "English"
    assert parsed.repetition_removed or parsed.text == text.strip()


@pytest.mark.parametrize(
    ("written", "language"),
    [("ßtest", "SStest"), ("ﬁnnish", "FInnish"), ("ǆ", "Ǆ"), ("ΑΣ", "Ασ"), ("english", "English")],
)
def test_a_name_begins_large_as_the_original_writes_it(written: str, language: str) -> None:
    assert parse_output(f"language {written}<asr_text>x", TAG).language == language

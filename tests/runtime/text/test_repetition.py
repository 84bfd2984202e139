"""The repetition guard against the reference's, string by string."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers.models.qwen3_asr.processing_qwen3_asr import _detect_and_fix_repetitions

from edge_runtime.text.repetition import collapse_repetitions

BUDGET = hypothesis.settings.default.max_examples
TWENTY = "abcdefghijklmnopqrst"

runs = st.builds(
    lambda text, times: text * times, st.text("ab 哈\n", min_size=1, max_size=4), st.integers(1, 45)
)
patterns = st.builds(
    lambda text, times: text * times, st.text("abc", min_size=1, max_size=22), st.integers(18, 22)
)
repetitive = st.lists(st.one_of(runs, patterns, st.text(max_size=5)), max_size=5).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("哈" * 20, "哈" * 20),
        ("哈" * 21, "哈"),
        ("ab" * 20, "ab"),
        ("ab" * 19, "ab" * 19),
        ("abc" * 19, "abc" * 19),
        ("x " + "come on, " * 25 + "end", "x come on, end"),
        (TWENTY * 20, TWENTY),
        ((TWENTY + "u") * 20, (TWENTY + "u") * 20),
        ("\n" * 30, "\n"),
        ("no repeats at all in this sentence, which is long enough", None),
    ],
)
def test_known_strings_become_the_known_results(text: str, expected: str | None) -> None:
    assert collapse_repetitions(text) == (text if expected is None else expected)


@given(repetitive)
@hypothesis.settings(max_examples=40 * BUDGET)
def test_every_repetitive_string_becomes_what_the_reference_makes_of_it(text: str) -> None:
    assert collapse_repetitions(text) == _detect_and_fix_repetitions(text)


@given(st.text("ab", max_size=200))
@hypothesis.settings(max_examples=20 * BUDGET)
def test_every_string_of_two_letters_becomes_what_the_reference_makes_of_it(text: str) -> None:
    assert collapse_repetitions(text) == _detect_and_fix_repetitions(text)

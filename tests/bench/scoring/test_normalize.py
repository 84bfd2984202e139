"""Which differences do not count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_bench.scoring.normalize import normalize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Hello, World!", "hello world"),
        ("  two\n lines\t", "two lines"),
        ("don’t — it's", "don't it's"),
        ("well-known", "well known"),
        ("ＦＵＬＬ width", "full width"),
        ("你好，世界。", "你好 世界"),
        ("naïve café", "naïve café"),
        ("cafe\u0301", "café"),
        ("สวัสดีครับ", "สวัสดีครับ"),
        ("5 % of $3", "5 of 3"),
        ("a\u200bb", "a b"),
        ("...", ""),
    ],
)
def test_case_punctuation_and_spacing_do_not_count(text: str, expected: str) -> None:
    assert normalize(text) == expected


@given(st.text())
def test_a_normal_text_stays_as_it_is(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert once == " ".join(once.split())


@given(st.text(), st.text())
def test_words_do_not_depend_on_their_neighbors(left: str, right: str) -> None:
    assert normalize(f"{left}. {right}").split() == normalize(left).split() + normalize(right).split()

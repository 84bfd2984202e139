"""Texts are cut at whole words, and two texts of the same speech are joined where they meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.streaming.commit.words import continuation, is_word_end, num_words, split_whole


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("the cats", [3]),
        ("Hello, you", [5, 6]),
        ("3.5 m", [3]),
        ("don't go", [5]),
        ("你好，吃", [1, 2, 3, 4]),
        ("ok 你a好", [2, 4, 5, 6]),
        ("caf\ufffd", []),
        ("好\ufffd", [1]),
    ],
)
def test_a_cut_is_a_word_end_at_white_space_and_beside_ideographs(text: str, ends: list[int]) -> None:
    seen = [at for at in range(1, len(text) + 1) if is_word_end(text, at)]
    assert [at for at in seen if not text[at - 1].isspace()] == ends


def test_words_keep_the_space_before_them_and_characters_the_marks_behind_them() -> None:
    assert split_whole("Hi, you 你好， ok ") == ["Hi,", " you", " 你", "好，", " ok "]
    assert num_words("Hi - 你好。") == 3


@given(st.text(alphabet="ab ,.你好，\n'", max_size=30))
def test_words_joined_are_the_text(text: str) -> None:
    assert "".join(split_whole(text)) == (text if text.strip() else "")


@pytest.mark.parametrize(
    ("stable", "text", "rest", "corrected"),
    [
        ("", "all of it", "all of it", 0),
        ("the cat", "the cat sat", " sat", 0),
        ("the cat", "The cat, sat", " sat", 0),
        ("the hat", "the cat sat", " sat", 1),
        ("a b c", "x y z q", " q", 3),
        ("the big cat", "the cat sat", " sat", 1),
        ("你号", "你好吗", "吗", 1),
        ("the cat", "", "", 2),
    ],
)
def test_a_text_goes_on_behind_the_words_that_are_most_like_the_stable_ones(
    stable: str, text: str, rest: str, corrected: int
) -> None:
    assert continuation(stable, text) == (rest, corrected)

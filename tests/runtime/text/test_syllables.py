"""Syllables without a dictionary."""

from __future__ import annotations

import pytest

from edge_runtime.text.syllables import is_unspoken, num_syllables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        (" five", 2),
        ("Banana", 3),
        ("thermostat", 3),
        ("2026", 4),
        ("你好。", 2),
        ("ありがとう", 5),
        ("カタカナ", 4),
        ("안녕", 2),
        ("Привет, мир", 3),
        ("Zürich é", 3),
        ("…, —", 0),
        ("\ufffd", 0),
    ],
)
def test_vowel_groups_digits_and_characters_count(text: str, expected: int) -> None:
    assert num_syllables(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        (", ", True),
        ("。", True),
        ("♪", True),
        ("a", False),
        ("5", False),
        ("你", False),
        ("\ufffd", False),
    ],
)
def test_marks_are_not_spoken(text: str, expected: bool) -> None:  # noqa: FBT001
    assert is_unspoken(text) is expected

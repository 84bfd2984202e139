"""What breaks first, each planted in a transcript."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_bench.gate.asr.behaviors import max_repeats, new_behaviors
from tests.bench.support.transcripts import clip, make_transcript

SAID = "turn the kitchen light on and close the garden door"
SPOKEN = clip(SAID)
RIGHT = make_transcript(SAID.capitalize() + ".")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("empty", "changed")),
        ("...", ("empty", "changed")),
        (SAID.upper() + "!", ()),
        (SAID.replace("kitchen", "chicken"), ("changed",)),
        ("turn the kitchen light", ("early", "changed")),
        ("turn the kitchen light on and close the", ("changed",)),
        ("turn the the the the the kitchen light on and close the garden door", ("loop", "changed")),
        ("turn the light on " * 4, ("loop", "changed")),
        ("turn the light on " * 3, ("changed",)),
    ],
)
def test_what_is_new_in_a_text_is_named(text: str, expected: tuple[str, ...]) -> None:
    assert new_behaviors(SPOKEN, make_transcript(text), RIGHT) == expected


def test_another_language_counts_where_the_reference_had_the_right_one() -> None:
    other = make_transcript(SAID, "German")
    assert new_behaviors(SPOKEN, other, RIGHT) == ("language",)
    assert new_behaviors(SPOKEN, other, make_transcript(SAID, "French")) == ()
    assert new_behaviors(SPOKEN, make_transcript(SAID, None), RIGHT) == ("language",)


@pytest.mark.parametrize(
    "stopped",
    [make_transcript(SAID, truncated=True), replace(make_transcript(SAID), status="loop_recovered")],
)
def test_a_text_that_had_to_be_stopped_is_a_loop_unless_the_reference_was_stopped_too(
    stopped: object,
) -> None:
    assert new_behaviors(SPOKEN, stopped, RIGHT) == ("loop",)
    assert new_behaviors(SPOKEN, stopped, stopped) == ()
    assert new_behaviors(SPOKEN, make_transcript(SAID, warnings=("channels_mixed",)), RIGHT) == ()


def test_what_the_reference_does_as_well_is_not_new() -> None:
    for text in ("", "turn", "the " * 9):
        assert new_behaviors(SPOKEN, make_transcript(text), make_transcript(text)) == ()


def test_repeats_that_are_spoken_are_no_loop() -> None:
    digits = clip("nine nine nine nine")
    reference = make_transcript("nine nine nine nine")
    assert new_behaviors(digits, make_transcript("nine nine nine nine nine"), reference) == ("changed",)
    assert new_behaviors(digits, make_transcript("nine " * 6), reference) == ("loop", "changed")


def test_where_nobody_speaks_text_is_invented_and_none_is_right() -> None:
    silence = clip("", "")
    assert new_behaviors(silence, make_transcript("Thanks.", "English"), make_transcript("", None)) == (
        "invented",
        "changed",
    )
    assert new_behaviors(silence, make_transcript("", None), make_transcript("Thanks.", "English")) == (
        "changed",
    )


def test_a_reference_that_rambles_does_not_make_the_right_text_early() -> None:
    assert new_behaviors(SPOKEN, RIGHT, make_transcript(SAID + " and so on" * 3)) == ("changed",)


def test_a_short_clip_that_lost_a_word_is_not_early() -> None:
    assert new_behaviors(clip("stop it now"), make_transcript("stop"), make_transcript("stop it now")) == (
        "changed",
    )


def test_chinese_is_counted_in_characters() -> None:
    chinese_clip, reference = (
        clip("请把厨房的灯关掉", "Chinese"),
        make_transcript("请把厨房的灯关掉", "Chinese"),
    )
    assert new_behaviors(chinese_clip, make_transcript("请把厨", "Chinese"), reference) == (
        "early",
        "changed",
    )
    assert new_behaviors(chinese_clip, make_transcript("请把把把把把厨房的灯关掉", "Chinese"), reference) == (
        "loop",
        "changed",
    )


@given(st.lists(st.sampled_from("ab"), max_size=40))
def test_the_most_repeats_are_those_of_a_search_for_them(units: list[str]) -> None:
    text, longest = "".join(units), min(len(units), 1)
    for start in range(len(text)):
        for length in range(1, 11):
            phrase = text[start : start + length]
            count = 1
            while len(phrase) == length and text.startswith(phrase * (count + 1), start):
                count += 1
            longest = max(longest, count)
    assert max_repeats(units) == longest

"""When a text is suspected of repeating itself, and when it is longer than anybody speaks."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.decoding.loop_guard import (
    Cycle,
    LoopGuard,
    StopReason,
    TokenSyllables,
    repeating_tail,
)

SYLLABLES = TokenSyllables(lambda token_id: "," if token_id == 0 else "la")
LONG_S = 1000.0


def pushed(token_ids: list[int], guard: LoopGuard) -> tuple[int, StopReason | None]:
    """Return how many tokens the guard takes, and why it stops."""
    for count, token_id in enumerate(token_ids, 1):
        reason = guard.push(token_id)
        if reason:
            return count, reason
    return len(token_ids), None


@given(st.integers(1, 32), st.lists(st.integers(1000, 9999), max_size=40, unique=True))
def test_a_cycle_is_suspected_at_its_fourth_repeat_or_the_24th_token(period: int, before: list[int]) -> None:
    cycle = list(range(1, period + 1))
    guard = LoopGuard(SYLLABLES, LONG_S)
    actual = pushed([*before, *cycle * 30], guard)
    assert actual == (len(before) + max(4 * period, 24), "cycle")
    assert guard.cycle == Cycle(len(before), period)


@given(st.lists(st.integers(1, 3), max_size=200))
def test_what_is_suspected_is_a_cycle_and_nothing_else_is(token_ids: list[int]) -> None:
    def is_cycle(size: int) -> bool:
        return any(
            token_ids[size - length + period : size] == token_ids[size - length : size - period]
            for period in range(1, 33)
            if (length := max(4 * period, 24)) <= size
        )

    expected = next((size for size in range(len(token_ids) + 1) if is_cycle(size)), None)
    count, reason = pushed(token_ids, LoopGuard(SYLLABLES, LONG_S))
    assert (count, reason) == ((len(token_ids), None) if expected is None else (expected, "cycle"))


def test_a_cycle_of_which_a_token_changes_is_stopped_at_the_ceiling() -> None:
    changing = [token for step in range(100) for token in (1, 2, 3, 1000 + step)]
    assert pushed(changing, LoopGuard(SYLLABLES, 3.0)) == (3 * 10 + 16 + 1, "ceiling")


def test_marks_are_no_syllables_but_have_a_ceiling_of_their_own() -> None:
    text = [token for step in range(40) for token in (0, 1000 + step)]
    assert pushed(text, LoopGuard(SYLLABLES, 2.4)) == (80, None), "40 syllables and 40 marks"
    assert pushed([0] * 99, LoopGuard(SYLLABLES, 2.0, suspects=False)) == (37, "ceiling")


def test_parts_of_characters_have_twice_the_room_of_marks() -> None:
    fragments = TokenSyllables(lambda _: "\ufffd")
    assert pushed(list(range(99)), LoopGuard(fragments, 2.0)) == (2 * (20 + 16) + 1, "ceiling")


def test_a_guard_that_does_not_suspect_lets_cycles_pass() -> None:
    guard = LoopGuard(SYLLABLES, 10.0, suspects=False)
    assert pushed([1, 2] * 58, guard) == (116, None)
    assert guard.cycle is None


def test_each_token_is_spelt_once() -> None:
    spelt: list[int] = []

    def text_of(token_id: int) -> str:
        spelt.append(token_id)
        return "Hello"

    syllables = TokenSyllables(text_of)
    assert [syllables(token_id) for token_id in (7, 7, 8)] == [(2, 0)] * 3
    assert spelt == [7, 8]


def test_what_is_known_of_tokens_takes_little_memory_however_many_were_met() -> None:
    texts = {0: "Hello", 1: ",", 2: "\ufffd", 3: "la" * 300}
    syllables = TokenSyllables(lambda token_id: texts.get(token_id, "la"))
    known = [syllables(token_id) for token_id in range(4)]
    tracemalloc.start()
    for token_id in range(3000):
        syllables(token_id)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert known == [syllables(token_id) for token_id in range(4)] == [(2, 0), (0, 1), (0, 0.5), (200, 0)]
    assert held < 10 * 3000, "an entry of a dictionary takes a hundred bytes"


@pytest.mark.parametrize("speech_s", [0.0, 0.1])
def test_a_short_text_has_room_whatever_the_audio(speech_s: float) -> None:
    assert pushed(list(range(1, 17)), LoopGuard(SYLLABLES, speech_s)) == (16, None)


def test_the_tail_of_a_text_is_found_although_a_token_of_each_round_changes() -> None:
    changing = [token for step in range(20) for token in (1, 2, 3, 1000 + step)]
    assert repeating_tail([*range(50, 60), *changing]) == Cycle(10, 4)
    assert repeating_tail([*range(50, 60), *[1, 2, 3] * 9, 1]) == Cycle(10, 3)
    assert repeating_tail([]) is None
    assert repeating_tail(list(range(300))) is None

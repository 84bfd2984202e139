"""Guesses that save nothing are asked for less and less, and at once again when one does."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.decoding.backoff import Backoff


def asked_at(backoff: Backoff, saving: Collection[int], num_tokens: int) -> list[int]:
    """Return the tokens at which guesses are asked for, where those at some tokens save a step."""
    asked = []
    for token in range(num_tokens):
        if backoff.should_try():
            asked.append(token)
            backoff.record(saved=token in saving)
    return asked


@given(st.integers(1, 10), st.integers(10, 100))
def test_guesses_that_save_nothing_come_at_exponentially_longer_intervals(
    shortest: int, longest: int
) -> None:
    silences = np.diff(asked_at(Backoff(shortest, longest), (), 1000)) - 1
    assert silences[0] == shortest
    assert silences[-1] == longest
    assert all(silences[1:] >= np.minimum(2 * silences[:-1], longest))


def test_guesses_that_save_are_asked_for_at_every_token() -> None:
    assert asked_at(Backoff(), range(20), 20) == list(range(20))


@given(st.integers(1, 10), st.integers(0, 5))
def test_one_that_saves_ends_the_silence_and_its_growth(shortest: int, num_failures: int) -> None:
    without = asked_at(Backoff(shortest), (), 1000)
    saving = without[num_failures]
    after = [token for token in asked_at(Backoff(shortest), [saving], 1000) if token > saving]
    assert after[0] == saving + 1, "it is asked again at once"
    assert after[1] - after[0] == 1 + shortest, "and then silent no longer than at the start"


@given(st.sets(st.integers(0, 200)), st.integers(4, 40))
def test_silence_is_never_longer_than_asked(saving: set[int], longest: int) -> None:
    asked = asked_at(Backoff(max_wait=longest), saving, 200)
    assert max(np.diff(asked), default=0) <= longest + 1

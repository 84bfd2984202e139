"""Guesses that save nothing are asked for less and less, and at once again when one does."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.decoding.backoff import Backoff


def tried_steps(backoff: Backoff, saving: Collection[int], num_tokens: int) -> list[int]:
    """Return the tokens at which guesses are asked for, where those at some tokens save a step."""
    tried = []
    for token in range(num_tokens):
        if backoff.should_try():
            tried.append(token)
            backoff.record(saved=token in saving)
    return tried


def test_drafts_that_save_nothing_come_at_longer_and_longer_intervals() -> None:
    assert np.diff(tried_steps(Backoff(1, 10), (), 60)).tolist() == [2, 5, 11, 11, 11, 11]


def test_drafts_that_save_are_requested_at_every_token() -> None:
    assert tried_steps(Backoff(), range(20), 20) == list(range(20))


def test_one_that_saves_ends_the_silence() -> None:
    assert tried_steps(Backoff(1), [2, 3, 4], 12) == [0, 2, 3, 4, 5, 7]


@given(st.sets(st.integers(0, 200)), st.integers(4, 40))
def test_silence_is_never_longer_than_requested(saving: set[int], longest: int) -> None:
    tried = tried_steps(Backoff(max_wait=longest), saving, 200)
    assert max(np.diff(tried), default=0) <= longest + 1

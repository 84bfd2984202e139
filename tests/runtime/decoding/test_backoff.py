"""Drafts that save nothing are tried less and less, and at once again when one does."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.decoding.backoff import Backoff


def tried_steps(backoff: Backoff, saving: Collection[int], num_tokens: int) -> list[int]:
    """Return the tokens at which drafts are tried, where those at some tokens save a step."""
    tried = []
    for token in range(num_tokens):
        if backoff.should_try():
            tried.append(token)
            backoff.record(saved=token in saving)
    return tried


@given(st.integers(1, 10), st.integers(10, 100))
def test_drafts_that_save_nothing_come_at_exponentially_longer_intervals(
    min_wait: int, max_wait: int
) -> None:
    silences = np.diff(tried_steps(Backoff(min_wait, max_wait), (), 1000)) - 1
    assert silences[0] == min_wait
    assert silences[-1] == max_wait
    assert all(silences[1:] >= np.minimum(2 * silences[:-1], max_wait))


def test_drafts_that_save_are_tried_at_every_token() -> None:
    assert tried_steps(Backoff(), range(20), 20) == list(range(20))


@given(st.integers(1, 10), st.integers(0, 5))
def test_one_that_saves_ends_the_silence_and_its_growth(min_wait: int, num_failures: int) -> None:
    without = tried_steps(Backoff(min_wait), (), 1000)
    saving = without[num_failures]
    after = [token for token in tried_steps(Backoff(min_wait), [saving], 1000) if token > saving]
    assert after[0] == saving + 1, "it is tried again at once"
    assert after[1] - after[0] == 1 + min_wait, "and then silent no longer than at the start"


@given(st.sets(st.integers(0, 200)), st.integers(4, 40))
def test_silence_is_never_longer_than_the_longest(saving: set[int], max_wait: int) -> None:
    tried = tried_steps(Backoff(max_wait=max_wait), saving, 200)
    assert max(np.diff(tried), default=0) <= max_wait + 1

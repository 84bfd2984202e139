"""As many tokens are proposed as are expected to save more than they cost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge_runtime.decoding.draft_length import DraftLength


def lengths(accepted: Sequence[int], max_verified: int = 99) -> list[int]:
    """Return the lengths of the proposals of which so many tokens, at most all, are right."""
    length = DraftLength(max_verified)
    actual = []
    for num_accepted in accepted:
        actual.append(length.next())
        if actual[-1]:
            length.record(min(num_accepted, actual[-1]), actual[-1])
    return actual


def test_the_first_proposal_is_as_long_as_a_call_takes() -> None:
    assert lengths([7]) == [7]
    assert lengths([7], max_verified=3) == [3]


def test_right_drafts_stay_long_however_many_there_are() -> None:
    assert set(lengths([7] * 2000)) == {7}


def test_wrong_drafts_become_shorter_and_then_rare() -> None:
    actual = lengths([0] * 300)
    assert actual[:12] == sorted(actual[:12], reverse=True)
    assert sum(actual) <= 30, "three steps, at a tenth each"
    assert sum(map(bool, actual[100:])) <= 5


def test_a_draft_that_fails_once_in_a_while_is_forgiven() -> None:
    assert min(lengths([7, 7, 0] * 30)) >= 4, "no silence after each"


def test_one_right_token_ends_the_silence() -> None:
    actual = lengths([0] * 60 + [1] * 100)
    first = next(at for at, length in enumerate(actual) if at >= 60 and length)
    assert all(actual[first : first + 20])


@pytest.mark.parametrize(("share", "expected"), [(0.5, 3), (0.3, 1), (0.8, 7)])
def test_the_length_follows_the_share_that_is_right(share: float, expected: int) -> None:
    length, right = DraftLength(99), 0.0
    for _ in range(100):
        num_tokens = max(1, length.next())
        right += share / (1 - share)  # so many are right in front of one that is wrong
        length.record(int(right), int(right) + 1)
        right -= int(right)
    assert abs(num_tokens - expected) <= 1

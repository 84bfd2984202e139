"""The n-grams of a text of the domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.decoding.drafts import TextDraft
from edge_runtime.decoding.ngram_table import MAX_TABLE_TOKENS, NGramTable, lines_of
from edge_runtime.errors import UsageError

START = 9


def counted(texts: Sequence[Sequence[int]], seen: Sequence[int]) -> int | None:
    """Look up as `NGramTable` is defined to, by counting."""
    for length in range(min(4, len(seen)), 1, -1):
        ngram = tuple(seen[-length:])
        followers: Counter[int | None] = Counter()
        for text in texts:
            line = (START, *text, None)
            for at in range(length, len(line)):
                followers[line[at]] += line[at - length : at] == ngram
        likeliest, count = max(followers.items(), key=lambda pair: pair[1], default=(None, 0))
        if 2 * count > followers.total() > 0:
            return likeliest
    return None


TEXTS = st.lists(st.lists(st.integers(0, 3), max_size=12), max_size=8)


@given(TEXTS, st.lists(st.integers(0, 4), max_size=6))
def test_what_follows_is_what_counting_finds(texts: list[list[int]], seen: list[int]) -> None:
    assert NGramTable(texts, START).next_of(seen) == counted(texts, seen)


def test_a_draft_goes_on_until_the_text_ends_or_is_undecided() -> None:
    table = NGramTable([[1, 2, 3, 4], [1, 2, 3, 4], [5, 6, 7], [5, 6, 8]], START)
    assert TextDraft(table).propose([START, 1], 7) == [2, 3, 4]
    assert TextDraft(table).propose([START, 1], 2) == [2, 3]
    assert TextDraft(table).propose([START, 5], 7) == [6]
    assert TextDraft(table).propose([START, 0], 7) == []


def test_a_forced_language_is_what_the_first_token_follows() -> None:
    table = NGramTable([[1, 2, 3]], START)
    assert TextDraft(table, [8, START]).propose([1], 7) == [2, 3]
    assert TextDraft(table).propose([1], 7) == []


def test_nothing_follows_in_no_text() -> None:
    table = NGramTable([], START)
    assert len(table) == 0
    assert table.next_of([1, 2, 3, 4, 5]) is None


def test_a_text_that_is_too_long_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"more than 1048576 tokens.*Give a part of it"):
        NGramTable([range(MAX_TABLE_TOKENS)], START)


def test_a_text_is_read_line_by_line() -> None:
    assert list(lines_of("  Turn it on. \r\n\n\t\nTurn it off.")) == ["Turn it on.", "Turn it off."]

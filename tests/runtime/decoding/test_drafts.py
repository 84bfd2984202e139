"""Drafts change nothing but the number of calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.decoding.drafts import (
    Draft,
    FallbackDraft,
    HeadDraft,
    HypothesisDraft,
    NGramDraft,
    TextDraft,
)
from edge_runtime.decoding.generate import Generation, VerifyingDecoder, generate
from edge_runtime.decoding.ngram_table import NGramTable
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from tests.support.manifests import PROMPT

EOS = 0


class Model:
    """A decoder whose every token follows from the two before it, and which is close to a tie at some."""

    max_verified_tokens = 8

    def __init__(self, length: int, close: int) -> None:
        self.length, self.close = length, close
        self.rows: list[int] = []
        self.calls = 0

    def is_close(self, num_rows: int) -> bool:
        """Return whether the decision behind so many rows is nearly a tie."""
        return num_rows % 7 == self.close

    def _next(self, rows: Sequence[int]) -> ScoredToken:
        if len(rows) > self.length:
            return ScoredToken(EOS, -0.1)
        token = 1 + (rows[-1] * 3 + rows[-2] + len(rows) // 5) % 4
        return ScoredToken(token, -0.1 * token, 0.1 if self.is_close(len(rows)) else 9.0)

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        self.rows = [1, 2]
        return self._next(self.rows)

    def step(self, token_id: int) -> ScoredToken:
        return self.verify((token_id,))[0]

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        return self.verify((token_id,))

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        self.calls += 1
        scored_tokens = []
        for count, token in enumerate(token_ids):
            self.rows.append(token)
            scored = self._next(self.rows)
            # In company, a close decision may come out otherwise.
            is_flipped = len(token_ids) > 1 and scored.margin < 0.5 and count
            scored_tokens.append(scored._replace(token_id=scored.token_id % 4 + 1) if is_flipped else scored)
        return scored_tokens

    def rewind(self, num_tokens: int) -> None:
        del self.rows[len(self.rows) - num_tokens :]


def decode(model: Model, draft: Draft | None, budget: int = 200) -> Generation:
    decoder_input = DecoderInput(build_prompt(PROMPT, 1), np.zeros((1, 4), np.float32), budget)
    return generate(model, decoder_input, eos_ids={EOS}, draft=draft)


@given(st.integers(2, 80), st.integers(0, 6), st.integers(1, 90), st.lists(st.integers(1, 4), max_size=90))
def test_tokens_are_those_of_steps_alone_whatever_the_draft(
    length: int, close: int, budget: int, draft_ids: list[int]
) -> None:
    single = decode(Model(length, close), None, budget)
    drafts: list[Draft] = [
        NGramDraft(draft_ids),
        HypothesisDraft(draft_ids),
        HypothesisDraft(single.token_ids),
        HeadDraft([draft_ids, single.token_ids[:3]], single.token_ids[:9]),
        TextDraft(NGramTable([draft_ids, single.token_ids], 2), [1, 2]),
    ]
    for draft in (*drafts, FallbackDraft(drafts)):
        model = Model(length, close)
        assert decode(model, draft, budget) == single
        assert model.calls <= 1 + len(single.token_ids) + sum(model.is_close(row) for row in range(length))


def test_a_right_hypothesis_saves_most_calls() -> None:
    model, single = Model(60, 7), decode(Model(60, 7), None)
    assert decode(model, HypothesisDraft(single.token_ids)) == single
    assert model.calls <= len(single.token_ids) / 7 + 2


def test_the_model_can_verify() -> None:
    assert isinstance(Model(1, 0), VerifyingDecoder)


def test_an_ngram_is_followed_by_what_followed_it_last() -> None:
    draft = NGramDraft(max_ngram=3, min_ngram=2)
    assert draft.propose([1, 2, 3, 7, 1, 2, 3, 8, 1, 2, 3], 2) == (8, 1)
    assert NGramDraft(max_ngram=3, min_ngram=2).propose([5, 6], 4) == ()
    assert NGramDraft([1, 2, 3, 4], 3, 2).propose([1, 2], 5)[:2] == (3, 4)


def scanned(seen: Sequence[int], pattern: Sequence[int]) -> int | None:
    """Return where a pattern ends last before the end of what was seen, by looking everywhere."""
    for end in range(len(seen) - 1, len(pattern) - 1, -1):
        if tuple(seen[end - len(pattern) : end]) == tuple(pattern):
            return end
    return None


def scanned_ngram(context: Sequence[int], text: Sequence[int], max_tokens: int) -> Sequence[int]:
    """Propose as `NGramDraft` is defined to."""
    seen = (*context, *text)
    for length in (5, 4, 3):
        end = scanned(seen, text[-length:]) if len(text) >= length else None
        if end is not None:
            return seen[end : end + max_tokens]
    return ()


def edit_distance(left: Sequence[int], right: Sequence[int]) -> int:
    """Levenshtein, as it is written down."""
    distances = list(range(len(right) + 1))
    for row, one in enumerate(left, 1):
        diagonal, distances[0] = distances[0], row
        for column, other in enumerate(right, 1):
            nearest = min(diagonal + (one != other), distances[column] + 1, distances[column - 1] + 1)
            diagonal, distances[column] = distances[column], nearest
    return distances[-1]


def scanned_hypothesis(hypothesis: Sequence[int], text: Sequence[int], max_tokens: int) -> Sequence[int]:
    """Propose as `HypothesisDraft` is defined to."""
    ends = range(len(hypothesis) + 1)
    end = min(ends, key=lambda end: (edit_distance(text, hypothesis[:end]), -end))
    return tuple(hypothesis[end : end + max_tokens])


FEW_IDS = st.lists(st.integers(1, 3), max_size=20)


@given(FEW_IDS, FEW_IDS, st.data())
def test_drafts_propose_what_looking_everywhere_finds(
    context: list[int], text: list[int], data: st.DataObject
) -> None:
    ngram, hypothesis = NGramDraft(context), HypothesisDraft(context)
    followed = data.draw(st.integers(0, len(context)))
    text = context[:followed] + text
    for length in sorted(data.draw(st.sets(st.integers(0, len(text))))):
        so_far, max_tokens = text[:length], data.draw(st.integers(1, 7))
        assert ngram.propose(so_far, max_tokens) == scanned_ngram(context, so_far, max_tokens)
        assert hypothesis.propose(so_far, max_tokens) == scanned_hypothesis(context, so_far, max_tokens)


def test_a_guess_late_in_a_long_text_reads_no_more_of_it_than_an_early_one() -> None:
    class Watched(list[int]):
        """A text that counts how much of it is read."""

        read = 0

        def __getitem__(self, index: Any) -> Any:
            actual = super().__getitem__(index)
            self.read += len(actual) if isinstance(index, slice) else 1
            return actual

    text = Watched()
    drafts = NGramDraft(range(100)), HypothesisDraft(range(5000))
    for token in [*range(1000), *range(2000, 4000)]:
        text.append(token)
        before = text.read
        for draft in drafts:
            draft.propose(text, 7)
        assert text.read - before <= 10


def test_the_first_draft_that_guesses_is_believed() -> None:
    draft = FallbackDraft([HypothesisDraft([1, 2, 3]), NGramDraft([4, 5, 6, 7])])
    assert draft.propose([1], 7) == (2, 3)
    assert draft.propose([1, 2, 3, 4, 5, 6], 7) == (7, 1, 2, 3, 4, 5, 6)
    assert draft.propose([1, 2, 3, 4, 5, 6, 9], 7) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [([1, 2], (3, 4)), ([1, 9], (3, 4)), ([1, 2, 9], (4, 5)), ([1, 2, 9, 3], (4, 5)), ([1, 2, 4], (5, 6))],
    ids=["equal", "another first word", "another", "one more", "one fewer"],
)
def test_a_hypothesis_is_in_step_again_behind_a_difference(text: list[int], expected: Sequence[int]) -> None:
    assert HypothesisDraft([1, 2, 3, 4, 5, 6]).propose(text, 2) == expected


def test_a_head_is_proposed_once_it_is_known_which() -> None:
    heads = [[1, 2, 9], [1, 3, 4, 9], [1, 3, 5, 9]]
    draft = HeadDraft(heads)
    assert [draft.propose(text, 7) for text in ([1], [1, 2], [1, 3], [1, 3, 5])] == [(), (9,), (), (9,)]
    assert draft.propose([1, 3, 5, 9], 7) == draft.propose([7], 7) == ()
    likely = HeadDraft(heads, heads[1])
    assert likely.propose([1], 7) == (3, 4, 9)
    assert likely.propose([1, 2], 7) == (9,), "the text fits another"


def test_differences_of_a_hypothesis_cost_few_calls() -> None:
    """One in eight tokens is another; before, three had to match until the draft went on."""
    single = decode(Model(160, 7), None)
    hypothesis = [5 if at % 8 == 4 else token for at, token in enumerate(single.token_ids)]
    model = Model(160, 7)
    assert decode(model, HypothesisDraft(hypothesis)) == single
    assert model.calls <= len(single.token_ids) / 5

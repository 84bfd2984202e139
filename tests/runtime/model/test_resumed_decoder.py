"""A sequence that begins like the one before keeps its rows, and gives what it gives anew."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.bundle.specs import Component
from edge_runtime.model.decoder import Decoder, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import Prompt
from tests.support.fake_session import FakeSession
from tests.support.manifests import DECODER_COMPONENT, LIMITS, decoder_spec, scoring
from tests.support.token_decoder import LEGACY_DECODER, legacy, modern

CAPACITY = 200
IDS = st.lists(st.integers(1, 90), min_size=1, max_size=40)


def make(
    chunk: int = 16, component: Component = DECODER_COMPONENT, kv_capacity: int | None = None
) -> Decoder:
    compute = legacy if component.lowering == "legacy" else modern
    session = FakeSession(scoring(component), compute)
    limits = msgspec.structs.replace(LIMITS, prefill_chunk=chunk)
    return Decoder(session, decoder_spec(kv_capacity=kv_capacity), limits)


def text(ids: Sequence[int], budget: int = 50) -> DecoderInput:
    prompt = Prompt(np.array(ids, np.int64), np.full(len(ids), -1, np.int64))
    return DecoderInput(prompt, np.zeros((1, 4), np.float32), budget)


def by_steps(ids: Sequence[int], draft: Sequence[int]) -> list[ScoredToken]:
    decoder = make()
    return [decoder.prefill(text(ids)), *map(decoder.step, draft)]


@pytest.mark.parametrize("component", [DECODER_COMPONENT, LEGACY_DECODER], ids=["modern", "legacy"])
@pytest.mark.parametrize("kv_capacity", [None, CAPACITY])
@given(
    common=IDS,
    before=IDS,
    after=IDS,
    draft=st.lists(st.integers(1, 90), max_size=40),
    chunk=st.integers(1, 50),
)
def test_a_resumed_sequence_gives_what_steps_of_a_new_one_give(
    component: Component,
    kv_capacity: int | None,
    common: list[int],
    before: list[int],
    after: list[int],
    draft: list[int],
    chunk: int,
) -> None:
    decoder = make(chunk, component, kv_capacity)
    decoder.resume(text([*common, *before]), 0, draft)
    actual = decoder.resume(text([*common, *after]), len(common), draft)
    assert actual == by_steps([*common, *after], draft)
    assert decoder.step(5) == by_steps([*common, *after], [*draft, 5])[-1]


def test_rows_that_are_kept_are_not_run_again() -> None:
    session = FakeSession(scoring(DECODER_COMPONENT), modern)
    decoder = Decoder(session, decoder_spec(), LIMITS)
    decoder.resume(text([1, 2, 3, 4]), 0)
    decoder.resume(text([1, 2, 3, 5, 6]), 3, [7, 8])
    assert session.feeds[-1]["input_ids"].tolist() == [[5, 6, 7, 8]]
    assert session.feeds[-1]["last_index"].tolist() == [[1, 2, 3]]
    assert session.feeds[-1]["cache_len"].tolist() == [3]


def test_the_next_recording_keeps_the_head_where_it_is_the_same() -> None:
    session = FakeSession(scoring(DECODER_COMPONENT), modern)
    decoder = Decoder(session, decoder_spec(), LIMITS)

    def recording(head: Sequence[int], *rest: int) -> DecoderInput:
        index = np.array([*[-1] * len(head), 0, *[-1] * len(rest)], np.int64)
        return DecoderInput(
            Prompt(np.array([*head, 9, *rest], np.int64), index), np.zeros((1, 4), np.float32), 50
        )

    assert decoder.num_kept_head(recording([1, 2, 3], 5).prompt) == 0
    decoder.resume(recording([1, 2, 3], 5), 0)
    assert decoder.num_kept_head(recording([1, 2, 4], 5).prompt) == 0
    following = recording([1, 2, 3], 6, 7)
    assert decoder.num_kept_head(following.prompt) == 3
    assert decoder.resume(following, 3) == by_steps([1, 2, 3, 9, 6, 7], [])


def test_a_sequence_that_outgrows_its_cache_begins_anew_in_a_larger_one() -> None:
    session = FakeSession(scoring(DECODER_COMPONENT), modern)
    decoder = Decoder(session, decoder_spec(), LIMITS, min_rows=300)
    decoder.resume(text([1, 2, 3]), 0)
    actual = decoder.resume(text([1, 2, 3, 4], 600), 3)
    assert [tensor.shape[2] for tensor in session.allocated] == [512, 512, 768, 768]
    assert actual == by_steps([1, 2, 3, 4], [])


def test_a_sequence_that_grows_keeps_the_cache_that_it_was_given() -> None:
    session = FakeSession(scoring(DECODER_COMPONENT), modern)
    decoder = Decoder(session, decoder_spec(), LIMITS, min_rows=700)
    for length in (1, 300, 600):
        decoder.resume(text([1] * length), 0)
    assert [tensor.shape[2] for tensor in session.allocated] == [768, 768]


def test_graphs_that_score_one_token_take_no_draft_behind_a_prompt() -> None:
    assert make().verifies_behind_prompt
    assert not Decoder(FakeSession(DECODER_COMPONENT, modern), decoder_spec(), LIMITS).verifies_behind_prompt

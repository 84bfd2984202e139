"""The decoder's bookkeeping, with a graph that is a function."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.arrays import Array
from edge_runtime.errors import GraphError
from edge_runtime.model.decoder import Decoder, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import TEXT_INDEX, build_prompt
from tests.support.fake_session import FakeSession
from tests.support.manifests import DECODER_COMPONENT, LIMITS, PROMPT, decoder_spec


def remember(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    """Write the ids into the cache; the next token is the sum of all rows in use, modulo 97."""
    ids, start = inputs["input_ids"][0], int(inputs["cache_len"][0])
    keys = inputs["past_key_0"].copy()
    keys[0, 0, start : start + len(ids), 0] = ids
    used = start + int(inputs["last_index"][0]) + 1
    return {
        "next_token": np.array([keys[0, 0, :used].sum() % 97], np.int64),
        "logprob": np.array([-used], np.float32),
        "present_key_0": keys,
        "present_value_0": inputs["past_value_0"],
    }


def make(prefill_chunk: int = 64, kv_capacity: int | None = None) -> tuple[Decoder, FakeSession]:
    session = FakeSession(DECODER_COMPONENT, remember)
    limits = msgspec.structs.replace(LIMITS, prefill_chunk=prefill_chunk)
    return Decoder(session, decoder_spec(kv_capacity=kv_capacity), limits), session


def input_of(num_audio: int, max_new_tokens: int = 10) -> DecoderInput:
    return DecoderInput(build_prompt(PROMPT, num_audio), np.ones((num_audio, 4), np.float32), max_new_tokens)


def column(session: FakeSession, name: str) -> list[int]:
    return [int(feeds[name][0]) for feeds in session.feeds]


@given(num_audio=st.integers(0, 60), prefill_chunk=st.integers(1, 80))
def test_a_prompt_in_pieces_gives_what_it_gives_in_one(num_audio: int, prefill_chunk: int) -> None:
    decoder_input = input_of(num_audio)
    prompt = decoder_input.prompt
    decoder, session = make(prefill_chunk)
    actual = decoder.prefill(decoder_input)
    assert actual == ScoredToken(int(prompt.ids.sum()) % 97, -float(len(prompt)))
    seen = [
        np.concatenate([feeds[name][0] for feeds in session.feeds]) for name in ("input_ids", "audio_index")
    ]
    np.testing.assert_array_equal(seen, [prompt.ids, prompt.audio_index])
    starts = list(range(0, len(prompt), prefill_chunk))
    assert column(session, "cache_len") == starts
    sizes = [min(prefill_chunk, len(prompt) - start) for start in starts]
    assert column(session, "last_index") == [size - 1 for size in sizes]


def test_every_piece_of_a_prompt_has_all_audio_embeddings() -> None:
    decoder, session = make(prefill_chunk=8)
    decoder.prefill(input_of(40))
    for feeds in session.feeds:
        assert feeds["audio_embeds"].shape == (40, 4)


def test_a_step_appends_one_text_token() -> None:
    decoder_input = input_of(5)
    prompt = decoder_input.prompt
    decoder, session = make()
    decoder.prefill(decoder_input)
    scored = [decoder.step(token_id) for token_id in (50, 60)]
    total = int(prompt.ids.sum())
    assert [score.token_id for score in scored] == [(total + 50) % 97, (total + 110) % 97]
    assert column(session, "cache_len") == [0, len(prompt), len(prompt) + 1]
    last = session.feeds[-1]
    assert (last["input_ids"].tolist(), last["audio_index"].tolist()) == ([[60]], [[TEXT_INDEX]])
    assert last["last_index"].tolist() == [0]
    assert last["audio_embeds"].shape == (1, 4), "the graph wants a row even where none is used"


def test_a_prompt_without_audio_still_feeds_a_row() -> None:
    decoder, session = make()
    decoder.prefill(input_of(0))
    assert session.feeds[0]["audio_embeds"].shape == (1, 4)


def test_a_new_sequence_forgets_the_one_before() -> None:
    decoder, _ = make()
    decoder.prefill(input_of(30))
    decoder.step(50)
    fresh, _ = make()
    assert decoder.prefill(input_of(3)) == fresh.prefill(input_of(3))


@pytest.mark.parametrize(
    ("num_audio", "budget", "capacity"), [(0, 1, 256), (200, 41, 256), (200, 42, 512), (600, 400, 1024)]
)
def test_the_cache_is_rounded_up_to_steps(num_audio: int, budget: int, capacity: int) -> None:
    decoder, session = make()
    decoder.prefill(input_of(num_audio, budget))
    assert [tensor.shape for tensor in session.allocated] == [(1, 1, capacity, 1)] * 2


def test_clips_of_like_length_share_an_allocation_and_others_do_not() -> None:
    decoder, session = make()
    for num_audio in (10, 20, 30):
        decoder.prefill(input_of(num_audio, 50))
    assert len(session.allocated) == 2
    decoder.prefill(input_of(300, 50))
    assert len(session.allocated) == 4


@pytest.mark.parametrize(("num_audio", "allocations"), [(400, 1), (600, 2)])
def test_a_small_cache_outlives_its_sequence_and_a_large_one_does_not(
    num_audio: int, allocations: int
) -> None:
    decoder, session = make()
    for _ in range(2):
        decoder.prefill(input_of(num_audio, 50))
        decoder.release()
    assert len(session.allocated) == 2 * allocations


@pytest.mark.parametrize(("chunk", "more_follow"), [(64, [False]), (10, [True, True, False])])
def test_a_piece_of_a_prompt_says_whether_another_follows(chunk: int, more_follow: list[bool]) -> None:
    decoder, session = make(prefill_chunk=chunk)
    decoder_input = input_of(10, 5)
    assert len(decoder_input.prompt) == 25
    decoder.prefill(decoder_input)
    assert session.more_follow == more_follow


def test_a_fixed_capacity_is_kept_whatever_the_clip() -> None:
    decoder, session = make(kv_capacity=300)
    for num_audio in (1, 250):
        decoder.prefill(input_of(num_audio))
    assert [tensor.shape[2] for tensor in session.allocated] == [300, 300]


def test_a_prompt_longer_than_a_fixed_cache_is_refused_before_the_graph_drops_rows() -> None:
    decoder, session = make(kv_capacity=20)
    with pytest.raises(GraphError, match="do not fit"):
        decoder.prefill(input_of(20, 1))
    assert session.feeds == []


def test_a_step_beyond_the_capacity_is_refused() -> None:
    decoder, session = make(kv_capacity=20)
    decoder.prefill(input_of(3, 2))
    decoder.step(5)
    decoder.step(5)
    with pytest.raises(GraphError, match="cache of 20 rows with 20 in use"):
        decoder.step(5)
    assert len(session.feeds) == 3

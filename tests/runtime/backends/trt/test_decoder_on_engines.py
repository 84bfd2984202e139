"""The decoder has the same outputs over the TensorRT session, in both lowerings, as over any session."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.backends.session import MAX_STEPS, Session, StepChain
from edge_runtime.backends.trt.session import TrtSession
from edge_runtime.model.decoder import Decoder, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.kv_cache import KVCache
from edge_runtime.model.prompt import build_prompt
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_session import FakeSession
from tests.support.fake_tensorrt import FakePlan, FakeTensorRT
from tests.support.manifests import DECODER_COMPONENT, LIMITS, PROMPT, decoder_spec
from tests.support.token_decoder import LEGACY_DECODER, batched, legacy, modern

CAPACITY = 96
WIDE = {
    "batch": (1, 1),
    "sequence": (1, 64),
    "audio_tokens": (1, 64),
    "kv_capacity": (CAPACITY, CAPACITY),
}
STEP = {**WIDE, "sequence": (1, 1), "audio_tokens": (1, 1)}
IN_PLACE = {f"present_{part}_0": f"past_{part}_0" for part in ("key", "value")}


def ones(num_audio: int, num_tokens: int) -> DecoderInput:
    return DecoderInput(build_prompt(PROMPT, num_audio), np.ones((num_audio, 4), np.float32), num_tokens)


def decode(decoder: Decoder, num_audio: int, num_tokens: int) -> list[ScoredToken]:
    scored = [decoder.prefill(ones(num_audio, num_tokens))]
    while len(scored) < num_tokens:
        scored.append(decoder.step(scored[-1].token_id))
    return scored


def make(session: Session) -> Decoder:
    limits = msgspec.structs.replace(LIMITS, prefill_chunk=16)
    return Decoder(session, decoder_spec(kv_capacity=CAPACITY), limits)


@pytest.fixture(params=["modern", "legacy"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Decoder, FakeCuda]:
    (tmp_path / "decoder.plan").write_bytes(b"plan")
    cuda = FakeCuda()
    plan = {
        "modern": FakePlan(DECODER_COMPONENT, modern, (WIDE, STEP), IN_PLACE),
        "legacy": FakePlan(LEGACY_DECODER, legacy, (WIDE, STEP)),
    }[request.param]
    trt = FakeTensorRT(cuda, plan)
    return make(TrtSession(trt, cuda, plan.component, tmp_path / "decoder.plan", 0)), cuda


def test_tokens_are_those_of_any_other_session(rig: tuple[Decoder, FakeCuda]) -> None:
    decoder, _ = rig
    expected = make(FakeSession(DECODER_COMPONENT, modern))
    for num_audio in (5, 40, 0):
        assert decode(decoder, num_audio, 12) == decode(expected, num_audio, 12)


def test_the_legacy_cache_serves_any_session_that_appends() -> None:
    expected = make(FakeSession(DECODER_COMPONENT, modern))
    assert decode(make(FakeSession(LEGACY_DECODER, legacy)), 20, 12) == decode(expected, 20, 12)


def test_no_request_allocates_anything_not_even_the_first(rig: tuple[Decoder, FakeCuda]) -> None:
    decoder, cuda = rig
    before = (cuda.calls["malloc"], cuda.calls["host_malloc"])
    for num_audio in (5, 40, 0):
        decode(decoder, num_audio, 12)
    assert (cuda.calls["malloc"], cuda.calls["host_malloc"]) == before


def test_all_steps_but_the_first_are_replays_of_one_graph(rig: tuple[Decoder, FakeCuda]) -> None:
    decoder, cuda = rig
    for _ in range(3):
        decode(decoder, 20, 11)
    assert cuda.calls["begin_capture"] == 1
    assert cuda.calls["launch"] == 3 * 10 - 1


def decode_ahead(decoder: Decoder, num_audio: int, num_tokens: int) -> list[ScoredToken]:
    scored = [decoder.prefill(ones(num_audio, num_tokens))]
    while len(scored) < num_tokens:
        scored += decoder.multi_step(scored[-1].token_id, num_tokens - len(scored))
    return scored


@pytest.mark.parametrize("num_tokens", [2, 5, 12, 23])
def test_steps_that_feed_each_other_on_the_device_give_the_same_tokens(
    rig: tuple[Decoder, FakeCuda], num_tokens: int
) -> None:
    decoder, _ = rig
    expected = make(FakeSession(DECODER_COMPONENT, modern))
    for num_audio in (5, 40, 0):
        assert decode_ahead(decoder, num_audio, num_tokens) == decode(expected, num_audio, num_tokens)


def test_the_host_looks_once_in_a_few_steps_and_replays_one_graph(rig: tuple[Decoder, FakeCuda]) -> None:
    decoder, cuda = rig
    decode_ahead(decoder, 20, 13)
    before = cuda.calls.copy()
    decode_ahead(decoder, 20, 13)
    prompt_pieces = 3
    assert cuda.calls["synchronize"] - before["synchronize"] == prompt_pieces + 12 / MAX_STEPS
    assert cuda.calls["launch"] - before["launch"] == 12
    assert cuda.calls["begin_capture"] == 1


def test_steps_ahead_allocate_nothing(rig: tuple[Decoder, FakeCuda]) -> None:
    decoder, cuda = rig
    before = (cuda.calls["malloc"], cuda.calls["host_malloc"])
    decode_ahead(decoder, 20, 13)
    assert (cuda.calls["malloc"], cuda.calls["host_malloc"]) == before


def test_steps_ahead_never_leave_the_cache(rig: tuple[Decoder, FakeCuda]) -> None:
    decoder, _ = rig
    rows = CAPACITY - len(build_prompt(PROMPT, 20))
    assert len(decode_ahead(decoder, 20, rows)) == rows


def test_a_back_end_that_returns_to_the_host_steps_once_at_a_time() -> None:
    decoder = make(FakeSession(DECODER_COMPONENT, modern))
    first = decoder.prefill(ones(5, 9))
    assert len(decoder.multi_step(first.token_id, 8)) == 1


def test_sequences_of_a_batch_step_ahead_as_each_would_alone(tmp_path: Path) -> None:
    (tmp_path / "decoder.plan").write_bytes(b"plan")
    wide, narrow = {**WIDE, "batch": (1, 3)}, {**STEP, "batch": (1, 3)}
    cuda = FakeCuda()
    plan = FakePlan(DECODER_COMPONENT, batched(modern), (wide, narrow), IN_PLACE)
    session = TrtSession(FakeTensorRT(cuda, plan), cuda, DECODER_COMPONENT, tmp_path / "decoder.plan", 0)
    names = [f"{part}_0" for part in ("key", "value")]
    cache = {name: session.allocate(f"past_{name}", {"batch": 3, "kv_capacity": CAPACITY}) for name in names}
    bound = {f"{side}_{name}": tensor for name, tensor in cache.items() for side in ("past", "present")}
    binding = session.bind(bound)
    starts, ids = np.array([0, 0, 0]), np.array([[5], [6], [7]])
    chain = StepChain({"next_token": "input_ids"}, "cache_len")
    actual = []
    for _ in range(3):
        feeds = {
            "input_ids": ids,
            "audio_index": np.full((3, 1), -1),
            "audio_embeds": np.zeros((1, 4), np.float32),
            "cache_len": starts,
            "last_index": np.zeros(3, np.int64),
        }
        actual += binding.run_steps(feeds, 4, chain)
        ids, starts = actual[-1]["next_token"][:, None], starts + 4
    for row, first in enumerate((5, 6, 7)):
        expected_tokens, token = FakeSession(DECODER_COMPONENT, modern), first
        single = KVCache(expected_tokens, CAPACITY)
        for outputs in actual:
            token = int(single.run_steps(_feeds(single, token), 1)[0]["next_token"][0])
            assert int(outputs["next_token"][row]) == token
    assert cuda.calls["begin_capture"] == 1


def _feeds(cache: KVCache, token: int) -> dict[str, Array]:
    return {
        "input_ids": np.array([[token]]),
        "audio_index": np.array([[-1]]),
        "audio_embeds": np.zeros((1, 4), np.float32),
        "cache_len": np.array([cache.length]),
        "last_index": np.array([0]),
    }

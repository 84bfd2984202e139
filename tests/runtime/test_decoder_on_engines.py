"""The decoder over the TensorRT session, in both lowerings, gives what it gives over any session."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.decoder import Decoder, Scored
from edge_runtime.manifest import TensorSpec
from edge_runtime.prompt import build_prompt
from edge_runtime.session import Session
from edge_runtime.session_tensorrt import EngineSession
from tests.runtime.support.fake_cuda import FakeCuda
from tests.runtime.support.fake_session import FakeSession
from tests.runtime.support.fake_tensorrt import FakePlan, FakeTensorRT
from tests.runtime.support.manifests import DECODER_COMPONENT, LIMITS, PROMPT, decoder_spec

CAPACITY = 96
WIDE = {
    "batch": (1, 1),
    "sequence": (1, 64),
    "audio_tokens": (1, 64),
    "kv_capacity": (CAPACITY, CAPACITY),
}
STEP = {**WIDE, "sequence": (1, 1), "audio_tokens": (1, 1)}
IN_PLACE = {f"present_{part}_0": f"past_{part}_0" for part in ("key", "value")}
_STACKED = ("batch", 2, "kv_capacity", 1)
LEGACY_DECODER = msgspec.structs.replace(
    DECODER_COMPONENT,
    lowering="legacy",
    inputs=(*DECODER_COMPONENT.inputs[:5], TensorSpec(name="past", dtype="float32", shape=_STACKED)),
    outputs=(
        *DECODER_COMPONENT.outputs[:2],
        TensorSpec(name="delta", dtype="float32", shape=("batch", 2, "sequence", 1)),
    ),
)


def answer(inputs: Mapping[str, Array], before: Array) -> dict[str, Array]:
    """Give a token and a score that depend on the order of all ids so far."""
    seen = [*before.astype(np.int64), *inputs["input_ids"][0][: int(inputs["last_index"][0]) + 1]]
    token = sum((i + 1) * int(id_) for i, id_ in enumerate(seen)) % 97
    return {"next_token": np.array([token]), "logprob": np.array([-len(seen)], np.float32)}


def modern(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    start, ids = int(inputs["cache_len"][0]), inputs["input_ids"][0]
    keys = inputs["past_key_0"].copy()
    outputs = answer(inputs, keys[0, 0, :start, 0])
    keys[0, 0, start : start + len(ids), 0] = ids
    return {**outputs, "present_key_0": keys, "present_value_0": inputs["past_value_0"]}


def legacy(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    ids = inputs["input_ids"].astype(np.float32)
    outputs = answer(inputs, inputs["past"][0, 0, : int(inputs["cache_len"][0]), 0])
    return {**outputs, "delta": np.stack([ids, -ids], 1)[..., None]}


def decode(decoder: Decoder, num_audio: int, num_tokens: int) -> list[Scored]:
    embeds = np.ones((num_audio, 4), np.float32)
    scored = [decoder.prefill(build_prompt(PROMPT, num_audio), embeds, num_tokens)]
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
    return make(EngineSession(trt, cuda, plan.component, tmp_path / "decoder.plan", 0)), cuda


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

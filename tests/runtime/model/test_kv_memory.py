"""A cache reads as few rows as its engine has a profile for, and keeps those in use when it needs more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.backends.trt.session import TrtSession
from edge_runtime.bundle.specs import TensorSpec
from edge_runtime.decoding.batch_decoder import BatchDecoder
from edge_runtime.decoding.generate import Generation, generate
from edge_runtime.decoding.generate_batch import generate_batch
from edge_runtime.errors import GraphError
from edge_runtime.model.decoder import Decoder, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.kv_memory import KVMemory, capacity_buckets
from edge_runtime.model.prompt import build_prompt
from tests.support.buckets import BUCKETS, PROFILES, SLOTS, BucketRig
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_session import FakeSession
from tests.support.fake_tensorrt import FakePlan, FakeTensorRT
from tests.support.manifests import DECODER_COMPONENT, LIMITS, PROMPT, decoder_spec
from tests.support.token_decoder import LEGACY_DECODER, batched, legacy, modern

CAPACITY = BUCKETS[-1]
SPEC = decoder_spec(kv_capacity=CAPACITY)
SHORT_PIECES = msgspec.structs.replace(LIMITS, prefill_chunk=16)
BARE = len(build_prompt(PROMPT, 0))
LENGTHS = (5, 40, 0, 11, 23, 2, 31)
"""Audio tokens of requests; more of them than slots."""
EOS = {13, 40, 77}


def ones(num_audio: int, budget: int) -> DecoderInput:
    return DecoderInput(build_prompt(PROMPT, num_audio), np.ones((num_audio, 4), np.float32), budget)


def decode(decoder: Decoder, num_audio: int, budget: int) -> list[ScoredToken]:
    scored = [decoder.prefill(ones(num_audio, budget))]
    while len(scored) < budget:
        scored += decoder.multi_step(scored[-1].token_id, budget - len(scored))
    return scored


def at_full_capacity() -> Decoder:
    return Decoder(FakeSession(DECODER_COMPONENT, modern), SPEC, SHORT_PIECES)


@pytest.fixture(params=["modern", "legacy"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> BucketRig:
    return BucketRig(tmp_path, request.param)


def test_a_head_is_kept_while_a_new_sequence_would_read_no_fewer_rows(rig: BucketRig) -> None:
    decoder = Decoder(rig.session, SPEC, SHORT_PIECES)
    short, long = ones(1, 1), ones(60, 1)
    assert len(short.prompt) <= BUCKETS[0] < len(long.prompt)
    decoder.resume(short, 0)
    assert decoder.num_kept_head(long.prompt) == long.prompt.audio_start > 0
    decoder.resume(long, long.prompt.audio_start)
    assert decoder.num_kept_head(short.prompt) == 0


def test_a_sequence_that_crosses_every_bucket_has_the_tokens_of_the_full_capacity(rig: BucketRig) -> None:
    budget = CAPACITY - BARE
    expected = decode(at_full_capacity(), 0, budget)
    decoder = Decoder(rig.session, SPEC, SHORT_PIECES)
    assert decode(decoder, 0, budget) == expected
    assert rig.rows_of_steps() == list(BUCKETS)
    assert decode(decoder, 0, budget) == expected, "it starts in the smallest bucket again"


@pytest.mark.parametrize("end", [BUCKETS[0] - 4, BUCKETS[0] - 1, BUCKETS[0], BUCKETS[0] + 1, BUCKETS[1]])
def test_prompts_that_end_around_a_bucket_go_on_in_the_next(rig: BucketRig, end: int) -> None:
    expected = decode(at_full_capacity(), end - BARE, 12)
    assert decode(Decoder(rig.session, SPEC, SHORT_PIECES), end - BARE, 12) == expected


def test_steps_of_a_short_recording_read_the_smallest_bucket_alone(rig: BucketRig) -> None:
    decoder = Decoder(rig.session, SPEC, SHORT_PIECES)
    decode(decoder, 2, 8)
    assert rig.rows_of_steps() == [BUCKETS[0]]
    decode(decoder, BUCKETS[0], 8)
    assert rig.rows_of_steps() == list(BUCKETS[:2])


def test_a_graph_is_captured_for_each_bucket_and_nothing_is_allocated(rig: BucketRig) -> None:
    decoder = Decoder(rig.session, SPEC, SHORT_PIECES)
    mallocs = (rig.cuda.calls["malloc"], rig.cuda.calls["host_malloc"])
    for _ in range(2):
        decode(decoder, 0, CAPACITY - BARE)
        assert rig.cuda.calls["begin_capture"] == len(BUCKETS)
    assert (rig.cuda.calls["malloc"], rig.cuda.calls["host_malloc"]) == mallocs
    assert rig.cuda.calls["malloc"] == 3, "scratch memory, the buffers, and one block for the largest bucket"


def test_a_draft_that_does_not_fit_a_bucket_moves_before_it_is_verified(rig: BucketRig) -> None:
    cache = KVMemory(rig.session, CAPACITY)
    cache.lengths[0] = BUCKETS[0] - 2
    cache.reserve(BUCKETS[0] + 1)
    assert cache.bucket == BUCKETS[1]
    cache.set_length(0, BUCKETS[0] - 2)
    assert cache.bucket == BUCKETS[1], "what is taken back stays where it is"
    cache.set_length(0, 0)
    assert cache.bucket == BUCKETS[0]


def decode_batched(decoder: BatchDecoder, lengths: Sequence[int]) -> dict[int, Generation]:
    inputs = [(n, ones(n, 30)) for n in lengths]
    return dict(generate_batch(decoder, inputs, EOS, lambda _: None))


def test_slots_of_a_batch_move_together_and_keep_their_rows(rig: BucketRig) -> None:
    decoder = BatchDecoder(rig.session, SPEC, SHORT_PIECES, num_slots=SLOTS, capacity=CAPACITY)
    expected = {n: generate(at_full_capacity(), ones(n, 30), eos_ids=EOS) for n in LENGTHS}
    for lengths in ((2, 0, 5), LENGTHS, (2, 0, 5)):
        assert decode_batched(decoder, lengths) == {n: expected[n] for n in lengths}
        assert set(rig.rows_of_steps()) >= set(BUCKETS[:2])
        decoder.clear()


def test_more_rows_than_the_largest_bucket_are_refused(rig: BucketRig) -> None:
    cache = KVMemory(rig.session, CAPACITY)
    with pytest.raises(GraphError, match=rf"{CAPACITY + 1} rows do not fit a key/value cache of {CAPACITY}"):
        cache.reserve(CAPACITY + 1)


def test_an_older_engine_with_one_stacked_cache_decodes_as_before(tmp_path: Path) -> None:
    past = TensorSpec(name="past", dtype="float32", shape=("batch", 2, CAPACITY, 1))
    component = msgspec.structs.replace(LEGACY_DECODER, inputs=(*LEGACY_DECODER.inputs[:5], past))
    profiles = tuple(
        {name: size for name, size in each.items() if name != "kv_capacity"} for each in PROFILES
    )
    plan = FakePlan(component, batched(_stacked), profiles[:2])
    cuda = FakeCuda()
    (tmp_path / "decoder.plan").write_bytes(b"plan")
    session = TrtSession(FakeTensorRT(cuda, plan), cuda, component, tmp_path / "decoder.plan", 0)
    budget = CAPACITY - BARE
    assert decode(Decoder(session, SPEC, SHORT_PIECES), 0, budget) == decode(at_full_capacity(), 0, budget)
    batch = BatchDecoder(session, SPEC, SHORT_PIECES, num_slots=SLOTS, capacity=CAPACITY)
    expected = {n: generate(at_full_capacity(), ones(n, 30), eos_ids=EOS) for n in LENGTHS}
    assert decode_batched(batch, LENGTHS) == expected


def _stacked(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    keys, values = np.split(inputs["past"], 2, axis=1)
    return legacy({**inputs, "past_key_0": keys, "past_value_0": values})


def test_a_graph_without_profiles_has_the_capacity_that_is_asked_for() -> None:
    session = FakeSession(LEGACY_DECODER, legacy)
    assert capacity_buckets(session.component, 40) == (40,)
    assert KVMemory(session, 40).bucket == 40

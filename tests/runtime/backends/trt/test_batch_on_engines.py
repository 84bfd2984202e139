"""Sequences that step together on a TensorRT session get the tokens that each gets alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_runtime.backends.trt.session import TrtSession
from edge_runtime.decoding.batch_decoder import BatchDecoder
from edge_runtime.decoding.generate import Generation, generate
from edge_runtime.decoding.generate_batch import generate_batch
from edge_runtime.errors import GraphError
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_session import FakeSession
from tests.support.fake_tensorrt import FakePlan, FakeTensorRT
from tests.support.fake_tensorrt_rtx import FakeTensorRTRTX
from tests.support.manifests import DECODER_COMPONENT, LIMITS, PROMPT, decoder_spec
from tests.support.token_decoder import LEGACY_DECODER, batched, legacy, modern

CAPACITY, SLOTS = 96, 3
EOS = {13, 40, 77}
LENGTHS = (5, 40, 0, 11, 23, 2, 31)
"""Audio tokens of the requests; more of them than slots."""
IN_PLACE = {f"present_{part}_0": f"past_{part}_0" for part in ("key", "value")}
SPEC = decoder_spec(kv_capacity=CAPACITY)
SHORT_PIECES = msgspec.structs.replace(LIMITS, prefill_chunk=16)


@dataclass
class Rig:
    cuda: FakeCuda
    trt: FakeTensorRT
    session: TrtSession

    def decoder(self, num_slots: int = SLOTS) -> BatchDecoder:
        return BatchDecoder(self.session, SPEC, SHORT_PIECES, num_slots=num_slots, capacity=CAPACITY)


def make_rig(
    directory: Path,
    lowering: str = "modern",
    module: type[FakeTensorRT] = FakeTensorRT,
    max_batch: int = SLOTS,
) -> Rig:
    wide = {
        "batch": (1, max_batch),
        "sequence": (1, 64),
        "audio_tokens": (1, 64),
        "kv_capacity": (CAPACITY, CAPACITY),
    }
    step = {**wide, "sequence": (1, 1), "audio_tokens": (1, 1)}
    plan = {
        "modern": FakePlan(DECODER_COMPONENT, batched(modern), (wide, step), IN_PLACE),
        "legacy": FakePlan(LEGACY_DECODER, batched(legacy), (wide, step)),
    }[lowering]
    path = directory / "decoder.plan"
    path.write_bytes(b"plan")
    cuda = FakeCuda()
    trt = module(cuda, plan)
    return Rig(cuda, trt, TrtSession(trt, cuda, plan.component, path, 0))


@pytest.fixture(
    params=[("modern", FakeTensorRT), ("modern", FakeTensorRTRTX), ("legacy", FakeTensorRT)],
    ids=["modern", "modern-rtx", "legacy"],
)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return make_rig(tmp_path, *request.param)


def ones(num_audio: int, budget: int) -> DecoderInput:
    return DecoderInput(build_prompt(PROMPT, num_audio), np.ones((num_audio, 4), np.float32), budget)


def decode_batched(
    decoder: BatchDecoder, budget: int = 20, lengths: Sequence[int] = LENGTHS
) -> dict[int, Generation]:
    inputs = [(n, ones(n, budget)) for n in lengths]
    return dict(generate_batch(decoder, inputs, EOS, lambda _: None))


def decode_each(budget: int = 20) -> dict[int, Generation]:
    decoder = Decoder(FakeSession(DECODER_COMPONENT, modern), SPEC, SHORT_PIECES)
    return {n: generate(decoder, ones(n, budget), eos_ids=EOS) for n in LENGTHS}


def test_sequences_that_step_together_give_the_tokens_of_each_alone(rig: Rig) -> None:
    actual, expected = decode_batched(rig.decoder()), decode_each()
    assert actual == expected
    endings = {generation.finish_reason for generation in expected.values()}
    assert endings == {"eos", "length"}, "some end early, and their slots are filled again"


def test_a_batch_decodes_again_in_the_memory_that_it_has(rig: Rig) -> None:
    decoder = rig.decoder()
    first = decode_batched(decoder)
    before = (rig.cuda.calls["malloc"], rig.cuda.calls["begin_capture"])
    assert decode_batched(decoder) == first
    assert (rig.cuda.calls["malloc"], rig.cuda.calls["begin_capture"]) == before


def test_all_slots_and_a_decoder_of_one_sequence_share_one_set_of_buffers(rig: Rig) -> None:
    decoder = rig.decoder()
    decode_batched(decoder)
    mallocs, pinned = rig.cuda.calls["malloc"], rig.cuda.calls["host_malloc"]
    assert mallocs == 3, "scratch memory, the buffers, and the cache"
    alone = Decoder(rig.session, SPEC, SHORT_PIECES)
    assert generate(alone, ones(5, 20), eos_ids=EOS) == decode_batched(decoder)[5]
    assert rig.cuda.calls["host_malloc"] == pinned, (
        "the cache of one sequence is its own, the buffers are not"
    )


def test_every_slot_is_a_part_of_one_cache(tmp_path: Path) -> None:
    rig = make_rig(tmp_path)
    decoder = rig.decoder()
    decode_batched(decoder, budget=4)
    histories = [context.history for context in rig.trt.contexts]
    keys = sorted({addresses["past_key_0"] for history in histories for addresses in history})
    stride = CAPACITY * 4
    assert keys == [keys[0] + slot * stride for slot in range(SLOTS)]
    for history in histories:
        for addresses in history:
            assert addresses["present_key_0"] == addresses["past_key_0"]
    assert len(rig.cuda.device[keys[0]]) >= SLOTS * stride, "one allocation holds them all"


def test_steps_of_each_batch_size_are_one_graph_and_prompts_go_alone(tmp_path: Path) -> None:
    rig = make_rig(tmp_path)
    decoder = rig.decoder()
    for count in (1, 2, 3):
        actual = decode_batched(decoder, lengths=LENGTHS[:count])
        assert actual == {length: decode_each()[length] for length in LENGTHS[:count]}
    steps = [context for context in rig.trt.contexts if context.profile == 1]
    sizes = sorted(context.shapes["input_ids"][0] for context in steps)
    assert sizes == [1, 2, 3]
    assert rig.cuda.calls["begin_capture"] == len(sizes)
    prompts = [context for context in rig.trt.contexts if context.profile == 0]
    assert len(prompts) == SLOTS
    assert {context.shapes["input_ids"][0] for context in prompts} == {1}


def test_an_engine_for_one_sequence_says_so_before_anything_is_decoded(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, max_batch=1)
    with pytest.raises(
        GraphError, match=r"takes 1 sequence at a time, and 3 were asked for\. .*size of 1, or"
    ):
        rig.decoder()
    assert list(rig.trt.contexts) == []
    one = rig.decoder(num_slots=1)
    assert decode_batched(one, lengths=(5,)) == {5: decode_each()[5]}

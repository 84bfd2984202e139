"""Engines verify drafts of several tokens, and make close decisions of a batch again, as graphs do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_runtime.backends.trt.session import TrtSession
from edge_runtime.decoding.batch_decoder import BatchDecoder
from edge_runtime.decoding.drafts import Draft, HypothesisDraft, NGramDraft
from edge_runtime.decoding.generate import Generation, generate, generate_from
from edge_runtime.decoding.generate_batch import generate_batch
from edge_runtime.errors import GraphError
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from tests.support.engines import with_profiles
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_session import Compute, FakeSession
from tests.support.fake_tensorrt import FakePlan, FakeTensorRT
from tests.support.fake_tensorrt_rtx import FakeTensorRTRTX
from tests.support.manifests import DECODER_COMPONENT, LIMITS, PROMPT, decoder_spec, scoring
from tests.support.token_decoder import LEGACY_DECODER, batched, doubting, legacy, modern

CAPACITY, SLOTS, MAX_SCORED = 96, 3, 8
EOS = {13, 40, 77}
LENGTHS = (5, 40, 0, 11)
"""Audio tokens of the requests."""
IN_PLACE = {f"present_{part}_0": f"past_{part}_0" for part in ("key", "value")}
SPEC = decoder_spec(kv_capacity=CAPACITY)
SHORT_PIECES = msgspec.structs.replace(LIMITS, prefill_chunk=16)
Ranges = dict[str, tuple[int, int]]


@dataclass
class Rig:
    cuda: FakeCuda
    trt: FakeTensorRT
    session: TrtSession

    def decoder(self) -> Decoder:
        return Decoder(self.session, SPEC, SHORT_PIECES)


def profiles(max_scored: int) -> tuple[Ranges, Ranges]:
    wide = {
        "batch": (1, SLOTS),
        "sequence": (1, 64),
        "audio_tokens": (1, 64),
        "scored": (1, 1),
        "kv_capacity": (CAPACITY, CAPACITY),
    }
    several = (1, max_scored)
    return wide, {**wide, "sequence": several, "scored": several, "audio_tokens": (1, 1)}


def make_rig(
    directory: Path,
    lowering: str = "modern",
    module: type[FakeTensorRT] = FakeTensorRT,
    max_scored: int = MAX_SCORED,
    company: Callable[[Compute], Compute] = doubting,
) -> Rig:
    component, compute, in_place = {
        "modern": (DECODER_COMPONENT, modern, IN_PLACE),
        "legacy": (LEGACY_DECODER, legacy, {}),
    }[lowering]
    ranges = profiles(max_scored)
    plan = FakePlan(with_profiles(scoring(component), ranges), company(batched(compute)), ranges, in_place)
    path = directory / "decoder.plan"
    path.write_bytes(b"plan")
    cuda = FakeCuda()
    trt = module(cuda, plan)
    return Rig(cuda, trt, TrtSession(trt, cuda, plan.component, path, 0))


def _sure(compute: Compute) -> Compute:
    """Return what wins every token by far."""
    return lambda inputs: {**(outputs := compute(inputs)), "margin": np.full_like(outputs["margin"], 9)}


@pytest.fixture(
    params=[("modern", FakeTensorRT), ("modern", FakeTensorRTRTX), ("legacy", FakeTensorRT)],
    ids=["modern", "modern-rtx", "legacy"],
)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return make_rig(tmp_path, *request.param)


def ones(num_audio: int, budget: int) -> DecoderInput:
    return DecoderInput(build_prompt(PROMPT, num_audio), np.ones((num_audio, 4), np.float32), budget)


def decode(decoder: Decoder, num_audio: int, draft: Draft | None = None, budget: int = 30) -> Generation:
    return generate(decoder, ones(num_audio, budget), eos_ids=EOS, draft=draft)


def alone(num_audio: int, budget: int = 30) -> Generation:
    """Decode step by step with a graph that scores one token a call."""
    return decode(
        Decoder(FakeSession(DECODER_COMPONENT, modern), SPEC, SHORT_PIECES), num_audio, None, budget
    )


@pytest.mark.parametrize("num_audio", LENGTHS)
@pytest.mark.parametrize("changed", [None, 0, 5])
def test_tokens_are_those_of_steps_alone_whatever_the_draft(
    rig: Rig, num_audio: int, changed: int | None
) -> None:
    decoder, expected = rig.decoder(), alone(num_audio)
    token_ids = list(expected.token_ids)
    if changed is not None and changed < len(token_ids):
        token_ids[changed] += 1
    for draft in (None, HypothesisDraft(token_ids), NGramDraft(token_ids, max_ngram=2, min_ngram=1)):
        assert decode(decoder, num_audio, draft) == expected


def test_an_engine_resumes_a_sequence_and_verifies_the_earlier_text_behind_it(rig: Rig) -> None:
    decoder = rig.decoder()
    assert not decoder.verifies_behind_prompt, "its profiles of prompts score one token"
    earlier = decode(decoder, 11)
    longer = ones(40, 30)
    first = decoder.resume(longer, longer.prompt.audio_start + 11)
    draft = HypothesisDraft(earlier.token_ids)
    assert generate_from(decoder, first, 30, eos_ids=EOS, draft=draft) == alone(40)


def test_an_earlier_transcript_saves_most_calls(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, company=_sure)
    decoder, expected = rig.decoder(), alone(5)
    before = rig.cuda.calls["synchronize"]
    assert decode(decoder, 5, HypothesisDraft(expected.token_ids)) == expected
    prompt_pieces, num_tokens = 2, len(expected.token_ids)
    assert rig.cuda.calls["synchronize"] - before == prompt_pieces + -(-num_tokens // MAX_SCORED)


def test_where_there_is_no_draft_the_host_still_looks_once_in_a_few_steps(tmp_path: Path) -> None:
    counts = []
    for draft in (None, HypothesisDraft(())):
        rig = make_rig(tmp_path)
        decoder = rig.decoder()
        decode(decoder, 5, draft)
        counts.append(rig.cuda.calls["synchronize"])
    assert counts[0] == counts[1]


def test_each_length_of_a_draft_is_one_captured_graph(tmp_path: Path) -> None:
    rig = make_rig(tmp_path)
    decoder, expected = rig.decoder(), alone(5)
    for _ in range(4):
        decode(decoder, 5, HypothesisDraft(expected.token_ids))
    captured = rig.cuda.calls["begin_capture"]
    assert 1 <= captured <= MAX_SCORED + 1
    decode(decoder, 5, HypothesisDraft(expected.token_ids))
    assert rig.cuda.calls["begin_capture"] == captured


def test_a_draft_is_no_longer_than_the_engine_takes(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, max_scored=3)
    decoder, expected = rig.decoder(), alone(5)
    assert decoder.max_verified_tokens == 3
    assert decode(decoder, 5, HypothesisDraft(expected.token_ids)) == expected
    with pytest.raises(GraphError, match="outside the engine's profiles"):
        decoder.verify((1, 2, 3, 4))


def test_an_engine_that_scores_one_token_gets_no_draft(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, max_scored=1)
    decoder, expected = rig.decoder(), alone(5)
    assert decoder.max_verified_tokens == 1
    assert decode(decoder, 5, HypothesisDraft(expected.token_ids)) == expected


def test_close_decisions_of_a_batch_are_made_again_alone(rig: Rig) -> None:
    decoder = BatchDecoder(rig.session, SPEC, SHORT_PIECES, num_slots=SLOTS, capacity=CAPACITY)
    inputs = [(length, ones(length, 20)) for length in LENGTHS]
    actual = dict(generate_batch(decoder, inputs, EOS, lambda _: None))
    assert actual == {length: alone(length, 20) for length in LENGTHS}


def test_without_margins_a_batch_would_be_wrong_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engines of these tests do decide otherwise in company."""
    rig = make_rig(tmp_path)
    monkeypatch.setattr("edge_runtime.decoding.batch_decoder.RECHECK_MARGIN", 0.0)
    decoder = BatchDecoder(rig.session, SPEC, SHORT_PIECES, num_slots=SLOTS, capacity=CAPACITY)
    inputs = [(length, ones(length, 20)) for length in LENGTHS]
    assert dict(generate_batch(decoder, inputs, EOS, lambda _: None)) != {n: alone(n, 20) for n in LENGTHS}

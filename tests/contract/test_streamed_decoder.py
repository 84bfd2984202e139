"""A decoder that a stream drives, on sessions of a fixed capacity: every step gives what steps alone give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.backends.session import Session
from edge_runtime.backends.trt.session import TrtSession
from edge_runtime.decoding.drafts import HypothesisDraft
from edge_runtime.decoding.generate import Generation, accept_draft, generate, generate_from
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from tests.support.engines import with_profiles
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_session import FakeSession
from tests.support.fake_tensorrt import FakePlan, FakeTensorRT
from tests.support.fake_tensorrt_rtx import FakeTensorRTRTX
from tests.support.manifests import DECODER_COMPONENT, LIMITS, PROMPT, decoder_spec, scoring
from tests.support.token_decoder import LEGACY_DECODER, legacy, modern

pytestmark = pytest.mark.contract

CAPACITY, WINDOW, BUDGET = 1024, 104, 40
SPEC = decoder_spec(kv_capacity=CAPACITY)
EOS = {13, 40, 77}
_FIXED = {"batch": (1, 1), "kv_capacity": (CAPACITY, CAPACITY)}
PROFILES = (
    {**_FIXED, "sequence": (1, 128), "audio_tokens": (1, CAPACITY), "scored": (1, 1)},
    {**_FIXED, "sequence": (1, 8), "audio_tokens": (1, 1), "scored": (1, 8)},
)
IN_PLACE = {f"present_{part}_0": f"past_{part}_0" for part in ("key", "value")}


def graph(directory: Path, lowering: str) -> Session:
    del directory
    component, compute = (LEGACY_DECODER, legacy) if lowering == "legacy" else (DECODER_COMPONENT, modern)
    return FakeSession(scoring(component), compute)


def engine(directory: Path, lowering: str, module: type[FakeTensorRT] = FakeTensorRT) -> Session:
    component, compute = (LEGACY_DECODER, legacy) if lowering == "legacy" else (DECODER_COMPONENT, modern)
    described = with_profiles(scoring(component), PROFILES)
    plan = FakePlan(described, compute, PROFILES, {} if lowering == "legacy" else IN_PLACE)
    path = directory / "decoder.plan"
    path.write_bytes(b"plan")
    cuda = FakeCuda()
    return TrtSession(module(cuda, plan), cuda, described, path, 0)


def engine_of_rtx(directory: Path, lowering: str) -> Session:
    return engine(directory, lowering, FakeTensorRTRTX)


def segment(num_audio: int) -> DecoderInput:
    return DecoderInput(build_prompt(PROMPT, num_audio), np.ones((num_audio, 4), np.float32), BUDGET)


def hypotheses(decoder: Decoder, lengths: range) -> Iterator[Generation]:
    """Yield those of a segment that grows: finished windows keep their rows, the text before is a draft."""
    known: tuple[int, ...] = ()
    for step, num_audio in enumerate(lengths):
        grown = segment(num_audio)
        num_finished = (num_audio - lengths.step) // WINDOW * WINDOW
        num_kept = grown.prompt.audio_start + num_finished if step else decoder.num_kept_head(grown.prompt)
        draft_ids = known[: BUDGET - 1] if decoder.verifies_behind_prompt else ()
        first = decoder.resume(grown, num_kept, draft_ids)
        if draft_ids:
            first = accept_draft(decoder, first, int(grown.prompt.ids[-1]), draft_ids)
        generation = generate_from(decoder, first, BUDGET, eos_ids=EOS, draft=HypothesisDraft(known))
        yield generation
        known = generation.token_ids


@pytest.mark.parametrize(
    ("opener", "lowering"),
    [
        (graph, "modern"),
        (graph, "legacy"),
        (engine, "modern"),
        (engine, "legacy"),
        (engine_of_rtx, "modern"),
    ],
    ids=["graph-modern", "graph-legacy", "engine-modern", "engine-legacy", "engine-rtx"],
)
def test_every_step_of_a_stream_gives_what_a_new_sequence_gives(
    tmp_path: Path, opener: Callable[[Path, str], Session], lowering: str
) -> None:
    decoder = Decoder(opener(tmp_path, lowering), SPEC, LIMITS)
    alone = Decoder(FakeSession(DECODER_COMPONENT, modern), SPEC, LIMITS)
    for lengths in (range(7, 330, 29), range(12, 90, 6)):
        expected = [generate(alone, segment(num_audio), eos_ids=EOS) for num_audio in lengths]
        assert any(len(each.token_ids) > 1 for each in expected)
        assert list(hypotheses(decoder, lengths)) == expected

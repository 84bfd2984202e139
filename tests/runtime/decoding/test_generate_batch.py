"""Many sequences in few slots, and many recordings as if each had come alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime import Recognizer
from edge_runtime.bundle.shipped import shipped_bundle
from edge_runtime.decoding.generate_batch import generate_batch
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from tests.conftest import ROOT
from tests.support.manifests import PROMPT

EOS = 0
CLIPS = ROOT / "tests" / "clips"


class FakeSlotDecoder:
    """A decoder whose sequences count down from the number in their audio."""

    def __init__(self, num_slots: int) -> None:
        self.num_slots = num_slots
        self.left: dict[int, int] = {}
        self.steps = 0

    def prefill(self, slot: int, decoder_input: DecoderInput) -> ScoredToken:
        self.left[slot] = int(decoder_input.audio_embeds[0, 0])
        return ScoredToken(self.left[slot], -1.0)

    def step(self, tokens: Mapping[int, int]) -> dict[int, ScoredToken]:
        self.steps += 1
        for slot, token in tokens.items():
            assert token == self.left[slot], "each slot gets its own token"
            self.left[slot] -= 1
        return {slot: ScoredToken(self.left[slot], -1.0) for slot in tokens}


def counting_down(length: int, budget: int) -> DecoderInput:
    return DecoderInput(build_prompt(PROMPT, 1), np.full((1, 4), length, np.float32), budget)


@given(st.lists(st.integers(0, 12), max_size=12), st.integers(1, 5), st.integers(1, 9))
def test_every_sequence_is_what_it_is_alone(lengths: list[int], num_slots: int, budget: int) -> None:
    inputs = list(enumerate(counting_down(length, budget) for length in lengths))
    seen: list[int] = []
    actual = dict(generate_batch(FakeSlotDecoder(num_slots), inputs, {EOS}, seen.append))
    assert sorted(actual) == list(range(len(lengths)))
    for key, length in enumerate(lengths):
        expected = tuple(range(length, 0, -1))[:budget]
        assert actual[key].token_ids == expected
        assert actual[key].finish_reason == ("length" if length >= budget else "eos")
        assert seen.count(key) == min(length + 1, budget)


def test_slots_are_refilled_at_once() -> None:
    slots = FakeSlotDecoder(2)
    inputs = enumerate(counting_down(length, 99) for length in (10, 2, 2, 2, 2))
    list(generate_batch(slots, inputs, {EOS}, lambda _: None))
    assert slots.steps == 10, "the short ones ran beside the long one"


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_batch_of_sixteen_gives_what_each_recording_gives_alone(
    precision: str, request: pytest.FixtureRequest
) -> None:
    bundle = shipped_bundle("mini") if precision == "int8" else request.getfixturevalue("mini_bundle")
    assert bundle is not None
    recognizer = Recognizer.load(bundle, threads=1)
    assert recognizer.bundle.manifest.precision == precision
    clips = sorted(CLIPS.glob("*.flac"))
    single = [recognizer.transcribe(clip) for clip in clips]
    batched = recognizer.transcribe_batch(clips, batch_size=16)
    assert [(t.text, t.language, t.num_tokens) for t in batched] == [
        (t.text, t.language, t.num_tokens) for t in single
    ]
    assert [t.avg_logprob for t in batched] == [pytest.approx(t.avg_logprob, abs=1e-4) for t in single]
    assert all(t.timing.prefill_ms > 0 and t.timing.rtf > 0 for t in batched if t.text)

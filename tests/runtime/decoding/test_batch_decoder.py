"""Steps of several sequences: how many at a time, and what is made again alone."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.bundle.specs import DimRange, EngineProfile, EngineRecord, TensorSpec
from edge_runtime.decoding.batch_decoder import BatchDecoder, max_slots
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from tests.support.fake_session import FakeSession
from tests.support.manifests import DECODER_COMPONENT, LIMITS, PROMPT, decoder_spec

RECORD = EngineRecord(
    builder="tensorrt-rtx",
    version="1.7.1.116",
    platform="linux-x86_64",
    compute_capabilities=("8.9",),
    gpu=None,
    driver=None,
    onnx={},
    profiles=tuple(
        EngineProfile(name=name, dims={"batch": DimRange(min=1, opt=1, max=max_batch)})
        for name, max_batch in (("prefill", 1), ("step", 4))
    ),
    flags=(),
    kv_capacity=96,
    recipe="rtx",
)


def test_an_engine_takes_as_many_as_its_widest_profile() -> None:
    engine = msgspec.structs.replace(DECODER_COMPONENT, engine=RECORD)
    assert [max_slots(engine, requested) for requested in (1, 3, 4, 8)] == [1, 3, 4, 4]


def test_a_graph_takes_as_many_as_are_requested() -> None:
    assert max_slots(DECODER_COMPONENT, 99) == 99


MARGIN = TensorSpec(name="margin", dtype="float32", shape=("batch",))
COMPONENT = msgspec.structs.replace(DECODER_COMPONENT, outputs=(*DECODER_COMPONENT.outputs, MARGIN))
SLOTS = 4


class Sums:
    """A graph whose next token is the sum of a sequence's ids, and off by one where it is in doubt.

    Attributes:
        uncertain: sequences of a call of several that are.
    """

    def __init__(self, doubted: set[int]) -> None:
        self.uncertain = doubted

    def __call__(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        ids, starts, keys = inputs["input_ids"], inputs["cache_len"], inputs["past_key_0"].copy()
        for keys_of_one, new, start in zip(keys, ids, starts, strict=True):
            keys_of_one[0, start : start + len(new), 0] = new
        ends = starts + ids.shape[1]
        tokens = [int(k[0, :end, 0].sum()) % 97 for k, end in zip(keys, ends, strict=True)]
        in_doubt = np.array([len(ids) > 1 and index in self.uncertain for index in range(len(ids))])
        return {
            "next_token": np.array(tokens, np.int64) + in_doubt,
            "logprob": -ends.astype(np.float32),
            "margin": np.where(in_doubt, 0.1, 3.0).astype(np.float32),
            "present_key_0": keys,
            "present_value_0": inputs["past_value_0"],
        }


def decoded(doubted: set[int], slots: list[int], num_steps: int) -> tuple[list[list[int]], list[int]]:
    """Decode some sequences; return the tokens of each, and the batch size of every call of a step."""
    session = FakeSession(COMPONENT, Sums(doubted))
    decoder = BatchDecoder(session, decoder_spec(), LIMITS, num_slots=SLOTS, capacity=256)
    embeds = np.ones((9, 4), np.float32)
    inputs = {slot: DecoderInput(build_prompt(PROMPT, slot + 1), embeds, num_steps) for slot in slots}
    texts = {slot: [decoder.prefill(slot, inputs[slot]).token_id] for slot in slots}
    num_prompts = len(session.feeds)
    for _ in range(num_steps):
        for slot, scored in decoder.step({slot: text[-1] for slot, text in texts.items()}).items():
            texts[slot].append(scored.token_id)
    return list(texts.values()), [len(feeds["input_ids"]) for feeds in session.feeds[num_prompts:]]


@pytest.mark.parametrize("doubted", [set(), {1}, {0, 2}, {0, 1, 2, 3}])
def test_tokens_are_those_of_each_sequence_alone(doubted: set[int]) -> None:
    texts, _ = decoded(doubted, [0, 1, 2, 3], 12)
    assert texts == [decoded(set(), [slot], 12)[0][0] for slot in range(SLOTS)]


def test_only_decisions_in_doubt_are_made_again() -> None:
    assert decoded(set(), [0, 1, 2, 3], 3)[1] == [4, 4, 4]
    assert decoded({2}, [0, 1, 2, 3], 3)[1] == [4, 1] * 3


def test_where_most_decisions_are_in_doubt_steps_are_made_alone_for_a_while() -> None:
    sizes = decoded({0, 1}, [0, 1, 2, 3], 25)[1]
    batched = [4, 1, 1]
    # Four steps of four sequences alone, then sixteen.
    assert sizes == batched + [1] * 16 + batched + [1] * 64 + batched + [1] * 8


def test_a_sequence_that_is_left_over_is_stepped_alone_whatever_its_slot() -> None:
    assert decoded(set(), [3], 2)[1] == [1, 1]
    assert decoded(set(), [0, 3], 2)[1] == [4, 4]

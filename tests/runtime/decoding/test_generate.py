"""When greedy decoding stops, and what it returns."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.decoding.generate import Generation, generate
from edge_runtime.decoding.loop_guard import Cycle, LoopGuard, TokenSyllables
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from tests.support.manifests import PROMPT
from tests.support.script import ScriptedDecoder

END, OTHER_END = 0, 4
EMBEDS = np.zeros((3, 4), np.float32)


def run(decoder: ScriptedDecoder, max_new_tokens: int, guard: LoopGuard | None = None) -> Generation:
    decoder_input = DecoderInput(build_prompt(PROMPT, len(EMBEDS)), EMBEDS, max_new_tokens)
    return generate(decoder, decoder_input, eos_ids=(END, OTHER_END), guard=guard)


def test_an_end_at_once_gives_an_empty_hypothesis() -> None:
    decoder = ScriptedDecoder([END])
    assert run(decoder, 5) == Generation((), (), "eos")
    assert decoder.stepped == []


def test_the_end_is_not_part_of_the_hypothesis() -> None:
    assert run(ScriptedDecoder([7, 8, OTHER_END]), 5) == Generation((7, 8), (0.0, -1.0), "eos")


def test_a_budget_that_runs_out_ends_the_text_as_such() -> None:
    decoder = ScriptedDecoder([7, 8, 9, 10])
    assert run(decoder, 3) == Generation((7, 8, 9), (0.0, -1.0, -2.0), "length")
    assert decoder.stepped == [7, 8], "no step beyond the budget"


def test_a_text_of_exactly_the_budget_is_not_known_to_have_ended() -> None:
    assert run(ScriptedDecoder([7, 8, END]), 2).finish_reason == "length"
    assert run(ScriptedDecoder([7, 8, END]), 3).finish_reason == "eos"


def test_the_decoder_is_given_prompt_audio_and_budget() -> None:
    decoder = ScriptedDecoder([END])
    run(decoder, 5)
    (actual,) = decoder.prefilled
    assert (len(actual.prompt), actual.audio_embeds is EMBEDS, actual.max_new_tokens) == (18, True, 5)
    assert actual.num_cache_rows == 23


@given(script=st.lists(st.integers(5, 99), max_size=30), budget=st.integers(1, 35), ahead=st.integers(1, 5))
def test_steps_done_ahead_change_nothing(script: list[int], budget: int, ahead: int) -> None:
    decoder = ScriptedDecoder([*script, END, *range(50, 60)], num_steps=ahead)
    assert run(decoder, budget) == run(ScriptedDecoder([*script, END]), budget)
    assert len(decoder.stepped) < budget, "no row beyond the budget"


@given(script=st.lists(st.integers(5, 99), max_size=30), budget=st.integers(1, 35))
def test_each_token_is_fed_back_and_none_is_lost(script: list[int], budget: int) -> None:
    decoder = ScriptedDecoder([*script, END])
    actual = run(decoder, budget)
    assert list(actual.token_ids) == script[:budget]
    assert len(actual.logprobs) == len(actual.token_ids)
    assert decoder.stepped == script[: budget - (len(script) >= budget)]
    assert actual.finish_reason == ("length" if len(script) >= budget else "eos")


@given(before=st.lists(st.integers(100, 999), max_size=9, unique=True), ahead=st.integers(1, 5))
def test_a_loop_ends_the_text_at_its_fourth_round_however_many_steps_are_done_ahead(
    before: list[int], ahead: int
) -> None:
    script = [*before, *list(range(10, 17)) * 20]
    guard = LoopGuard(TokenSyllables(lambda _: "la"), 1000.0)
    actual = run(ScriptedDecoder(script, num_steps=ahead), 120, guard)
    assert actual.token_ids == tuple(script[: len(before) + 28])
    assert (actual.finish_reason, actual.cycle, actual.stopped) == ("cycle", Cycle(len(before), 7), True)
    assert len(actual.logprobs) == len(actual.token_ids)


def test_a_text_that_ends_below_the_ceiling_is_what_it_is_without_a_guard() -> None:
    script = [7, 8, 9, *range(20, 33), END]
    guard = LoopGuard(TokenSyllables(lambda _: "la"), 0.0)
    assert run(ScriptedDecoder(script), 99, guard) == run(ScriptedDecoder(script), 99)
    guard = LoopGuard(TokenSyllables(lambda _: "la"), 0.0)
    assert run(ScriptedDecoder([7, *script]), 99, guard).finish_reason == "ceiling"

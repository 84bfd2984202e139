"""Stages and tokens, with a clock that the test winds."""

from __future__ import annotations

import numpy as np
import pytest

from edge_runtime.decoding.timing import TimedDecoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from edge_runtime.stopwatch import Stopwatch
from tests.support.manifests import PROMPT
from tests.support.script import ScriptedDecoder

DECODER_INPUT = DecoderInput(build_prompt(PROMPT, 1), np.zeros((1, 4), np.float32), 5)


class Clock:
    """Seconds that pass only in `tick`."""

    now = 100.0

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float = 0.25) -> None:
        self.now += seconds


def test_stages_are_measured_apart_in_milliseconds() -> None:
    clock = Clock()
    stopwatch = Stopwatch(clock)
    clock.tick(1)
    with stopwatch.stage("one"):
        clock.tick(2)
    with stopwatch.stage("two"):
        clock.tick(0.5)
    assert (stopwatch["one"], stopwatch["two"], stopwatch["never"]) == (2000, 500, 0)
    assert stopwatch.elapsed_ms() == 3500


def test_a_stopwatch_that_was_stopped_lets_no_more_time_pass() -> None:
    clock = Clock()
    stopwatch = Stopwatch(clock)
    clock.tick(2)
    stopwatch.stop()
    clock.tick(3)
    assert stopwatch.elapsed_ms() == 2000


def test_every_token_is_timed_from_the_start_of_the_stopwatch() -> None:
    clock = Clock()
    stopwatch = Stopwatch(clock)
    clock.tick(1)
    decoder = TimedDecoder(ScriptedDecoder([5, 6, 0], on_token=clock.tick), stopwatch)
    actual = decoder.prefill(DECODER_INPUT)
    assert (actual.token_id, decoder.step(5).token_id, decoder.step(6).token_id) == (5, 6, 0)
    assert decoder.token_ms == pytest.approx([1250, 1500, 1750])
    assert decoder.prefill_ms == pytest.approx(250)


def test_tokens_that_come_together_have_one_time() -> None:
    clock = Clock()
    decoder = TimedDecoder(ScriptedDecoder([5, 6, 7], on_token=clock.tick, num_steps=2), Stopwatch(clock))
    decoder.prefill(DECODER_INPUT)
    assert [scored.token_id for scored in decoder.multi_step(5, 4)] == [6, 7]
    assert decoder.token_ms == pytest.approx([250, 750, 750])

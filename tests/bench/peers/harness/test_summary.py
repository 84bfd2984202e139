"""Medians and ratios."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge_bench.peers.harness.summary import compare, summarize
from edge_bench.peers.peer import StageTimes
from tests.bench.support.peers import TIMES


def test_medians_are_of_each_stage_and_the_total_is_of_a_text_of_fixed_length() -> None:
    runs = [TIMES, replace(TIMES, encoder_ms=300.0), replace(TIMES, encoder_ms=120.0, step_ms=40.0)]
    row = summarize("peer", runs, num_tokens=11)
    assert (row.num_runs, row.encoder_ms, row.step_ms) == (3, 120.0, 20.0)
    assert row.total_ms == pytest.approx(10 + 120 + 50 + 10 * 20), "the first token is the prefill's"


def test_a_ratio_is_their_time_over_ours_and_is_missing_where_a_stage_is() -> None:
    ours = summarize("ours", [replace(TIMES, encoder_ms=25.0, step_ms=10.0)], 11)
    ratio = compare(ours, summarize("peer", [TIMES], 11))
    assert (ratio.encoder, ratio.prefill, ratio.step) == (4.0, 1.0, 2.0)
    assert ratio.total == pytest.approx(360 / 185)
    decoder = compare(ours, summarize("decoder", [StageTimes(prefill_ms=75.0, step_ms=5.0)], 11))
    assert (decoder.encoder, decoder.prefill, decoder.step, decoder.total) == (None, 1.5, 0.5, None)

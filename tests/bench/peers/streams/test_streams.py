"""Streams of other programs: their files, and the table."""

from __future__ import annotations

import pytest

from edge_bench.peers.streams.__main__ import OURS, run, table
from edge_bench.peers.streams.crispasr_names import tensor_name
from edge_bench.peers.streams.stream_cost import StreamCost, cost_of


def cost(processor_s: float) -> StreamCost:
    return StreamCost(processor_s=processor_s, num_tokens=7, num_chars=30)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("thinker.audio_tower.conv2d2.bias", "audio.conv.2.bias"),
        ("thinker.audio_tower.layers.17.self_attn.out_proj.weight", "audio.blk.17.attn_out.weight"),
        ("thinker.audio_tower.layers.0.final_layer_norm.bias", "audio.blk.0.ffn_norm.bias"),
        ("thinker.model.layers.3.mlp.down_proj.weight", "blk.3.ffn_down.weight"),
        ("thinker.model.norm.weight", "output_norm.weight"),
        ("thinker.lm_head.weight", "output.weight"),
    ],
)
def test_tensors_have_the_names_that_the_program_looks_for(name: str, expected: str) -> None:
    assert tensor_name(name) == expected


def test_a_program_that_ends_badly_is_named_with_its_last_words() -> None:
    outcome = run(["edge_bench.peers.streams.no_such_program"], 1)
    assert isinstance(outcome, str)
    assert outcome.startswith("its process ended with 1: ")
    assert "no_such_program" in outcome


def test_the_table_has_medians_and_how_many_times_ours_they_are() -> None:
    lines = table({OURS: [cost(9.0), cost(12.0), cost(30.0)], "other": [cost(60.0)], "dead": []}, 60.0)
    assert lines[2:] == [
        "| edge-asr | 12.0 | 0.20 | 1.00 | 7 | 30 | 3 |",
        "| other | 60.0 | 1.00 | 5.00 | 7 | 30 | 1 |",
        "| dead | - | - | - | - | - | 0 |",
    ]
    assert cost_of(cost(1.5).to_json()) == cost(1.5)

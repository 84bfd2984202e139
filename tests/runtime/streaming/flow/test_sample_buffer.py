"""A buffer holds what is needed, and its memory does not grow with the stream."""

from __future__ import annotations

import numpy as np

from edge_runtime.streaming.flow.sample_buffer import SampleBuffer
from edge_runtime.streaming.hop import Hop


def test_samples_are_found_by_their_place_whatever_was_dropped() -> None:
    buffer, whole = SampleBuffer(), np.arange(400_000, dtype=np.float32)
    for start in range(0, len(whole), 7001):
        buffer.append(whole[start : start + 7001])
        keep = max(0, buffer.end - 60_000)
        buffer.drop(keep)
        assert buffer.start <= keep
        assert np.array_equal(buffer.read(keep, buffer.end), whole[keep : buffer.end])
    assert buffer.end == len(whole)
    assert len(whole) - buffer.start < 140_000


def test_a_hop_that_is_chosen_becomes_longer_where_steps_are_slow() -> None:
    hop = Hop(None)
    hops = []
    for step_s in (0.1, 0.6, 0.4, 0.3):
        hop.took(step_s)
        hops.append(hop.samples)
    assert hops == [8_000, 16_000, 16_000, 8_000]
    fixed = Hop(0.25)
    fixed.took(9.0)
    assert fixed.samples == 4_000

"""The splitter of qwen-asr, against a reading of its definition that holds the whole recording."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from edge_runtime.arrays import Waveform
from edge_runtime.vad.low_energy import LowEnergySplitter

RATE = 16_000


def noise(seconds: float, seed: int = 0) -> Waveform:
    generator = np.random.default_rng(seed)
    return (0.1 * generator.standard_normal(round(seconds * RATE))).astype(np.float32)


def split(samples: Waveform, max_s: float, block: int = 7919) -> list[int]:
    """Return the edges of the segments, in samples."""
    splitter = LowEnergySplitter(RATE, max_s)
    for start in range(0, len(samples), block):
        splitter.feed(samples[start : start + block])
    spans = splitter.finish()
    assert all(left.end == right.start for left, right in pairwise(spans))
    return [round(spans[0].start * RATE), *(round(span.end * RATE) for span in spans)]


def defined(samples: Waveform, max_s: float) -> list[int]:
    """Return the edges as the definition has them, by running sums; multiples of 1/4096 have exact ones."""
    levels = np.abs(samples * 4096).astype(np.int64)
    edges = [0]
    while len(samples) - edges[-1] > max_s * RATE:
        limit = edges[-1] + round(max_s * RATE)
        first, end = limit - 5 * RATE, min(len(samples), limit + 5 * RATE)
        sums = np.concatenate([[0], np.cumsum(levels[first:end])])
        windows = sums[1600:] - sums[:-1600]
        quiet = first + int(np.flatnonzero(windows == windows.min())[0])
        inside = levels[quiet : quiet + 1600]
        edges.append(quiet + int(np.flatnonzero(inside == inside.min())[0]))
    return [*edges, len(samples)]


@pytest.mark.parametrize("block", [160, 160_000, 65_536])
def test_a_cut_is_the_smallest_sample_of_the_quietest_tenth_of_a_second(block: int) -> None:
    samples = noise(41)
    max_s = 30.0
    at = round((max_s + 2) * RATE)
    samples[at : at + 1600] = 1e-4
    samples[at + 700] = 1e-5
    samples[at - 6 * RATE :][:800] = 0.0  # too short a silence
    assert split(samples, max_s, block) == [0, at + 700, len(samples)]


def test_silence_is_cut_five_seconds_early_and_a_segment_may_be_five_seconds_longer() -> None:
    assert split(np.zeros(70 * RATE, np.float32), 30.0) == [0, 25 * RATE, 50 * RATE, 70 * RATE]
    samples = noise(40)
    samples[35 * RATE - 1600 : 35 * RATE] = 0
    samples[35 * RATE - 1600 : 35 * RATE - 1] = 1e-6
    assert split(samples, 30.0) == [0, 35 * RATE - 1, 40 * RATE]


@pytest.mark.parametrize("seconds", [0.2, 29.9, 30.0])
def test_what_is_not_longer_than_the_limit_is_whole(seconds: float) -> None:
    samples = noise(seconds)
    assert split(samples, 30.0) == [0, len(samples)]


@pytest.mark.parametrize("seed", range(6))
def test_all_cuts_of_a_recording_are_those_of_the_definition(seed: int) -> None:
    generator = np.random.default_rng(seed)
    swell = np.repeat(generator.uniform(0.001, 1, 1000), 1600)[: int(generator.integers(40, 100)) * RATE]
    samples = (np.round(swell * noise(len(swell) / RATE, seed) * 4096) / 4096).astype(np.float32)
    max_s = float(generator.choice([10, 12.5, 20]))
    edges = split(samples, max_s)
    assert edges == defined(samples, max_s)
    assert len(edges) > len(samples) / RATE / (max_s + 5)

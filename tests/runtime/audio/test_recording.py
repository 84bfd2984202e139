"""A recording that is read twice gives the very samples of the recording in memory."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.arrays import Waveform
from edge_runtime.audio.load import load_audio
from edge_runtime.audio.options import LoadOptions
from edge_runtime.audio.recording import cut_blocks, spool_stream
from edge_runtime.audio.source import open_source
from edge_runtime.errors import AudioError

RATE = 16_000
RANGES = [(0, 100), (50, 20_000), (20_000, 20_001), (90_000, 111_000), (100_000, 10_000_000)]


class Collector:
    """Keeps the blocks of a recording."""

    def __init__(self) -> None:
        self.blocks: list[Waveform] = []

    def add(self, block: Waveform) -> None:
        self.blocks.append(block)


@pytest.fixture(params=[("wav", "FLOAT", 44_100, 2), ("flac", "PCM_16", 16_000, 1), ("mp3", None, 48_000, 2)])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    suffix, subtype, rate, channels = request.param
    samples = np.random.default_rng(3).standard_normal((7 * rate + 123, channels)).astype(np.float32)
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, samples if suffix == "wav" else 0.2 * samples, rate, subtype=subtype)
    return path


def test_both_passes_give_the_samples_of_the_whole(path: Path) -> None:
    expected = load_audio(path, RATE, 60)
    with open_source(path, None, RATE) as recording:
        listener, facts = recording.scan(Collector)
        stretches = list(recording.stretches(facts, RANGES))
    assert facts.num_samples == len(expected.waveform) == sum(map(len, listener.blocks))
    assert (facts.source_rate, facts.sha256) == (expected.source_rate, expected.sha256)
    for (first, end), stretch in zip(RANGES, stretches, strict=True):
        np.testing.assert_array_equal(stretch, expected.waveform[first:end])


def test_a_stream_can_be_read_again_for_as_long_as_it_is_kept(path: Path) -> None:
    expected = load_audio(path, RATE, 60)
    spooled = spool_stream(io.BytesIO(path.read_bytes()), LoadOptions(), "-")
    for _ in range(2):
        with open_source(spooled, None, RATE) as recording:
            _, facts = recording.scan(Collector)
            (whole,) = recording.stretches(facts, [(0, facts.num_samples)])
        np.testing.assert_array_equal(whole, expected.waveform)
    assert facts.source == "-"


def test_samples_in_memory_are_read_in_the_same_way() -> None:
    samples = np.linspace(-3, 3, 200_000, dtype=np.float32)
    with open_source(samples, RATE, RATE) as recording:
        listener, facts = recording.scan(Collector)
        (stretch,) = recording.stretches(facts, [(10, 20)])
    np.testing.assert_array_equal(np.concatenate(listener.blocks)[10:20], stretch)
    assert np.abs(np.concatenate(listener.blocks)).max() == 1.0


def test_what_is_no_recording_is_refused_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_text("no recording")
    with open_source(path, None, RATE) as recording, pytest.raises(AudioError, match="it is text"):
        recording.scan(Collector)


@given(
    sizes=st.lists(st.integers(0, 50), max_size=12),
    edges=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=8),
)
def test_any_stretches_of_any_blocks_are_slices_of_the_whole(
    sizes: list[int], edges: list[tuple[int, int]]
) -> None:
    whole = np.arange(sum(sizes), dtype=np.float32)
    ends = np.cumsum([0, *sizes])
    blocks = (whole[start:end] for start, end in pairwise(ends))
    ranges = [(start, start + length) for start, length in sorted(edges)]
    for (first, end), stretch in zip(ranges, cut_blocks(blocks, ranges), strict=True):
        np.testing.assert_array_equal(stretch, whole[first:end])

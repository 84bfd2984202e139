"""Decoding a block at a time gives the very samples of decoding the whole at once."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.arrays import Array, Waveform
from edge_runtime.audio.load import load_audio
from edge_runtime.audio.mixdown import Mixdown
from edge_runtime.audio.waveform import divide_peak
from edge_runtime.errors import AudioError, AudioTooLongError

RATE = 16_000
FORMS = [
    *(("wav", "PCM_16"), ("wav", "FLOAT"), ("flac", "PCM_24"), ("ogg", "VORBIS"), ("ogg", "OPUS")),
    *(("mp3", "MPEG_LAYER_III"), ("wav", "IMA_ADPCM"), ("aiff", "PCM_16"), ("caf", "ALAC_16")),
]


def noise(num_samples: int, num_channels: int, scale: float = 0.3) -> Array:
    generator = np.random.default_rng(num_samples)
    return (scale * generator.standard_normal((num_samples, num_channels))).astype(np.float32)


def reference(samples: Array, rate: int) -> Waveform:
    """The chain of `qwen_asr`, with all samples in memory."""
    mono = samples.mean(axis=1, dtype=np.float32)
    if rate != RATE:
        mono = soxr.resample(mono, rate, RATE, quality="HQ").astype(np.float32)
    peak = float(np.abs(mono).max())
    return np.clip(mono / np.float32(peak), -1.0, 1.0) if peak > 1 else mono


@pytest.mark.parametrize(("suffix", "subtype"), FORMS)
@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2), (48_000, 1), (8000, 2)])
def test_a_file_gives_the_samples_of_the_reference(
    tmp_path: Path, suffix: str, subtype: str, rate: int, channels: int
) -> None:
    if (subtype, rate) == ("OPUS", 44_100):
        pytest.skip("Opus has no such rate")
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, np.clip(noise(7 * rate + 123, channels), -1, 1), rate, subtype=subtype)
    with soundfile.SoundFile(path) as file:
        expected = reference(file.read(dtype="float32", always_2d=True), rate)
    np.testing.assert_array_equal(load_audio(path, RATE, 60).waveform, expected)


@given(
    sizes=st.lists(st.integers(0, 5000), min_size=1, max_size=8),
    rate=st.sampled_from([8000, 11_025, 16_000, 44_100, 48_000, 192_000]),
    channels=st.integers(1, 9),
    scale=st.sampled_from([0.1, 1.0, 100.0]),
)
def test_blocks_of_any_size_give_the_samples_of_one(
    sizes: list[int], rate: int, channels: int, scale: float
) -> None:
    samples = noise(max(200, sum(sizes)), channels, scale)
    mixdown = Mixdown("x", RATE, 60, None)
    mixdown.begin(rate, channels)
    for block in np.split(samples, np.cumsum(sizes)):
        mixdown.add(block)
    np.testing.assert_array_equal(mixdown.finish(), reference(samples, rate))


def test_links_of_other_rates_follow_each_other() -> None:
    first, second = noise(44_100, 2, 0.1), noise(8000, 1, 0.1)
    mixdown = Mixdown("x", RATE, 60, None)
    mixdown.begin(44_100, 2)
    mixdown.add(first)
    mixdown.begin(8000, 1)
    mixdown.add(second)
    assert mixdown.duration_s == 2.0
    expected = np.concatenate([reference(first, 44_100), reference(second, 8000)])
    np.testing.assert_array_equal(mixdown.finish(), expected)


def test_a_small_file_of_much_silence_takes_little_more_than_its_waveform(tmp_path: Path) -> None:
    path = tmp_path / "bomb.flac"
    with soundfile.SoundFile(path, "w", 48_000, 8, "PCM_16") as file:
        for _ in range(60):
            file.write(np.zeros((48_000, 8), np.int16))
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        waveform = load_audio(path, RATE, 60).waveform
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert waveform.size == 60 * RATE
    assert peak < 3 * waveform.nbytes + (4 << 20), "at its own rate and channels it is 92 MB"


@pytest.mark.parametrize("declared", [2**36 - 1, 2**35, 1100 * RATE])
def test_a_length_that_is_a_lie_costs_nothing(tmp_path: Path, declared: int) -> None:
    path = tmp_path / "lie.flac"
    soundfile.write(path, noise(RATE, 1), RATE)
    data = bytearray(path.read_bytes())
    data[21] = data[21] & 0xF0 | declared >> 32
    data[22:26] = (declared & 0xFFFF_FFFF).to_bytes(4, "big")
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(AudioError, match=r"damaged: it holds \d+ of the|s of audio, the bundle takes"):
            load_audio(path, RATE, 1200)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_nothing_is_kept_beyond_the_longest_length() -> None:
    mixdown = Mixdown("x.flac", RATE, 1.0, None)
    mixdown.begin(RATE, 1)
    mixdown.add(np.zeros((RATE, 1), np.float32))
    with pytest.raises(AudioTooLongError, match=r"^x\.flac: more than 1\.0 s of audio"):
        mixdown.add(np.zeros((1, 1), np.float32))


def test_samples_that_are_no_numbers_are_counted_over_all_blocks() -> None:
    mixdown = Mixdown("x", RATE, 60, None)
    mixdown.begin(44_100, 1)
    block = noise(1000, 1)
    mixdown.add(block)
    block[[3, 7]] = np.nan
    mixdown.add(block)
    mixdown.add(block)
    with pytest.raises(AudioError, match=r"x: 4 of 3000 samples .*the first is sample 1003\)"):
        mixdown.finish()


def test_blocks_that_are_taken_at_once_are_those_of_the_whole() -> None:
    samples = noise(5000, 2, 1.0)
    mixdown = Mixdown("x", RATE, 60, None)
    mixdown.begin(44_100, 2)
    blocks: list[Waveform] = []
    for block in np.split(samples, 7 * [0] + [900, 1000, 4000]):
        mixdown.add(block)
        blocks += mixdown.take()
    mixdown.close()
    blocks += mixdown.take()
    expected = reference(samples, 44_100)
    np.testing.assert_array_equal(divide_peak(np.concatenate(blocks), mixdown.peak), expected)


@pytest.mark.parametrize(("num_spikes", "reported"), [(3, True), (16, True), (17, False), (5000, False)])
def test_a_few_samples_far_above_the_others_are_reported(num_spikes: int, reported: bool) -> None:  # noqa: FBT001
    samples = noise(RATE, 1, 0.3)
    samples[:num_spikes] = 30.0
    mixdown = Mixdown("x", RATE, 60, None)
    mixdown.begin(RATE, 1)
    for block in np.split(samples, 16):
        mixdown.add(block)
    mixdown.close()
    assert ("level_spike" in [notice.code for notice in mixdown.notices()]) == reported

"""Silero's probabilities: of the graph, of real speech, and however the samples are cut up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_runtime.arrays import Waveform
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.errors import BundleError
from edge_runtime.opened_file import open_file
from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.silero import SileroVad
from edge_runtime.vad.silero_network import SileroNetwork, SileroState
from edge_runtime.vad.timestamps import speech_timestamps
from tests.support.silero import silero_graph, silero_network, silero_vad

RATE = 16_000
SPEECH = soundfile.read("tests/speech/jfk.flac", dtype="float32")[0]
SHORT = SPEECH[: 3 * RATE + 100]


def frames_of(waveform: Waveform) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    padded = np.concatenate([np.zeros(64, np.float32), waveform])
    return np.stack([padded[at : at + 576] for at in range(0, len(waveform) - 511, 512)])


def test_probabilities_and_state_are_those_of_onnx_runtime() -> None:
    ort = pytest.importorskip("onnxruntime")
    frames = frames_of(SPEECH)
    session = ort.InferenceSession(str(silero_graph()), providers=["CPUExecutionProvider"])
    zero = np.zeros((1, 1, 128), np.float32)
    expected, hidden, _ = session.run(None, {"input": frames, "h": zero, "c": zero})
    actual, state = silero_network().run(frames, SileroState.zero())
    assert np.abs(actual - expected).max() < 1e-4
    assert np.abs(state.hidden - hidden.reshape(-1)).max() < 1e-4
    assert expected.min() < 0.1
    assert expected.max() > 0.9


def test_a_block_of_frames_gives_the_bits_of_frames_one_by_one() -> None:
    frames, state = frames_of(SHORT), SileroState.zero()
    together, last = silero_network().run(frames, state)
    for frame, expected in zip(frames, together, strict=True):
        alone, state = silero_network().run(frame[None], state)
        assert alone[0] == expected
    assert all(np.array_equal(one, other) for one, other in zip(state, last, strict=True))


def test_a_stream_that_was_asked_goes_on_as_if_it_had_not_been() -> None:
    stream = silero_vad().stream()
    for start in range(0, len(SHORT), 16_000):
        stream.feed(SHORT[start : start + 16_000])
        expected = silero_vad().probabilities(SHORT[: start + 16_000])
        assert np.array_equal(stream.finish(), expected)


@settings(max_examples=10)
@given(st.lists(st.integers(0, len(SHORT)), max_size=12))
def test_probabilities_do_not_depend_on_how_the_samples_are_cut_up(cuts: list[int]) -> None:
    stream = silero_vad().stream()
    for piece in np.split(SHORT, sorted(cuts)):
        stream.feed(piece)
    detected = stream.finish()
    assert detected.dtype == np.float16
    assert len(detected) == -(-len(SHORT) // 512)
    assert np.array_equal(detected, silero_vad().probabilities(SHORT))


def test_quiet_speech_behind_loud_sound_is_found() -> None:
    pause = np.zeros(RATE, np.float32)
    samples = np.concatenate([0.9 * SPEECH / np.abs(SPEECH).max(), pause, 0.03 * SPEECH])
    spans = speech_timestamps(silero_vad().probabilities(samples), len(samples), VadOptions())
    quiet_s = (len(SPEECH) + len(pause)) / RATE
    alone = speech_timestamps(silero_vad().probabilities(SPEECH), len(SPEECH), VadOptions())
    detected = [span for span in spans if span.end > quiet_s]
    assert abs(detected[0].start - quiet_s - alone[0].start) < 0.1


@pytest.mark.parametrize("level", [0.0, 1e-4, 0.1])
def test_noise_and_silence_are_no_speech(level: float) -> None:
    noise = (level * np.random.default_rng(5).standard_normal(10 * RATE)).astype(np.float32)
    assert silero_vad().probabilities(noise).max() < 0.5


def test_no_samples_have_no_probabilities() -> None:
    assert silero_vad().probabilities(np.zeros(0, np.float32)).shape == (0,)


def test_a_bundle_without_a_detector_has_none(tiny_bundle: Path) -> None:
    assert SileroVad.of(open_bundle(tiny_bundle)) is None


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x3a\x02\x2a\x00"])
def test_another_file_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vad.onnx"
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"vad\.onnx: not silero's VAD"):
        SileroNetwork.read(open_file(path))

"""Frames are judged by what came before them: by silero's network, or by energy where a bundle has none."""

from __future__ import annotations

import numpy as np
import soundfile

from edge_runtime.arrays import Waveform
from edge_runtime.streaming.endpoints.detector import Detector, EnergyDetector, open_detector
from edge_runtime.vad.level import MAX_GAIN, TARGET_PEAK, LevelNormalizer
from tests.conftest import ROOT
from tests.support.silero import silero_vad

RATE, FRAME = 16_000, 512
CLIPS = sorted((ROOT / "tests" / "clips").glob("en*.flac"))[:8]


def judged(detector: Detector, samples: Waveform) -> np.ndarray:
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return np.array([detector.probability(frame) for frame in frames])


def loud_and_quiet() -> Waveform:
    """Return clips with a second of faint noise between them, every other one 26 dB below the others."""
    rng, pieces = np.random.default_rng(4), []
    for index, path in enumerate(CLIPS):
        clip = soundfile.read(path, dtype="float32")[0]
        pieces += [clip / np.abs(clip).max() * (0.8, 0.04)[index % 2], rng.normal(size=RATE) * 2e-4]
    return np.concatenate(pieces).astype(np.float32)


def test_the_live_detector_hears_quiet_speech_behind_loud_as_one_that_knows_what_comes() -> None:
    samples, vad = loud_and_quiet(), silero_vad()
    known = vad.probabilities(samples)[: len(samples) // FRAME] >= 0.5
    live = judged(open_detector(vad), samples) >= 0.5
    assert np.mean(known & ~live) < 0.01 * known.mean()
    assert np.mean(~known & live) < 0.1 * (~known).mean()


def test_a_live_level_is_of_the_second_before_and_a_frame_comes_out_at_once() -> None:
    quiet = np.full((100, FRAME), 0.03, np.float32)
    quiet[40] = 0.9
    normalizer = LevelNormalizer(live=True)
    scaled = np.concatenate([normalizer.feed(frame) for frame in quiet])[:, 0] / quiet[:, 0]
    assert np.allclose(scaled[:40], TARGET_PEAK / 0.03)
    assert np.allclose(scaled[40:72], TARGET_PEAK / 0.9)
    assert np.allclose(scaled[72:], TARGET_PEAK / 0.03)
    assert LevelNormalizer(live=True).feed(np.full(FRAME, 1e-5, np.float32))[0, 0] == np.float32(
        MAX_GAIN
    ) * np.float32(1e-5)


def test_energy_tells_sound_from_silence_and_claims_none_in_steady_noise() -> None:
    rng = np.random.default_rng(1)
    sound = (rng.normal(size=RATE) * 0.1).astype(np.float32)
    faint = (rng.normal(size=3 * RATE) * 1e-4).astype(np.float32)
    assert not judged(EnergyDetector(), np.zeros(RATE, np.float32)).any()
    loud = judged(open_detector(None), np.concatenate([faint, sound, faint]))
    assert loud[99:125].all(), "a fifth of a second is no click"
    assert not loud[126:].any()
    assert judged(EnergyDetector(), sound).all()

"""Features and encoder, one after the other."""

from __future__ import annotations

import numpy as np

from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.encoder import Encoder
from edge_runtime.model.fbank import Fbank
from edge_runtime.stopwatch import Stopwatch
from tests.runtime.model.test_encoder import first_frames
from tests.support.fake_session import FakeSession
from tests.support.manifests import ENCODER, ENCODER_COMPONENT, FEATURES, make_manifest
from tests.support.tiny_bundle import tone

WAVEFORM = tone(16_000)


def encoder_session() -> FakeSession:
    return FakeSession(ENCODER_COMPONENT, first_frames)


def test_a_waveform_is_encoded_as_its_features_are() -> None:
    log_mel = Fbank(FEATURES)(WAVEFORM)
    expected = Encoder(encoder_session(), ENCODER, 2).encode(log_mel)
    audio_encoder = AudioEncoder(encoder_session(), FEATURES, ENCODER, 2)
    np.testing.assert_array_equal(audio_encoder.features(WAVEFORM), log_mel)
    np.testing.assert_array_equal(audio_encoder.embed(log_mel), expected)
    np.testing.assert_array_equal(audio_encoder.encode(WAVEFORM), expected)


def test_a_manifest_says_all_but_the_graph() -> None:
    session = encoder_session()
    embeds = AudioEncoder.of(make_manifest(), session).encode(tone(20 * 16_000))
    assert embeds.shape == (260, 4)
    assert [len(feeds["mel_windows"]) for feeds in session.feeds] == [2, 1]


def test_features_and_encoder_are_measured_apart() -> None:
    readings = iter(range(10))
    stopwatch = Stopwatch(lambda: next(readings) ** 2)
    AudioEncoder(encoder_session(), FEATURES, ENCODER, 2).encode(WAVEFORM, stopwatch)
    assert (stopwatch["frontend"], stopwatch["encoder"]) == (3000, 7000)

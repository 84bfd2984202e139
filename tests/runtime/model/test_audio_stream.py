"""What a growing recording encodes anew, and what it keeps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from edge_runtime.arrays import Array, AudioEmbeds
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.stopwatch import Stopwatch
from tests.support.fake_session import FakeSession
from tests.support.manifests import ENCODER, ENCODER_COMPONENT, FEATURES

RATE = 16_000
WINDOW = 8 * RATE


def sums(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    """Stand for an encoder: a token of a window depends on all of its frames."""
    windows = inputs["mel_windows"]
    total = windows.sum(axis=(1, 2), keepdims=True)
    shape = (*inputs["key_mask"].shape, ENCODER.output_size)
    return {"audio_embeddings": np.broadcast_to(total, shape).astype(np.float32)}


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(ENCODER_COMPONENT, sums)


@pytest.fixture
def encoder(session: FakeSession) -> AudioEncoder:
    return AudioEncoder(session, FEATURES, ENCODER, batch=2)


def hum(num_samples: int, level: float = 0.1) -> Array:
    noise = np.random.default_rng(3).uniform(-level, level, num_samples)
    noise[::7000] = 0.0
    return noise.astype(np.float32)


def grow(encoder: AudioEncoder, *chunks: Array) -> list[tuple[AudioEmbeds, int]]:
    stream, results = encoder.stream(), []
    for end, chunk in enumerate(chunks, 1):
        stream.push(chunk)
        embeds, num_kept = stream.encode(Stopwatch())
        np.testing.assert_array_equal(embeds, encoder.encode(np.concatenate(chunks[:end])))
        results.append((embeds, num_kept))
    return results


def test_a_finished_window_is_encoded_once_and_the_open_one_each_time(
    encoder: AudioEncoder, session: FakeSession
) -> None:
    stream = encoder.stream()
    stream.push(hum(WINDOW + RATE))
    stream.encode(Stopwatch())
    session.feeds.clear()
    stream.push(np.zeros(RATE, np.float32))
    _, num_kept = stream.encode(Stopwatch())
    assert num_kept == 104
    assert [feeds["mel_windows"].shape for feeds in session.feeds] == [(1, 128, 200)]
    assert stream.num_encoded_frames == 900 + 200


def test_kept_embeddings_are_those_of_the_call_before(encoder: AudioEncoder) -> None:
    (before, _), (after, num_kept) = grow(encoder, hum(2 * WINDOW + 8000), hum(3000))
    assert num_kept == 208
    np.testing.assert_array_equal(before[:208], after[:208])


def test_a_window_is_encoded_again_once_the_floor_has_risen(encoder: AudioEncoder) -> None:
    quiet = np.concatenate([hum(WINDOW - 16_000), np.zeros(24_000, np.float32)])
    _, (_, num_kept), (_, num_again) = grow(encoder, quiet, hum(4000, 0.9), np.zeros(99, np.float32))
    assert (num_kept, num_again) == (0, 104)


def test_an_end_between_two_windows_encodes_nothing_new(encoder: AudioEncoder) -> None:
    results = grow(encoder, hum(WINDOW + 50), np.zeros(30, np.float32))
    assert [num_kept for _, num_kept in results] == [0, 104]

"""OpenAI's realtime client, as it comes from PyPI."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from tests.support.server import Server

openai = pytest.importorskip("openai")

# The client opens a connection in a way that websockets 17 will drop.
pytestmark = pytest.mark.filterwarnings("ignore:connect\\(\\) must be used:DeprecationWarning")

CLIPS = Path(__file__).parents[2] / "clips"
TEXT = "Call the doctor at two thirty two."
PREFIX = "conversation.item.input_audio_transcription"


@pytest.fixture
def connection(mini_server: Server) -> Iterator[Any]:
    with (
        openai.OpenAI(base_url=f"{mini_server.url}/v1", api_key="any") as client,
        client.realtime.connect(extra_query={"intent": "transcription"}) as connection,
    ):
        assert connection.recv().type == "session.created"
        yield connection


def clip(name: str, rate: int, silence_s: float = 0.0) -> np.ndarray:
    samples, source_rate = soundfile.read(CLIPS / f"{name}.flac", dtype="float32")
    padded = np.concatenate([samples, np.zeros(round(silence_s * source_rate), np.float32)])
    return soxr.resample(padded, source_rate, rate)


def pcm(samples: np.ndarray) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def mu_law(samples: np.ndarray) -> bytes:
    """Encode as G.711 does: the logarithm of a magnitude, in segments."""
    values = (np.clip(samples, -1, 1) * 32635).astype(np.int32)
    magnitudes = np.minimum(np.abs(values), 32635) + 132
    exponents = np.floor(np.log2(magnitudes)).astype(np.int32) - 7
    mantissas = (magnitudes >> (exponents + 3)) & 15
    return (~(np.where(values < 0, 128, 0) | (exponents << 4) | mantissas)).astype(np.uint8).tobytes()


def a_law(samples: np.ndarray) -> bytes:
    values = (np.clip(samples, -1, 1) * 32635).astype(np.int32)
    magnitudes = np.abs(values)
    exponents = np.maximum(np.floor(np.log2(np.maximum(magnitudes, 1))).astype(np.int32) - 7, 0)
    mantissas = (magnitudes >> np.maximum(exponents + 3, 4)) & 15
    codes = np.where(values >= 0, 128, 0) | (exponents << 4) | mantissas
    return (codes ^ 0x55).astype(np.uint8).tobytes()


def update(connection: Any, **given: Any) -> Any:
    connection.session.update(session={"type": "transcription", "audio": {"input": given}})
    return connection.recv()


def append(connection: Any, data: bytes) -> None:
    for start in range(0, len(data), 16_000):
        connection.input_audio_buffer.append(audio=base64.b64encode(data[start : start + 16_000]).decode())


def until_completed(connection: Any) -> list[Any]:
    events = []
    while not events or events[-1].type != f"{PREFIX}.completed":
        events.append(connection.recv())
    return events


def test_the_detector_ends_turns(connection: Any) -> None:
    append(connection, pcm(clip("en-00001", 24_000, silence_s=1.0)))
    events = until_completed(connection)
    kinds = [event.type for event in events if event.type != f"{PREFIX}.delta"]
    buffer = "input_audio_buffer"
    order = [f"{buffer}.speech_started", f"{buffer}.speech_stopped", f"{buffer}.committed"]
    assert kinds == [*order, f"{PREFIX}.completed"]
    assert len({event.item_id for event in events}) == 1
    assert events[0].audio_start_ms < 500
    completed = events[-1]
    assert (completed.transcript, completed.languages[0].code) == (TEXT, "en")
    assert completed.usage.type == "duration"
    deltas = [event.delta for event in events if event.type == f"{PREFIX}.delta"]
    assert "".join(deltas) == TEXT


@pytest.mark.parametrize(
    ("given", "rate", "encode"),
    [
        ({"type": "audio/pcm", "rate": 16_000}, 16_000, pcm),
        ({"type": "audio/pcm", "rate": 8_000}, 8_000, pcm),
        ({"type": "audio/pcmu"}, 8_000, mu_law),
        ({"type": "audio/pcma"}, 8_000, a_law),
    ],
)
def test_commits_end_turns_where_the_client_wants_it(
    connection: Any, given: dict[str, Any], rate: int, encode: Any
) -> None:
    updated = update(connection, format=given, turn_detection=None)
    assert updated.type == "session.updated"
    assert updated.session.audio.input.turn_detection is None
    texts = []
    for name in ("en-00001", "en-00000"):
        append(connection, encode(clip(name, rate)))
        connection.input_audio_buffer.commit()
        events = until_completed(connection)
        (committed,) = (event for event in events if event.type == "input_audio_buffer.committed")
        assert events[-1].item_id == committed.item_id
        texts.append(events[-1].transcript)
    assert [text.split()[0] for text in texts] == ["Call", "Add"]
    assert committed.previous_item_id is not None


def test_what_was_cleared_is_not_transcribed(connection: Any) -> None:
    update(connection, turn_detection=None, format={"type": "audio/pcm", "rate": 16_000})
    append(connection, pcm(clip("en-00000", 16_000)))
    connection.input_audio_buffer.clear()
    append(connection, pcm(clip("en-00001", 16_000)))
    connection.input_audio_buffer.commit()
    assert until_completed(connection)[-1].transcript == TEXT


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"format": {"type": "audio/pcm", "rate": 44_100}}, "session.audio.input.format.rate"),
        ({"turn_detection": {"type": "semantic_vad"}}, "session.audio.input.turn_detection.type"),
        ({"turn_detection": {"threshold": 2}}, "session.audio.input.turn_detection.threshold"),
        ({"noise_reduction": {"type": "near_field"}}, "session.audio.input.noise_reduction"),
        ({"transcription": {"language": "xx"}}, "session.audio.input.transcription.language"),
        ({"transcription": {"model": "llama-3"}}, "model"),
        ({"transcription": {"delay": "low"}}, None),
    ],
)
def test_what_a_session_cannot_be_is_refused_and_the_session_goes_on(
    connection: Any, given: dict[str, Any], param: str | None
) -> None:
    refused = update(connection, **given)
    assert (refused.type, refused.error.param) == ("error", param)
    assert update(connection, transcription={"language": "en"}).type == "session.updated"


def test_events_that_mean_nothing_are_refused_and_the_session_goes_on(connection: Any) -> None:
    connection.input_audio_buffer.commit()
    assert connection.recv().error.code == "input_audio_buffer_commit_empty"
    connection.input_audio_buffer.append(audio="no base64!")
    assert connection.recv().error.param == "audio"
    connection.response.create()
    assert connection.recv().error.param == "type"
    connection.send_raw("nonsense")
    assert "no event" in connection.recv().error.message


@pytest.mark.parametrize("query", [{}, {"intent": "conversation"}, {"intent": "transcription", "speed": "2"}])
def test_other_sessions_are_refused(mini_server: Server, query: dict[str, str]) -> None:
    with (
        openai.OpenAI(base_url=f"{mini_server.url}/v1", api_key="any") as client,
        client.realtime.connect(extra_query=query) as connection,
    ):
        assert connection.recv().error.param in ("intent", "speed")

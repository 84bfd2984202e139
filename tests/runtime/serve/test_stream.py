"""`WS /stream`: samples in, events out."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any

import jsonschema
import numpy as np
import pytest
import soundfile

from edge_runtime.recognition.recognizer import Recognizer
from tests.support.server import Server, until
from tests.support.tiny_bundle import tone

exceptions = pytest.importorskip("websockets.exceptions")
client_module = pytest.importorskip("websockets.sync.client")

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "engines" / "stream.schema.json").read_text())
CLIP = ROOT / "tests" / "clips" / "en-00001.flac"


def opened(server: Server, query: str = "", **options: Any) -> Any:
    return client_module.connect(f"{server.url.replace('http', 'ws')}/stream{query}", **options)


def pcm(samples: np.ndarray) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def rest_of(client: Any) -> list[dict[str, Any]]:
    """Return the events up to the end of the connection."""
    events = []
    with suppress(exceptions.ConnectionClosed):
        while True:
            events.append(json.loads(client.recv(30)))
    return events


def test_the_events_are_those_of_a_stream_and_the_final_is_the_offline_text(mini_server: Server) -> None:
    samples, rate = soundfile.read(CLIP, dtype="float32")
    data = pcm(np.concatenate([samples, np.zeros(rate, np.float32)]))
    with opened(mini_server) as client:
        assert json.loads(client.recv()) == {"type": "ready"}
        for start in range(0, len(data), 3200):
            client.send(data[start : start + 3200])
        client.send(json.dumps({"type": "close"}))
        events = rest_of(client)
        assert client.close_code == 1000
    for event in events:
        jsonschema.validate(event, SCHEMA)
    kinds = [event["type"] for event in events]
    assert (kinds[0], kinds[-1]) == ("speech_start", "stats")
    assert "partial" in kinds
    (final,) = (event for event in events if event["type"] == "final")
    with Recognizer.load(ROOT / "edge_runtime" / "data" / "mini.ort-cpu.int8", device="cpu") as recognizer:
        assert final["text"] == recognizer.transcribe(CLIP).text


def test_words_have_times_where_they_are_wanted_and_a_flush_ends_a_segment(tiny_server: Server) -> None:
    with opened(tiny_server, "?rate=8000&words=1&language=en") as client:
        client.recv()
        client.send(pcm(tone(16_000, sample_rate=8_000)))
        client.send(json.dumps({"type": "flush"}))
        events = []
        while not events or events[-1]["type"] != "stats":
            events.append(json.loads(client.recv(30)))
    words = next(event for event in events if event["type"] == "words")
    assert [word["text"] for word in words["words"]] == ["Hello", "tiny", "world."]


def test_a_dropped_segment_has_no_final(tiny_server: Server) -> None:
    with opened(tiny_server) as client:
        client.recv()
        client.send(pcm(tone(16_000)))
        client.send(json.dumps({"type": "cancel"}))
        client.send(json.dumps({"type": "close"}))
        assert "final" not in [event["type"] for event in rest_of(client)]


@pytest.mark.parametrize("query", ["?rate=1", "?rate=x", "?language=xx", "?words=yes", "?speed=2"])
def test_a_query_that_means_nothing_is_refused_by_name(tiny_server: Server, query: str) -> None:
    with opened(tiny_server, query) as client:
        (event,) = rest_of(client)
        assert event["type"] == "error"
        assert query[1:].partition("=")[0] in event["message"]
        assert client.close_code == 1008


@pytest.mark.parametrize("message", [b"abc", "hello", '{"type":"stop"}', '{"type":"close","now":1}'])
def test_a_message_that_means_nothing_ends_the_stream(tiny_server: Server, message: str | bytes) -> None:
    with opened(tiny_server) as client:
        client.recv()
        client.send(message)
        (event,) = rest_of(client)
        assert event["type"] == "error"
        assert client.close_code == 1008


def test_as_many_streams_as_may_and_a_client_that_leaves_makes_room(tiny_server: Server) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(opened(tiny_server)) for _ in range(8)]
        for client in clients:
            assert json.loads(client.recv()) == {"type": "ready"}
        with opened(tiny_server) as ninth:
            (event,) = rest_of(ninth)
            assert "Try again later" in event["message"]
            assert ninth.close_code == 1013
        for client in clients:
            client.send(pcm(tone(16_000)))
            client.socket.shutdown(SHUT_RDWR)
        until(lambda: tiny_server.metric("streams") == 0)


def test_a_page_of_another_origin_cannot_listen(tiny_server: Server) -> None:
    with pytest.raises(Exception, match="403"):
        opened(tiny_server, origin="https://elsewhere.example")

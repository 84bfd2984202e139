"""Requests with flipped, cut and repeated bytes: no error of the server, and it goes on."""

from __future__ import annotations

import random
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.server import Server, serving

CLIP = (Path(__file__).parents[2] / "clips" / "en-00001.flac").read_bytes()
NUM_REQUESTS, NUM_MESSAGES = 200, 60
exceptions = pytest.importorskip("websockets.exceptions")
client_module = pytest.importorskip("websockets.sync.client")

pytestmark = pytest.mark.slow

FIELDS = {
    "model": "whisper-1",
    "language": "en",
    "temperature": "0",
    "stream": "true",
    "include[]": "logprobs",
}


def form(fields: dict[str, str]) -> bytes:
    parts = [
        f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.flac"\r\n\r\n'
    return b"".join(parts) + head + CLIP + b"\r\n--b--\r\n"


def request(body: bytes, path: str = "/v1/audio/transcriptions") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
    return head.encode() + b"content-type: multipart/form-data; boundary=b\r\n\r\n" + body


def mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.choices(range(min(len(changed), 900) + 1), k=2))
        kind = chance.randrange(4)
        if kind == 0 and at < len(changed):
            changed[at] = chance.randrange(256)
        elif kind == 1:
            del changed[at:end]
        elif kind == 2:
            changed[at:at] = changed[at:end]
        else:
            changed[at:end] = chance.choice([b"", b"\r\n", b"[]", b"\xff\xfe", b"--b", b"\0", b"nan", b'"'])
    return bytes(changed)


def answer(server: Server, data: bytes) -> bytes:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), 30) as client, suppress(OSError):
        client.sendall(data)
        return b"".join(iter(lambda: client.recv(65_536), b""))
    return b""


@pytest.fixture(scope="module")
def server(tiny_bundle: Path, tiny_aligner_bundle: Path) -> Iterator[Server]:
    """One that waits a second for the rest of a request."""
    with serving("--model", tiny_bundle, "--aligner", tiny_aligner_bundle, "--idle-timeout", 1) as server:
        yield server


@pytest.fixture(autouse=True)
def _goes_on(server: Server) -> Iterator[None]:
    yield
    assert server.post("/v1/audio/transcriptions", CLIP).ok
    assert not server.events("internal error")
    assert server.metric("restarts") == 0


def test_no_form_is_an_error_of_the_server(server: Server) -> None:
    chance = random.Random(23)  # noqa: S311  # no secret
    statuses = Counter[bytes]()
    for number in range(NUM_REQUESTS):
        chosen = dict(chance.sample(sorted(FIELDS.items()), chance.randint(0, len(FIELDS))))
        path = chance.choice(["/v1/audio/transcriptions", "/asr?encode=false", "/transcribe", "/align"])
        whole = chance.random() < 0.95  # else the length is wrong too, or the headers are
        body = form(chosen)
        data = request(mutated(body, chance), path) if whole else mutated(request(body, path), chance)
        statuses[status := answer(server, data)[9:12]] += 1
        assert status != b"500", (number, data[:300])
    assert statuses[b"400"] > NUM_REQUESTS // 5
    assert statuses[b""] < NUM_REQUESTS // 10


@pytest.mark.parametrize("path", ["/stream", "/v1/realtime?intent=transcription"])
def test_no_message_is_an_error_of_the_server(server: Server, path: str) -> None:
    chance = random.Random(17)  # noqa: S311  # no secret
    events = [
        b'{"type":"session.update","session":{"audio":{"input":{"turn_detection":null}}}}',
        b'{"type":"input_audio_buffer.append","audio":"AAAAAAAAAAAAAAAA"}',
        b'{"type":"input_audio_buffer.commit"}',
        b'{"type":"flush"}',
        bytes(3200),
    ]
    url = server.url.replace("http", "ws") + path
    for _ in range(NUM_MESSAGES):
        with suppress(exceptions.WebSocketException, OSError), client_module.connect(url) as client:
            for _ in range(4):
                data = mutated(chance.choice(events), chance)
                client.send(data if chance.random() < 0.3 else data.decode("utf-8", "replace"))
            client.recv(0.01)

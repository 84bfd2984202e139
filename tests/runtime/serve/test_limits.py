"""What a client may not do: too much, too slowly, without a key, from another page."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest
import requests
import soundfile

from tests.support.server import Server, serving
from tests.support.tiny_bundle import tone

CLIP = Path(__file__).parents[2] / "clips" / "en-00001.flac"
ROUTE = "/v1/audio/transcriptions"
KEY = "a-key"
HEADERS = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def server(tiny_bundle: Path) -> Iterator[Server]:
    limits = ("--max-body-mb", 1, "--max-audio-sec", 4, "--idle-timeout", 1)
    with serving("--model", tiny_bundle, *limits, "--cors", "http://ours", EDGE_ASR_API_KEY=KEY) as server:
        yield server


def connect(server: Server) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), 10)


def post(server: Server, **headers: str) -> requests.Response:
    return requests.post(
        server.url + ROUTE, files={"file": CLIP.read_bytes()}, headers={**HEADERS, **headers}, timeout=30
    )


def head(length: str) -> bytes:
    lines = (f"POST {ROUTE} HTTP/1.1", "host: a", f"authorization: Bearer {KEY}", length)
    return "\r\n".join((*lines, "content-type: multipart/form-data; boundary=b", "", "")).encode()


def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_sent(server: Server) -> None:
    with connect(server) as client:
        client.sendall(head("content-length: 2000000000"))
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_unknown_length_is_cut_at_the_limit(server: Server) -> None:
    part = b"--b\r\ncontent-disposition: form-data; name=file; filename=a\r\n\r\n"
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    sent = 0
    with connect(server) as client:
        client.sendall(head("transfer-encoding: chunked") + f"{len(part):x}\r\n".encode() + part + b"\r\n")
        while not select.select([client], [], [], 0.01)[0] and sent < 64 << 20:
            client.sendall(chunk)
            sent += 0x10000
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")
    assert sent < 12 << 20


@pytest.mark.parametrize("begun", [b"", b"POST / HT", head("content-length: 1000") + b"--b"])
def test_a_client_that_sends_too_slowly_is_sent_away(server: Server, begun: bytes) -> None:
    began = monotonic()
    with connect(server) as client:
        client.sendall(begun)
        answer = b"".join(iter(lambda: client.recv(1000), b""))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")
    assert monotonic() - began < 8


def test_a_recording_is_refused_as_soon_as_it_is_too_long(server: Server, tmp_path: Path) -> None:
    assert post(server).ok
    soundfile.write(tmp_path / "long.wav", tone(5 * 16_000), 16_000)
    audio = (tmp_path / "long.wav").read_bytes()
    refused = requests.post(server.url + ROUTE, files={"file": audio}, headers=HEADERS, timeout=30)
    assert refused.status_code == 400
    assert "longer than 4 s" in refused.json()["error"]["message"]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x"])
def test_without_the_key_nothing_but_the_page_and_the_health_is_seen(
    server: Server, authorization: str
) -> None:
    headers = {"Authorization": authorization}
    assert post(server, **headers).status_code == 401
    for path in ("/v1/models", "/info", "/metrics", "/nowhere"):
        assert requests.get(server.url + path, headers=headers, timeout=10).status_code == 401
    for path in ("/", "/healthz", "/readyz"):
        assert requests.get(server.url + path, headers=headers, timeout=10).ok


def test_pages_of_other_origins_are_refused_unless_they_are_allowed(server: Server) -> None:
    refused = post(server, Origin="https://elsewhere.example")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in refused.headers
    assert post(server, Origin=server.url).ok
    assert post(server, Origin="http://ours").headers["access-control-allow-origin"] == "http://ours"


def test_a_name_that_somebody_lets_lead_here_is_no_page_of_this_server(tiny_server: Server) -> None:
    headers = {"Host": "rebound.example:80", "Origin": "http://rebound.example:80"}
    refused = requests.get(f"{tiny_server.url}/info", headers=headers, timeout=10)
    assert refused.status_code == 403
    headers = {"Host": "127.0.0.1:80", "Origin": "http://127.0.0.1:80"}
    assert requests.get(f"{tiny_server.url}/info", headers=headers, timeout=10).ok


@pytest.mark.parametrize(
    ("fields", "files", "status", "message"),
    [
        ({"model": "whisper-1"}, None, 415, "multipart/form-data"),
        ({}, {"audio": b"x"}, 400, "file is missing"),
        ({}, {"file": b""}, 400, "file is empty"),
        ({}, {"file": CLIP.read_bytes(), "prompt": b"x"}, 400, "Too many files"),
        ({"prompt": ["a", "b"]}, {"file": CLIP.read_bytes()}, 400, "given 2 times"),
        ({"file": "/etc/passwd"}, {}, 415, "multipart"),
        ({"url": "http://127.0.0.1/a.wav"}, {"file": CLIP.read_bytes()}, 400, "Unknown field 'url'"),
    ],
)
def test_a_form_is_the_fields_and_one_file(
    server: Server, fields: dict[str, object], files: dict[str, bytes] | None, status: int, message: str
) -> None:
    refused = requests.post(server.url + ROUTE, data=fields, files=files, headers=HEADERS, timeout=30)
    assert refused.status_code == status
    assert message in refused.json()["error"]["message"]


def test_nothing_of_a_request_stays_in_the_log_or_on_the_disk(server: Server) -> None:
    post(server)
    assert not [line for line in server.lines if KEY in line or "Hello" in line]


def test_a_socket_of_the_file_system_is_for_its_owner_alone(tiny_bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with serving("--model", tiny_bundle, "--unix-socket", path) as server:
        assert server.url == f"unix:{path}"
        assert path.stat().st_mode & 0o077 == 0
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            assert b"".join(iter(lambda: client.recv(1000), b"")).endswith(b'{"status":"ready"}')
    assert not path.exists()

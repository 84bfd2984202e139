"""A model process that ends or hangs: its requests get an error, the next one an answer."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest
import requests

from tests.support.process import run
from tests.support.server import Server, serving, until

CLIP = Path(__file__).parents[2] / "clips" / "en-00001.flac"
ROUTE = "/v1/audio/transcriptions"


def worker_of(server: Server) -> int:
    (child,) = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return int(child)


@contextmanager
def stopped(server: Server) -> Iterator[int]:
    """Let the model process stand still."""
    pid = worker_of(server)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def server(tiny_bundle: Path) -> Iterator[Server]:
    with serving("--model", tiny_bundle, "--hang-timeout", 4, "--max-queue", 3) as server:
        yield server


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def begin(server: Server, pool: ThreadPoolExecutor) -> Future[requests.Response]:
    """Send a request, and wait until it waits for the model."""
    before = server.metric("calls")
    future = pool.submit(server.post, ROUTE, CLIP.read_bytes())
    until(lambda: server.metric("calls") > before)
    return future


def answers(server: Server) -> bool:
    try:
        return requests.get(f"{server.url}/readyz", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("end", [signal.SIGKILL, None], ids=["killed", "hung"])
def test_a_lost_process_fails_its_requests_and_is_replaced(
    server: Server, pool: ThreadPoolExecutor, end: signal.Signals | None
) -> None:
    lost_before, restarts = len(server.events("model process lost")), server.metric("restarts")
    with stopped(server) as pid:
        failed = begin(server, pool)
        if end is not None:
            os.kill(pid, end)
        answer = failed.result(30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_process_lost")
    assert answer.headers["retry-after"] == "1"
    began = monotonic()
    assert server.post(ROUTE, CLIP.read_bytes()).json()["text"] == "Hello tiny world."
    assert monotonic() - began < 30, "the next request waits for the new process"
    assert worker_of(server) != pid
    assert len(server.events("model process lost")) == lost_before + 1
    assert server.metric("restarts") == restarts + 1


def test_a_full_server_says_when_to_come_again_and_a_client_that_leaves_frees_its_place(
    server: Server, pool: ThreadPoolExecutor
) -> None:
    with stopped(server):
        waiting = [begin(server, pool) for _ in range(2)]
        with pytest.raises(requests.Timeout):
            requests.post(server.url + ROUTE, files={"file": CLIP.read_bytes()}, timeout=0.5)
        until(lambda: server.metric("calls") == 2, 1)
        waiting.append(begin(server, pool))
        refused = server.post(ROUTE, CLIP.read_bytes())
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
        assert int(refused.headers["retry-after"]) >= 1
    assert {one.result(30).json()["text"] for one in waiting} == {"Hello tiny world."}
    assert server.metric("calls") == 0


def test_the_end_waits_for_open_requests_and_takes_no_more(
    tiny_bundle: Path, pool: ThreadPoolExecutor
) -> None:
    server = Server("--model", tiny_bundle)
    with stopped(server):
        waiting = begin(server, pool)
        server.process.send_signal(signal.SIGTERM)
        until(lambda: bool(server.events("draining")))
        until(lambda: not answers(server))
    assert waiting.result(30).json()["text"] == "Hello tiny world."
    assert server.process.wait(20) == 0
    server.stop()


def test_a_bundle_that_cannot_be_loaded_ends_the_command_with_its_exit_code(
    tiny_bundle: Path, tmp_path: Path
) -> None:
    damaged = Path(shutil.copytree(tiny_bundle, tmp_path / "damaged"))
    (damaged / "decoder.onnx").write_bytes(b"")
    done = run("serve", "--model", damaged, "--port", 0)
    assert done.returncode == 5
    assert b"decoder.onnx" in done.stderr


def test_a_port_that_is_taken_is_told_before_anything_is_loaded(server: Server, tiny_bundle: Path) -> None:
    done = run("serve", "--model", tiny_bundle, "--port", server.url.rpartition(":")[2])
    assert done.returncode == 7
    assert b"cannot be listened on" in done.stderr

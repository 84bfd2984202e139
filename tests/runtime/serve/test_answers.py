"""What a client gets where its work fails, takes too long, or where it leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from edge_runtime.errors import AudioError, BundleError, UsageError
from edge_runtime.serve.http.errors import ApiError, api_error
from edge_runtime.serve.http.events import EventResponse
from edge_runtime.serve.http.waiting import while_connected
from edge_runtime.serve.model.lost import NotReadyError, ProcessLostError
from edge_runtime.serve.model.messages import Failed
from edge_runtime.serve.worker.batcher import Batcher
from edge_runtime.serve.worker.failing import failed, refused

Receive = Callable[[], Awaitable[dict[str, str]]]


def client(stays_s: float) -> Receive:
    async def receive() -> dict[str, str]:
        await asyncio.sleep(stays_s)
        return {"type": "http.disconnect"}

    return receive


@pytest.mark.parametrize(("stays_s", "limit_s", "ends"), [(0.01, 9.0, ApiError), (9.0, 0.01, TimeoutError)])
def test_work_that_nobody_waits_for_any_more_is_cancelled(
    stays_s: float, limit_s: float, ends: type[Exception]
) -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    request: Any = SimpleNamespace(receive=client(stays_s))
    with pytest.raises(ends):
        asyncio.run(while_connected(request, work(), limit_s))
    assert ended == ["cancelled"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotReadyError("loading"), 503),
        (ProcessLostError("signal 9"), 503),
        (TimeoutError(), 504),
        (ClientDisconnect(), 499),
        (HTTPException(404, "no such route"), 404),
        (KeyError("/home/somebody/secret"), 500),
    ],
)
def test_each_error_has_a_status_and_shows_nothing_of_the_inside(error: Exception, status: int) -> None:
    shown = api_error(error)
    assert shown.status == status
    assert "secret" not in json.dumps(shown.body())
    assert (status == 503) == ("retry-after" in (shown.headers or {}))


@pytest.mark.parametrize(("num_events", "is_event"), [(0, False), (2, True)])
def test_a_failure_behind_the_first_event_is_an_event(num_events: int, is_event: object) -> None:
    sent: list[dict[str, Any]] = []
    ended: list[str] = []

    async def events() -> AsyncGenerator[dict[str, object]]:
        for number in range(num_events):
            yield {"type": "transcript.text.delta", "delta": str(number)}
        raise ProcessLostError("signal 9")

    async def send(message: Any) -> None:
        sent.append(message)

    response = EventResponse(events(), lambda: ended.append("ended"))
    receive: Any = client(9.0)
    asyncio.run(response({"type": "http"}, receive, send))
    assert sent[0]["status"] == (200 if is_event else 503)
    bodies = b"".join(message.get("body", b"") for message in sent)
    assert (b"event: error\n" in bodies) == is_event
    assert b"model_process_lost" in bodies
    assert ended == ["ended"]


def test_the_fault_of_a_recording_is_told_from_that_of_the_machine() -> None:
    assert failed(1, AudioError("/spool/x: cut"), "/spool/x") == Failed(
        1, "AudioError", "The audio: cut", True
    )
    assert not failed(1, MemoryError()).is_request
    assert (refused(UsageError("x")).exit_code, refused(BundleError("x")).exit_code) == (2, 5)
    assert refused(KeyError("x")).exit_code == 1


def test_a_recording_that_breaks_a_batch_fails_alone() -> None:
    answers: list[tuple[str, object]] = []

    class Job(SimpleNamespace):
        is_cancelled = False

        def add(self, _look: object) -> list[str]:
            return []

        def end(self, step: SimpleNamespace) -> object:
            return f"text of {step.piece}"

    def turn(name: str) -> Any:
        job = Job(name=name, recording=SimpleNamespace(reader=None))
        made = SimpleNamespace(job=job, steps=[SimpleNamespace(piece=name)], looks={}, num_done=0)

        def ready() -> list[tuple[object, object]]:
            done = [(step, made.looks[at]) for at, step in enumerate(made.steps) if at in made.looks]
            made.num_done = len(done)
            return done

        made.ready = ready
        made.undecoded = lambda: {at: s.piece for at, s in enumerate(made.steps) if at not in made.looks}
        return made

    def decode_pieces(_reader: object, pieces: list[str], batch_size: int) -> Any:
        if "broken" in pieces:
            raise ValueError(f"{len(pieces)} pieces, {batch_size} at once")
        yield from ((at, None) for at in range(len(pieces)))

    models: Any = SimpleNamespace(batch_size=4, recognizer=SimpleNamespace(decode_pieces=decode_pieces))
    waiting: Any = SimpleNamespace(remove=lambda _job: None)
    taker: Any = SimpleNamespace(result=lambda job, result: answers.append((job.name, result)))
    batcher = Batcher(models, waiting, SimpleNamespace(go_on=lambda: None), taker)  # type: ignore[arg-type]
    batcher.decode([turn("sound"), turn("broken"), turn("other")], 4)
    assert [(name, str(result)) for name, result in answers] == [
        ("sound", "text of sound"), ("broken", "1 pieces, 1 at once"), ("other", "text of other"),
    ]  # fmt: skip

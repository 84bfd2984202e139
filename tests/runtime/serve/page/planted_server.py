"""A server with the routes that the page uses, whose answers are planted, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge_runtime.serve.page_files import page_route

INFO: Final = {
    "version": "0.1.0",
    "model": "mini",
    "aligner": "mini-aligner",
    "languages": [{"name": "English", "code": "en"}, {"name": "Chinese", "code": "zh"}],
    "aligner_languages": [{"name": "English", "code": "en"}],
    "formats": ["verbose_json"],
    "max_body_mb": 25,
    "max_audio_sec": 86400,
    "needs_key": False,
}

WORDS: Final = ("And so, my fellow Americans,", "ask not what your country can do for you.")
HALF_S: Final = 5.5


def verbose_json(sentences: tuple[str, ...] = WORDS) -> dict[str, Any]:
    """Return an answer with a segment a sentence, 5.5 s each, whose words share its time."""
    segments, words = [], []
    for number, text in enumerate(sentences):
        start, parts = HALF_S * number, text.split()
        step = HALF_S / len(parts)
        segments.append({"id": number, "start": start, "end": start + HALF_S, "text": text})
        words += [
            {"word": part, "start": start + step * index, "end": start + step * (index + 1)}
            for index, part in enumerate(parts)
        ]
    duration = HALF_S * len(sentences)
    return {
        "task": "transcribe",
        "language": "english",
        "duration": duration,
        "text": " ".join(sentences),
        "segments": segments,
        "words": words,
    }


@dataclass
class Plan:
    """What a server answers, and what it was asked.

    Attributes:
        info: of `GET /info`.
        answer: of the transcription, or what a refusal says.
        status: of the transcription's answer.
        streams: of each connection, after how many bytes which messages are sent; a number closes with it.
        opens_streams: a server that does not refuses the handshake.
        forms: fields of the transcriptions.
        received: the samples of each connection.
        queries: its query parameters.
    """

    info: dict[str, Any] = field(default_factory=lambda: dict(INFO))
    answer: dict[str, Any] = field(default_factory=verbose_json)
    status: int = 200
    streams: list[list[tuple[int, dict[str, Any] | int]]] = field(default_factory=list)
    opens_streams: bool = True
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    received: list[bytearray] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)

    async def transcribe(self, request: Request) -> Response:
        """Answer a transcription."""
        async with request.form() as form:
            names = sorted(set(form) - {"file"})
            self.forms.append({name: [str(value) for value in form.getlist(name)] for name in names})
        return JSONResponse(self.answer, self.status)

    async def stream(self, socket: WebSocket) -> None:
        """Answer a stream as planned; behind the plan nothing is said until the client closes."""
        if not self.opens_streams:
            self.received.append(bytearray())
            await socket.close()
            return
        plan = list(self.streams[min(len(self.received), len(self.streams) - 1)])
        samples = bytearray()
        self.received.append(samples)
        self.queries.append(dict(socket.query_params))
        await socket.accept()
        await socket.send_json({"type": "ready"})
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                samples += message.get("bytes") or b""
                is_last = json.loads(message.get("text") or "{}").get("type") == "close"
                while plan and (is_last or len(samples) >= plan[0][0]):
                    _, event = plan.pop(0)
                    if isinstance(event, int):
                        await socket.close(event)
                        return
                    await socket.send_json(event)
                if is_last:
                    await socket.close(1000)
                    return


@contextlib.contextmanager
def served(plan: Plan) -> Iterator[str]:
    """Serve a plan; gives the address of the page."""
    routes = [
        Route("/info", lambda _: JSONResponse(plan.info)),
        Route("/v1/audio/transcriptions", plan.transcribe, methods=["POST"]),
        WebSocketRoute("/stream", plan.stream),
        page_route(),
    ]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=asyncio.run, args=[server.serve([listening])])
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = server.force_exit = True
            thread.join()

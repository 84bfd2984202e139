"""Server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from edge_runtime.serve.http.errors import api_error
from edge_runtime.serve.http.waiting import client_left


class EventResponse(Response):
    """Sends events as they come; whoever makes them is stopped as soon as the client leaves.

    Errors behind the first event are an event too: the status is sent.
    """

    def __init__(self, events: AsyncGenerator[dict[str, object]], on_end: Callable[[], None]) -> None:
        """Take events with a `type`, and what is to be done when they end."""
        super().__init__()
        self._events: Final = events
        self._on_end: Final = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        sending = asyncio.ensure_future(self._send_all(scope, receive, send))
        leaving = asyncio.ensure_future(client_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await self._events.aclose()
            self._on_end()

    async def _send_all(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False
        try:
            async for event in self._events:
                if not has_begun:
                    await send(_START)
                    has_begun = True
                await send(_body(event, more=True))
        except Exception as error:  # noqa: BLE001  # a client sees it, whatever it is
            shown = api_error(error)
            if not has_begun:
                await shown.response()(scope, receive, send)
                return
            await send(_body({"type": "error", **shown.body()}, more=True))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


_START: Final = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")],
}


def _body(event: dict[str, object], *, more: bool) -> dict[str, object]:
    name = str(event["type"]).encode()
    body = b"event: " + name + b"\ndata: " + msgspec.json.encode(event) + b"\n\n"
    return {"type": "http.response.body", "body": body, "more_body": more}

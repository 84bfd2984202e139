"""Bodies are cut at the limit while they are read, and a client that sends too slowly is sent away."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_runtime.arrays import Seconds
from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.options import Limits

_DRAIN_S: Final[Seconds] = 1.0
_DRAIN_BYTES: Final = 8 << 20


class BodyLimits:
    """Middleware of all routes."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        """Wrap an application."""
        self._app: Final = app
        self._limits: Final = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._limits)
        try:
            if _length(scope) > self._limits.max_body_mb << 20:
                raise body.too_large()
            await self._app(scope, body.receive, send)
        except ApiError as error:
            await _refuse(error, scope, receive, send)


class _Body:
    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive, self._limits = receive, limits
        self._began = perf_counter()
        self._num_bytes = 0
        self._is_over = False

    async def receive(self) -> Message:
        """Return the next part of the body, and behind it what else comes, such as the client's leaving.

        Raises:
            ApiError: it is too long, or too slow.
        """
        if self._is_over:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._limits.idle_s)
        except asyncio.TimeoutError as error:
            raise self._too_slow() from error
        self._num_bytes += len(message.get("body", b""))
        self._is_over = not message.get("more_body", False)
        if self._num_bytes > self._limits.max_body_mb << 20:
            raise self.too_large()
        lasted_s = perf_counter() - self._began - self._limits.idle_s
        if not self._is_over and lasted_s * self._limits.min_bytes_s > self._num_bytes:
            raise self._too_slow()
        return message

    def too_large(self) -> ApiError:
        message = f"The body is longer than {self._limits.max_body_mb} MiB, the longest that is taken."
        return ApiError(message, status=413, code="body_too_large", headers={"connection": "close"})

    def _too_slow(self) -> ApiError:
        message = "The body came too slowly."
        return ApiError(message, status=408, code="body_too_slow", headers={"connection": "close"})


def _length(scope: Scope) -> int:
    """Return the length that the headers announce, 0 where they do not."""
    value = dict(scope["headers"]).get(b"content-length", b"")
    return int(value) if value.isdigit() else 0


async def _refuse(error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    await error.response()(scope, receive, send)
    # A client that is still sending would lose the answer to the reset of its connection.
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_drain(receive), _DRAIN_S)


async def _drain(receive: Receive) -> None:
    left = _DRAIN_BYTES
    while left > 0:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        left -= len(message["body"])

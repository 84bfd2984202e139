"""A WebSocket whose two directions go on at the same time, and end together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from edge_runtime.arrays import Seconds
from edge_runtime.serve.http.errors import ApiError, api_error

NORMAL: Final = 1000
_MAX_REASON_BYTES: Final = 120
_POLICY_VIOLATION, _INTERNAL, _TRY_LATER = 1008, 1011, 1013


async def both(
    receiving: Coroutine[Any, Any, None], sending: Coroutine[Any, Any, None], limit_s: Seconds
) -> None:
    """Run both directions until what is sent has ended, or one of them fails.

    Args:
        receiving: from the client; its end alone ends nothing.
        sending: to the client.
        limit_s: longest time.

    Raises:
        WebSocketDisconnect: the client has left.
        TimeoutError: it took longer.
    """
    receives, sends = asyncio.ensure_future(receiving), asyncio.ensure_future(sending)
    tasks = {receives, sends}
    deadline = asyncio.get_running_loop().time() + limit_s
    try:
        while not sends.done():
            left_s = deadline - asyncio.get_running_loop().time()
            waiting = {task for task in tasks if not task.done()}
            done, _ = await asyncio.wait(waiting, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                raise TimeoutError
            for task in done:
                task.result()
    finally:
        for task in tasks:
            task.cancel()
            with suppress(Exception, asyncio.CancelledError):
                await task


async def end_with(
    socket: WebSocket, error: Exception, shown: Callable[[ApiError], dict[str, object]]
) -> None:
    """Show an error to the client and close the connection, unless the client has left.

    Args:
        socket: accepted.
        error: why.
        shown: returns the event that says so.
    """
    if isinstance(error, WebSocketDisconnect) or socket.client_state != WebSocketState.CONNECTED:
        return
    refused = api_error(error)
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_json(shown(refused))
        reason = refused.message.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
        await socket.close(_code(refused), reason)


def _code(refused: ApiError) -> int:
    if refused.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return _TRY_LATER
    return _INTERNAL if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR else _POLICY_VIOLATION

"""Work for a client that may leave."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.types import Receive

from edge_runtime.arrays import Seconds
from edge_runtime.serve.http.errors import ApiError

Value = TypeVar("Value")


async def while_connected(request: Request, work: Coroutine[Any, Any, Value], limit_s: Seconds) -> Value:
    """Return the result of some work; it is cancelled as soon as the client leaves.

    Args:
        request: whose body was read to its end.
        work: to do.
        limit_s: longest time.

    Raises:
        ApiError: the client has left; nobody reads it.
        TimeoutError: it took longer.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(client_left(request.receive))
    try:
        await asyncio.wait({working, leaving}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        if leaving.done():
            raise ApiError("The client has left.", status=499)
        raise TimeoutError
    finally:
        for task in (working, leaving):
            task.cancel()
            with suppress(BaseException):
                await task


async def client_left(receive: Receive) -> None:
    """Return when the client has left; the body of its request was read to its end."""
    while (await receive())["type"] != "http.disconnect":
        pass

"""A stream of the model process, with a limit to what is sent ahead of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from edge_runtime.serve.model.calls import Call
from edge_runtime.serve.model.messages import Close, Drop, Event, Flush, Samples, Taken

_MAX_AHEAD: Final = 1 << 20
"""Bytes that the process has not taken yet: 20 seconds at 24 kHz."""


class LiveFlow:
    """Samples go out, events come in."""

    def __init__(self, call: Call) -> None:
        """Take the call of an opened stream."""
        self._call: Final = call
        self._num_ahead = 0
        self._has_room: Final = asyncio.Event()
        self._has_room.set()

    async def feed(self, data: bytes) -> None:
        """Send 16-bit samples; waits while too many are on their way."""
        await self._has_room.wait()
        self._count(len(data))
        self._call.send(Samples(self._call.id, data))

    def flush(self) -> None:
        """End the open segment."""
        self._call.send(Flush(self._call.id))

    def drop(self) -> None:
        """Drop the open segment."""
        self._call.send(Drop(self._call.id))

    def close(self) -> None:
        """Flush and end the stream."""
        self._call.send(Close(self._call.id))

    async def events(self) -> AsyncIterator[bytes]:
        """Yield events, as JSON, up to the stream's end; raises as `Call.answers`."""
        async for answer in self._call.answers():
            if isinstance(answer, Taken):
                self._count(-answer.num_bytes)
            elif isinstance(answer, Event):
                yield answer.event

    def _count(self, num_bytes: int) -> None:
        self._num_ahead += num_bytes
        if self._num_ahead > _MAX_AHEAD:
            self._has_room.clear()
        else:
            self._has_room.set()

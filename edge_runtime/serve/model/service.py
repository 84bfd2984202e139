"""What the routes know of the models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from math import ceil
from time import perf_counter
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.serve.model.calls import Call
from edge_runtime.serve.model.lost import BusyError
from edge_runtime.serve.model.messages import Ready
from edge_runtime.serve.model.supervisor import Supervisor

_NEW: Final = 0.2
"""Share of the latest call in the mean time of a call."""
_MAX_RETRY_S: Final = 60


class ModelService:
    """The model processes, one a device, and how many calls may wait for them.

    Attributes:
        is_draining: the server ends; no new calls.
    """

    def __init__(self, supervisors: Sequence[Supervisor], *, max_waiting: int, max_streams: int) -> None:
        """Take supervisors that are not started.

        Args:
            supervisors: at least one.
            max_waiting: most calls that are decoded or wait.
            max_streams: most streams.
        """
        self._supervisors: Final = tuple(supervisors)
        self._max_waiting: Final = max_waiting
        self._max_streams: Final = max_streams
        self._num_calls = self._num_streams = 0
        self._call_s: Seconds = 1.0
        self._ready: Ready | None = None
        self.is_draining = False

    async def start(self) -> None:
        """Start the processes; raises as `Supervisor.start` does."""
        self._ready = await self._supervisors[0].start()
        await asyncio.gather(*(one.start() for one in self._supervisors[1:]))

    async def stop(self) -> None:
        """End the processes."""
        await asyncio.gather(*(one.stop() for one in self._supervisors))

    @property
    def models(self) -> Ready:
        """What is loaded."""
        assert self._ready is not None, "the service is started before it is used"
        return self._ready

    @property
    def is_ready(self) -> bool:
        """Whether a call would be served at once."""
        return not self.is_draining and any(one.is_ready for one in self._supervisors)

    @property
    def num_restarts(self) -> int:
        """Processes that were replaced."""
        return sum(one.num_restarts for one in self._supervisors)

    @property
    def num_calls(self) -> int:
        """Calls that are decoded or wait."""
        return self._num_calls

    @property
    def num_streams(self) -> int:
        """Streams that are open."""
        return self._num_streams

    @property
    def pids(self) -> list[int]:
        """Of the processes that live."""
        return [one.pid for one in self._supervisors if one.pid is not None]

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Take a place for a call, which the body makes; first of all, so that a full server answers at once.

        Raises:
            BusyError: there is none.
        """
        if self._num_calls >= self._max_waiting or self.is_draining:
            raise BusyError(self._retry_after_s())
        self._num_calls += 1
        began = perf_counter()
        try:
            yield
        finally:
            self._num_calls -= 1
            self._call_s += _NEW * (perf_counter() - began - self._call_s)

    @contextmanager
    def admitted_stream(self) -> Iterator[None]:
        """Take a place for a stream, which the body opens.

        Raises:
            BusyError: there is none.
        """
        if self._num_streams >= self._max_streams or self.is_draining:
            raise BusyError(self._retry_after_s())
        self._num_streams += 1
        try:
            yield
        finally:
            self._num_streams -= 1

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Call]:
        """Open a call to the process with the fewest; raises as `Supervisor.call` does."""
        ready = [one for one in self._supervisors if one.is_ready] or self._supervisors
        async with min(ready, key=lambda one: one.num_calls).call() as call:
            yield call

    def _retry_after_s(self) -> int:
        """Return when a place may be free: after a mean call."""
        return min(_MAX_RETRY_S, max(1, ceil(self._call_s)))

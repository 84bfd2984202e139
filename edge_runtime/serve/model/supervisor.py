"""Keeps a model process alive: one that crashes or hangs is replaced, and its calls get an error."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.serve.model.calls import Call, Calls
from edge_runtime.serve.model.lost import NotReadyError, ProcessLostError, RefusedError
from edge_runtime.serve.model.messages import Beat, Load, Ready, Refused
from edge_runtime.serve.model.process import ModelProcess

_LOG: Final = logging.getLogger("edge_asr.serve")
_MAX_PAUSE_S: Final[Seconds] = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTimeouts:
    """How long is waited for a model process.

    Attributes:
        silence_s: without a sign of life; it is killed then.
        hang_s: while its work stands still; it is killed then.
        ready_s: for one that is being started, by a call.
    """

    silence_s: Seconds = 20.0
    hang_s: Seconds = 300.0
    ready_s: Seconds = 60.0


class Supervisor:
    """Of the process of one device.

    Attributes:
        num_restarts: processes that were replaced.
        beat: the last sign of life.
    """

    def __init__(self, load: Load, timeouts: ProcessTimeouts) -> None:
        """Take what a process is to load, and how long it may be silent."""
        self._load: Final = load
        self._timeouts: Final = timeouts
        self._calls: Final = Calls()
        self._is_ready: Final = asyncio.Event()
        self._process: ModelProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self.num_restarts = 0
        self.beat = Beat(0.0, 0)

    async def start(self) -> Ready:
        """Start the first process.

        Raises:
            RefusedError: it cannot load its bundles.
            ProcessLostError: it ended while it loaded them.
        """
        process = await ModelProcess.start(self._load)
        assert process.ready is not None, "it is started"
        self._take(process)
        self._task = asyncio.create_task(self._keep_alive(process))
        return process.ready

    async def stop(self) -> None:
        """End the process; calls that are open get an error."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._process is not None:
            await self._process.end()
        await self._lose(ProcessLostError("was stopped"))

    @property
    def is_ready(self) -> bool:
        """Whether a process waits for calls."""
        return self._is_ready.is_set()

    @property
    def num_calls(self) -> int:
        """Calls that are open."""
        return len(self._calls)

    @property
    def pid(self) -> int | None:
        """Of the process, None while there is none."""
        return None if self._process is None else self._process.pid

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Call]:
        """Open a call for the body; where a process is being started, once it is ready.

        Raises:
            NotReadyError: that takes too long.
        """
        try:
            await asyncio.wait_for(self._is_ready.wait(), self._timeouts.ready_s)
        except asyncio.TimeoutError as error:
            raise NotReadyError("The model is being loaded. Try again later.") from error
        assert self._process is not None, "it is ready"
        with self._calls.open(self._process.send) as call:
            yield call

    def _take(self, process: ModelProcess) -> None:
        self._process = process
        self._is_ready.set()

    async def _keep_alive(self, process: ModelProcess) -> None:
        while True:
            try:
                await self._listen(process)
            except ProcessLostError as lost:
                _LOG.error("model process lost", extra={"pid": process.pid, "reason": str(lost)})
                await self._lose(lost)
            process = await self._start_again()
            self.num_restarts += 1
            self._take(process)

    async def _listen(self, process: ModelProcess) -> None:
        while True:
            report = await process.receive(self._timeouts.silence_s)
            if isinstance(report, Beat):
                self.beat = report
                if report.busy_s > self._timeouts.hang_s:
                    raise ProcessLostError(f"stood still for {report.busy_s:.0f} s")
            elif not isinstance(report, (Ready, Refused)):
                self._calls.deliver(report)

    async def _lose(self, error: ProcessLostError) -> None:
        self._is_ready.clear()
        process, self._process = self._process, None
        if process is not None:
            await process.kill()
        self._calls.lose(error)
        self.beat = Beat(0.0, 0)

    async def _start_again(self) -> ModelProcess:
        pause_s: Seconds = 0.0
        while True:
            await asyncio.sleep(pause_s)
            try:
                return await ModelProcess.start(self._load)
            except (ProcessLostError, RefusedError) as error:
                pause_s = min(_MAX_PAUSE_S, 2 * pause_s or 1.0)
                _LOG.error("model process not started", extra={"reason": str(error), "again_in_s": pause_s})

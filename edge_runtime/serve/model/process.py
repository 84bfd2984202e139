"""One life of a model process."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Final

import msgspec

from edge_runtime.arrays import Seconds
from edge_runtime.serve.model.frames import HEADER_BYTES, body_length, to_frame
from edge_runtime.serve.model.lost import ProcessLostError, RefusedError
from edge_runtime.serve.model.messages import Load, Ready, Refused, Report

_DECODER: Final[msgspec.msgpack.Decoder[Report]] = msgspec.msgpack.Decoder(Report)
_LOAD_S: Final[Seconds] = 900.0
"""Longest time to load: engines of a slow device are deserialized and checked."""

_END_S: Final[Seconds] = 2.0


class ModelProcess:
    """A child process and the connection to it.

    Attributes:
        ready: what it has loaded.
    """

    def __init__(
        self, child: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take a started process; `start` starts one."""
        self._child: Final = child
        self._reader: Final = reader
        self._writer: Final = writer
        self.ready: Ready | None = None

    @classmethod
    async def start(cls, load: Load) -> ModelProcess:
        """Start a process and wait until its bundles are loaded.

        Raises:
            RefusedError: it cannot load them.
            ProcessLostError: it ended meanwhile.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "edge_runtime.serve.worker", str(theirs.fileno())]
            # stdout is for results: what libraries print goes to stderr.
            child = subprocess.Popen(  # noqa: S603, ASYNC220  # our own program; starting takes no time
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno()
            )
        process = cls(child, *await asyncio.open_connection(sock=ours))
        try:
            process.send(load)
            process.ready = await process.loaded()
        except BaseException:
            await process.kill()
            raise
        return process

    async def loaded(self) -> Ready:
        """Wait for the first report; raises as `start`."""
        first = await self.receive(_LOAD_S)
        if isinstance(first, Refused):
            raise RefusedError(first)
        assert isinstance(first, Ready), "the first report"
        return first

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._child.pid

    def send(self, message: msgspec.Struct) -> None:
        """Send a message; one to a process that has ended is lost, and `receive` tells."""
        if not self._writer.is_closing():
            self._writer.write(to_frame(message))

    async def receive(self, limit_s: Seconds) -> Report:
        """Wait for the next report.

        Raises:
            ProcessLostError: the process has ended, or says nothing for so long.
        """
        try:
            return await asyncio.wait_for(self._receive(), limit_s)
        except asyncio.TimeoutError as error:
            raise ProcessLostError(f"said nothing for {limit_s:g} s") from error
        except (asyncio.IncompleteReadError, EOFError, OSError) as error:
            raise ProcessLostError(f"ended, {await self._how()}") from error
        except msgspec.MsgspecError as error:
            raise ProcessLostError(f"sent what is no message: {error}") from error

    async def end(self) -> None:
        """Close the connection, at which the process ends; one that does not is killed."""
        self._writer.close()
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._child.wait, _END_S)
        await self.kill()

    async def kill(self) -> None:
        """End the process, whatever it does."""
        self._writer.close()
        if self._child.poll() is None:
            self._child.kill()
        await asyncio.to_thread(self._child.wait)

    async def _receive(self) -> Report:
        length = body_length(await self._reader.readexactly(HEADER_BYTES))
        return _DECODER.decode(await self._reader.readexactly(length))

    async def _how(self) -> str:
        """Say how the process ended; it has closed its connection."""
        try:
            code = await asyncio.to_thread(self._child.wait, 5)
        except subprocess.TimeoutExpired:
            return "its connection is closed"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

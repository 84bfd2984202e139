"""The calls that wait for a model process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final

import msgspec

from edge_runtime.serve.model.lost import CallFailedError, ProcessLostError
from edge_runtime.serve.model.messages import Answer, Cancel, Closed, Failed

Send = Callable[[msgspec.Struct], None]


class Call:
    """One call: orders go out, answers come in.

    Attributes:
        id: that its orders and answers carry.
        is_done: its last answer has come.
    """

    def __init__(self, call_id: int, send: Send) -> None:
        """Take what sends to the process that serves it."""
        self.id: Final = call_id
        self.is_done = False
        self._send: Final = send
        self._answers: Final[asyncio.Queue[Answer | ProcessLostError]] = asyncio.Queue()

    def send(self, order: msgspec.Struct) -> None:
        """Send an order of this call."""
        self._send(order)

    def put(self, answer: Answer | ProcessLostError) -> None:
        """Take an answer from the process, or that there will be none."""
        self._answers.put_nowait(answer)

    async def answers(self) -> AsyncIterator[Answer]:
        """Yield the answers, up to the end of a stream; whoever expects one alone stops there.

        Raises:
            CallFailedError: there is none.
            ProcessLostError: the process ended.
        """
        while not self.is_done:
            answer = await self._answers.get()
            if isinstance(answer, ProcessLostError):
                self.is_done = True
                raise answer
            if isinstance(answer, Failed):
                self.is_done = True
                raise CallFailedError(answer)
            if isinstance(answer, Closed):
                self.is_done = True
                return
            yield answer


class Calls:
    """The calls of one model process."""

    def __init__(self) -> None:
        self._ids: Final = count(1)
        self._open: Final[dict[int, Call]] = {}

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def open(self, send: Send) -> Iterator[Call]:
        """Open a call for the body; what is left of it then is cancelled."""
        call = Call(next(self._ids), send)
        self._open[call.id] = call
        try:
            yield call
        finally:
            del self._open[call.id]
            send(Cancel(call.id))

    def deliver(self, answer: Answer) -> None:
        """Give an answer to its call; one that nobody waits for any more is dropped."""
        call = self._open.get(answer.id)
        if call is not None:
            call.put(answer)

    def lose(self, error: ProcessLostError) -> None:
        """Let every call end with an error."""
        for call in self._open.values():
            call.put(error)

"""One worker process as its parent sees it."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Final

from edge_runtime.cli.failures import KnownFailureError
from edge_runtime.cli.many.engine import EngineIdentity
from edge_runtime.cli.many.items import Item
from edge_runtime.cli.many.setup import EngineSetup
from edge_runtime.cli.workers.worker import Message, Refusal, Work, work
from edge_runtime.errors import BackendUnavailableError

_CONTEXT: Final = multiprocessing.get_context("spawn")
"""A fork would inherit the threads' locks of libraries."""


class WorkerEndedError(Exception):
    """The process is gone; the message is a clause about how it ended."""


class WorkerProcess:
    """A worker that has loaded its bundles, and what it is doing.

    Attributes:
        items: sent and not answered.
        is_last_try: whether they are tried for the second time.
        since: when it was last heard of, or sent something.
    """

    def __init__(self, setup: EngineSetup) -> None:
        """Start a process and wait until it is ready.

        Raises:
            KnownFailureError: it cannot load the bundles.
            BackendUnavailableError: it ended meanwhile.
        """
        self.connection, theirs = _CONTEXT.Pipe()
        self._process: Final = _CONTEXT.Process(target=work, args=(theirs, setup), daemon=True)
        with _interrupt_ignored():
            self._process.start()
        theirs.close()
        self.items: deque[Item] = deque()
        self.is_last_try = False
        self.since = perf_counter()
        self.identity: Final = self._identity()

    def send(self, items: Sequence[Item], batch_size: int, *, is_last_try: bool) -> None:
        """Give it work. A process that has ended is noticed by `receive`."""
        self.items = deque(items)
        self.is_last_try = is_last_try
        self.since = perf_counter()
        try:
            self.connection.send(Work(items, batch_size))
        except (BrokenPipeError, ConnectionResetError):
            return

    def receive(self) -> Message:
        """Return its next message.

        Raises:
            WorkerEndedError: there is none, and it has ended.
        """
        try:
            message: Message = self.connection.recv()
        except (EOFError, ConnectionResetError) as error:
            self._process.join()
            raise WorkerEndedError(_how_ended(self._process.exitcode)) from error
        self.since = perf_counter()
        return message

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self.connection.close()

    def _identity(self) -> EngineIdentity:
        try:
            message = self.receive()
        except WorkerEndedError as ended:
            raise BackendUnavailableError(
                f"A worker {ended} while it loaded the bundle. Run without --jobs to see why."
            ) from ended
        if isinstance(message, Refusal):
            raise KnownFailureError(message.failure)
        assert isinstance(message, EngineIdentity), "the first message of a worker"
        return message


def _how_ended(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"was ended by {signal.Signals(-exit_code).name}"
    return f"ended with exit code {exit_code}"


@contextmanager
def _interrupt_ignored() -> Iterator[None]:
    """Let processes that start in the body ignore Ctrl-C from their first moment on."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)

"""Several worker processes, each with models of its own: what one of them meets does not end the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from time import perf_counter
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.cli.failures import Failure, KnownFailureError
from edge_runtime.cli.many.engine import EngineIdentity
from edge_runtime.cli.many.items import Item, Outcome
from edge_runtime.cli.many.setup import EngineSetup
from edge_runtime.cli.terminal import say
from edge_runtime.cli.workers.process import WorkerEndedError, WorkerProcess
from edge_runtime.cli.workers.worker import Answer, Refusal
from edge_runtime.errors import ExitCode
from edge_runtime.results.transcript import Transcript

_ITEMS_PER_SLOT: Final = 4
"""Most items that a worker is sent at a time for each recording of its batch, as many as it loads ahead."""

_ROUNDS: Final = 4
"""Times that each worker is sent something at least, so that they end together."""


class Workers:
    """Transcribes in worker processes.

    An item during which its worker ends is tried once more, alone in a new worker; where that ends as well,
    the item has failed.
    """

    def __init__(
        self, setup: EngineSetup, jobs: int, num_items: int, timeout: Seconds | None, *, quiet: bool
    ) -> None:
        """Start the workers, the others after the first has loaded its bundles.

        Args:
            setup: of each.
            jobs: number of workers.
            num_items: items that will be transcribed, or more.
            timeout: longest time without an answer until a worker is ended; None for any.
            quiet: no remarks.

        Raises:
            KnownFailureError: they cannot load the bundles.
        """
        self.on_lost: Callable[[Item], None] = lambda _: None
        self._setup: Final = setup.of_worker(jobs)
        self._num_items: Final = num_items
        self._timeout: Final = timeout
        self._quiet: Final = quiet
        self._again: Final[deque[Item]] = deque()
        first = WorkerProcess(self._setup)
        self.identity: Final[EngineIdentity] = first.identity
        self._workers: Final = [first, *(WorkerProcess(self._setup) for _ in range(jobs - 1))]

    def transcribe(self, items: Iterable[Item], batch_size: int) -> Iterator[tuple[Item, Outcome]]:
        """Yield what becomes of each item, as soon as it is known.

        Args:
            items: taken when a worker is free.
            batch_size: recordings that a worker decodes together.

        Raises:
            KnownFailureError: what every item would meet.
        """
        from multiprocessing.connection import wait  # noqa: PLC0415  # every run imports this module

        left = iter(items)
        while True:
            for worker in self._workers:
                self._employ(worker, left, batch_size)
            busy = {worker.connection: worker for worker in self._workers if worker.items}
            if not busy:
                return
            for connection in wait(list(busy), self._patience()):
                yield from self._listen(busy[connection])  # type: ignore[index]  # those that were passed
            for worker in self._workers:
                if worker.items and self._is_overdue(worker):
                    worker.kill()
                    yield from self._replace(worker, f"took longer than {self._timeout:g} s")

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.kill()

    def _employ(self, worker: WorkerProcess, left: Iterator[Item], batch_size: int) -> None:
        """Send work to a worker that has none."""
        if worker.items:
            return
        if self._again:
            worker.send([self._again.popleft()], 1, is_last_try=True)
        elif chunk := list(islice(left, self._chunk_size(batch_size))):
            worker.send(chunk, batch_size, is_last_try=False)

    def _chunk_size(self, batch_size: int) -> int:
        """Return how many items a worker is sent together, one where it decodes one at a time."""
        if batch_size == 1:
            return 1
        share = self._num_items // (_ROUNDS * len(self._workers))
        return max(batch_size, min(batch_size * _ITEMS_PER_SLOT, share))

    def _listen(self, worker: WorkerProcess) -> Iterator[tuple[Item, Outcome]]:
        try:
            message = worker.receive()
        except WorkerEndedError as ended:
            yield from self._replace(worker, str(ended))
            return
        if isinstance(message, Refusal):
            raise KnownFailureError(message.failure)
        assert isinstance(message, Answer), "a worker with work answers"
        tries = message.tries + worker.is_last_try
        yield worker.items.popleft(), Outcome(_result(message), tries)

    def _replace(self, worker: WorkerProcess, reason: str) -> Iterator[tuple[Item, Outcome]]:
        """Start a worker in place of one that ended; its items are tried again, or have failed."""
        self._workers[self._workers.index(worker)] = WorkerProcess(self._setup)
        for item in worker.items:
            self.on_lost(item)
            if worker.is_last_try:
                yield item, Outcome(_lost(item, reason), tries=2)
            else:
                self._again.append(item)
        if not worker.is_last_try:
            names = _names(worker.items)
            say(f"edge-asr: warning: {names}: trying again, the worker {reason}", quiet=self._quiet)

    def _is_overdue(self, worker: WorkerProcess) -> bool:
        return self._timeout is not None and perf_counter() - worker.since > self._timeout

    def _patience(self) -> Seconds | None:
        if self._timeout is None:
            return None
        since = min(worker.since for worker in self._workers if worker.items)
        return max(0.0, since + self._timeout - perf_counter()) + 0.01


def _result(answer: Answer) -> Transcript | Exception:
    if isinstance(answer.result, Failure):
        return KnownFailureError(answer.result, is_final=answer.is_final)
    return answer.result


def _names(items: Sequence[Item]) -> str:
    return items[0].name if len(items) == 1 else f"{items[0].name} and {len(items) - 1} others"


def _lost(item: Item, reason: str) -> KnownFailureError:
    message = f"{item.name}: the worker {reason}, twice. Convert the recording, or leave it out."
    return KnownFailureError(Failure("WorkerLostError", message, ExitCode.ALL_INPUTS_FAILED))

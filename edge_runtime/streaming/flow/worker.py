"""A thread that does the work of a stream, so that `feed` need not."""

from __future__ import annotations

from contextlib import AbstractContextManager
from threading import Condition, Thread
from typing import Final, Protocol

from edge_runtime.arrays import Waveform

Chunk = tuple[Waveform, float]
"""Samples and when they arrived, by `perf_counter`."""


class Work(Protocol):
    """What the thread does with all chunks that wait."""

    def __call__(self, chunks: list[Chunk], *, flush: bool) -> None:
        """Take chunks; `flush` ends what is open behind them."""
        ...


class Worker:
    """Takes all chunks that wait at once, so that it never falls behind by more than it works on.

    An error ends the work; whoever feeds, flushes or reads gets it.
    """

    def __init__(self, work: Work, max_waiting: int, lock: AbstractContextManager[object]) -> None:
        """Start the thread.

        Args:
            work: what to do, in the thread.
            max_waiting: samples that may wait.
            lock: is held from the moment when chunks are taken until they are worked on.
        """
        self._work: Final = work
        self._lock: Final = lock
        self._max_waiting: Final = max_waiting
        self._changed: Final = Condition()
        self._chunks: list[Chunk] = []
        self._num_waiting = 0
        self._flushes = self._flushed = 0
        self._is_closed = False
        self._failure: BaseException | None = None
        self._thread: Final = Thread(target=self._run, name="edge-asr-stream", daemon=True)
        self._thread.start()

    def put(self, samples: Waveform, arrived_at: float) -> None:
        """Add a chunk; wait while too many samples wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._num_waiting < self._max_waiting or self._failure is not None)
            self.raise_failure()
            self._add([(samples, arrived_at)])

    def flush(self, chunks: list[Chunk]) -> None:
        """Have all chunks worked on, these last, and what is open ended; wait for it."""
        with self._changed:
            self._add(chunks)
            self._flushes += 1
            number = self._flushes
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._flushed >= number or self._failure is not None)
        self.raise_failure()

    def drop(self) -> None:
        """Forget the chunks that wait."""
        with self._changed:
            self._chunks, self._num_waiting = [], 0
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread behind what it does now."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()

    def raise_failure(self) -> None:
        """Raise what ended the work, if something did."""
        if self._failure is not None:
            raise self._failure

    def _add(self, chunks: list[Chunk]) -> None:
        self._chunks += chunks
        self._num_waiting += sum(len(samples) for samples, _ in chunks)
        self._changed.notify_all()

    def _run(self) -> None:
        try:
            while self._take_and_work():
                pass
        except BaseException as error:  # noqa: BLE001  # the caller's threads raise it
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _take_and_work(self) -> bool:
        """Work on all that waits; return whether to go on."""
        with self._changed:
            self._changed.wait_for(lambda: self._chunks or self._flushes > self._flushed or self._is_closed)
            if self._is_closed:
                return False
        with self._lock:
            with self._changed:
                chunks, self._chunks, self._num_waiting = self._chunks, [], 0
                flushes = self._flushes
                self._changed.notify_all()
            self._work(chunks, flush=flushes > self._flushed)
        with self._changed:
            self._flushed = flushes
            self._changed.notify_all()
        return True

"""Reads a source in a thread of its own, so that a silent pipe or microphone does not hold up its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Condition, Event, Thread
from time import perf_counter

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.cli.live.source import LiveSource

_POLL_S = 0.05
"""Longest wait before results are looked at again."""


class Intake:
    """Blocks of a source, as they come, and what was lost because nobody took them in time.

    Attributes:
        dropped_s: seconds that were dropped.
    """

    def __init__(self, source: LiveSource, *, realtime: bool, drops: bool, max_held_s: Seconds) -> None:
        """Begin to read.

        Args:
            source: what to read.
            realtime: give the blocks of a recording at the speed at which they were spoken.
            drops: where too much waits, lose the oldest; else read no more for now.
            max_held_s: most seconds that wait.
        """
        self.dropped_s: Seconds = 0.0
        self._source, self._realtime = source, realtime
        self._drops, self._max_held_s = drops, max_held_s
        self._held: deque[Waveform] = deque()
        self._held_s: Seconds = 0.0
        self._changed = Condition()
        self._error: Exception | None = None
        self._ended = self._stopped = False
        self._stop_pacing = Event()
        Thread(target=self._read, daemon=True, name="edge-asr-intake").start()

    def stop(self) -> None:
        """Read no more; blocks that were read are still given. May be called by a signal's handler."""
        self._stopped = True
        self._stop_pacing.set()

    def blocks(self) -> Iterator[Waveform | None]:
        """Yield blocks up to the end; None where none came for a moment.

        Raises:
            Exception: the source's, behind its last block.
        """
        while (block := self._next()) is not None or not self._is_over():
            yield block
        if self._error is not None and not self._stopped:
            raise self._error

    def _is_over(self) -> bool:
        with self._changed:
            return not self._held and (self._ended or self._stopped)

    def _next(self) -> Waveform | None:
        with self._changed:
            if not self._held and not self._ended and not self._stopped:
                self._changed.wait(_POLL_S)
            if not self._held:
                return None
            block = self._held.popleft()
            self._held_s -= len(block) / self._source.rate
            self._changed.notify_all()
            return block

    def _read(self) -> None:
        try:
            for block in self._paced():
                self._put(block)
                if self._stopped:
                    break
        except Exception as error:  # noqa: BLE001  # raised where the blocks are taken
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _paced(self) -> Iterator[Waveform]:
        start, num_samples = perf_counter(), 0
        for block in self._source.blocks:
            num_samples += len(block)
            if self._realtime:  # a block is there when its last sample was spoken
                self._stop_pacing.wait(max(0.0, start + num_samples / self._source.rate - perf_counter()))
            yield block

    def _put(self, block: Waveform) -> None:
        seconds = len(block) / self._source.rate
        with self._changed:
            while self._held and self._held_s + seconds > self._max_held_s and not self._stopped:
                if self._drops:
                    lost = len(self._held.popleft()) / self._source.rate
                    self.dropped_s += lost
                    self._held_s -= lost
                else:
                    self._changed.wait(_POLL_S)
            self._held.append(block)
            self._held_s += seconds
            self._changed.notify_all()

"""Live text: samples in, events out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import RLock
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Final

from edge_runtime.arrays import Array, Waveform
from edge_runtime.errors import UsageError
from edge_runtime.streaming.events import Stats, StreamEvent
from edge_runtime.streaming.flow.event_queue import EventQueue
from edge_runtime.streaming.flow.live_resampler import LiveResampler
from edge_runtime.streaming.flow.worker import Worker
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.streaming.processor import Parts, Processor
from edge_runtime.vad.timestamps import SAMPLE_RATE

if TYPE_CHECKING:
    from typing_extensions import Self

OnEvent = Callable[[StreamEvent], None]
_BLOCK: Final = SAMPLE_RATE
"""Samples that are taken at once, so that a long chunk needs no more memory."""


class Stream:
    """One stream of audio and its text; `Recognizer.stream` opens it.

    Without a worker, `feed` does the work in its caller's thread: its events depend on the samples alone.
    With one, `feed` returns at once, and steps that come late are joined.

    The end of a `with` statement closes it; where an error ends the statement, the open segment is dropped.
    """

    def __init__(
        self, parts: Parts, options: StreamOptions, on_event: OnEvent | None = None, *, worker: bool = False
    ) -> None:
        """Open a stream.

        Args:
            parts: what it works with.
            options: how it is transcribed.
            on_event: called with each event, in the thread that does the work; None keeps them for `events`.
            worker: do the work in a thread of its own.
        """
        self._queue: Final = EventQueue(options.max_queued_partials)
        self._processor: Final = Processor(parts, options, on_event or self._queue.put)
        self._emit: Final = on_event or self._queue.put
        self._resampler: Final = LiveResampler(SAMPLE_RATE)
        self._lock: Final = RLock()
        self._is_working = self._is_closed = False
        self._is_flushed = True
        max_waiting = round(options.max_buffer_sec * SAMPLE_RATE)
        self._worker: Final = Worker(self._work, max_waiting, self._lock) if worker else None

    @property
    def stats(self) -> Stats:
        """What the stream did so far."""
        return self._processor.counts.stats(self._processor.audio_s, self._queue.num_dropped)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    def feed(self, samples: Array, sample_rate: int = SAMPLE_RATE) -> None:
        """Take the next samples, from one on.

        Args:
            samples: floats in [-1, 1] or integers, shape (n,) or (n, channels); channels are averaged, what
                is outside [-1, 1] is clipped.
            sample_rate: in Hz; other rates than 16 kHz are resampled on the fly.

        Raises:
            AudioError: samples that are NaN or infinite, or an impossible rate or shape; none were taken.
            UsageError: the stream was closed.
        """
        self._require_open()
        arrived_at = perf_counter()
        self._is_flushed = False
        ready = self._resampler.feed(samples, sample_rate)
        for start in range(0, len(ready), _BLOCK):
            self._hand_on(ready[start : start + _BLOCK], arrived_at)

    def events(self) -> Iterator[StreamEvent]:
        """Yield the events that were not read yet; with `on_event`, there are none.

        Without a worker they end with the last one that is there, with one when the stream is closed.

        Raises:
            Exception: what went wrong in the worker, behind the events before it.
        """
        yield from self._queue.take(wait=self._worker is not None)
        if self._worker is not None:
            self._worker.raise_failure()

    def flush(self) -> None:
        """Take what was fed as all there is for now: end the open segment, and give the stats.

        The stream may be fed on, as after a pause.
        """
        self._require_open()
        self._flush()

    def cancel(self) -> None:
        """Drop the open segment and all that was fed; it gets no final. Any thread may call it.

        A step that runs is waited for. The stream may be fed on.
        """
        self._processor.cancel()
        if self._worker is not None:
            self._worker.drop()
        with self._lock:
            if not self._is_working:
                self._resampler.finish()
                self._processor.apply_cancel()

    def close(self) -> None:
        """Flush the stream and end it, and its worker. A second call does nothing."""
        if self._is_closed:
            return
        try:
            if not self._is_flushed:
                self._flush()
        finally:
            self._is_closed = True
            if self._worker is not None:
                self._worker.close()
            self._queue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.cancel()
            self._is_flushed = True
        self.close()

    def _hand_on(self, samples: Waveform, arrived_at: float) -> None:
        if self._worker is not None:
            self._worker.put(samples, arrived_at)
        else:
            self._work([(samples, arrived_at)], flush=False)

    def _flush(self) -> None:
        self._is_flushed = True
        rest = [(self._resampler.finish(), perf_counter())]
        if self._worker is not None:
            self._worker.flush(rest)
        else:
            self._work(rest, flush=True)

    def _work(self, chunks: list[tuple[Waveform, float]], *, flush: bool) -> None:
        merge = self._worker is not None
        with self._lock:
            self._is_working = True
            try:
                for samples, arrived_at in chunks:
                    self._processor.add(samples, arrived_at)
                if flush:
                    self._processor.flush(merge=merge)
                    self._emit(self.stats)
                else:
                    self._processor.run(merge=merge)
            except BaseException:
                self._queue.close()
                raise
            finally:
                self._is_working = False

    def _require_open(self) -> None:
        if self._worker is not None:
            self._worker.raise_failure()
        if self._is_closed:
            raise UsageError("This stream was closed. Open another with Recognizer.stream.")

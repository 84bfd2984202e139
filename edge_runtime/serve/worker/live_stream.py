"""One stream of the model process: commands in, events out."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Final

import msgspec
import numpy as np

from edge_runtime.serve.model.messages import Close, Closed, Drop, Event, Flush, OpenStream, Samples, Taken
from edge_runtime.serve.worker.failing import failed
from edge_runtime.serve.worker.models import Models
from edge_runtime.serve.worker.pulse import Pulse
from edge_runtime.streaming.endpoints.options import EndpointOptions
from edge_runtime.streaming.events import StreamEvent
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.streaming.stream import Stream

Command = Samples | Flush | Drop | Close
Send = Callable[[msgspec.Struct], None]


class LiveStream:
    """A stream with a thread that waits where the stream's own work is behind."""

    def __init__(self, order: OpenStream, models: Models, pulse: Pulse, send: Send) -> None:
        """Open the stream in its thread; a problem is answered as any other of it.

        Args:
            order: how it is transcribed.
            models: decode and align it.
            pulse: tells whether it goes on.
            send: takes its messages, from any thread.
        """
        self._order: Final = order
        self._models: Final = models
        self._pulse: Final = pulse
        self._send: Final = send
        self._commands: Final[SimpleQueue[Command | None]] = SimpleQueue()
        Thread(target=self._run, daemon=True, name=f"edge-asr-stream-{order.id}").start()

    def put(self, command: Command) -> None:
        """Take a command; they are followed in order."""
        self._commands.put(command)

    def cancel(self) -> None:
        """Drop all and end: nobody listens any more."""
        self._commands.put(None)

    def _run(self) -> None:
        order = self._order
        try:
            with _open(order, self._models, self._emit) as stream:
                while self._follow(stream):
                    pass
        except Exception as error:  # noqa: BLE001  # of this stream alone
            self._send(failed(order.id, error))
            return
        self._send(Closed(order.id))

    def _follow(self, stream: Stream) -> bool:
        """Do the next command; return whether more may follow."""
        command = self._commands.get()
        if isinstance(command, Samples):
            with self._pulse.working():
                stream.feed(np.frombuffer(command.data, "<i2"), self._order.rate)
            self._send(Taken(self._order.id, len(command.data)))
        elif command is None or isinstance(command, Drop):
            stream.cancel()
        else:
            with self._pulse.working():
                stream.flush()
        return command is not None and not isinstance(command, Close)

    def _emit(self, event: StreamEvent) -> None:
        self._send(Event(self._order.id, msgspec.json.encode(event)))


def _open(order: OpenStream, models: Models, emit: Callable[[StreamEvent], None]) -> Stream:
    default = EndpointOptions()
    endpoint = EndpointOptions(
        threshold=order.threshold,
        neg_threshold=min(default.neg_threshold, order.threshold),
        start_pad_ms=order.start_pad_ms,
        silence_ms=order.silence_ms,
        end_pad_ms=min(default.end_pad_ms, order.silence_ms),
    )
    options = StreamOptions(language=order.language, context=order.context, endpoint=endpoint)
    aligner = models.aligner if order.words else None
    return models.recognizer.stream(options, on_event=emit, aligner=aligner, worker=True)

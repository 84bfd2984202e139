"""Events that wait for whoever reads them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from threading import Condition
from typing import Final

from edge_runtime.streaming.events import Partial, StreamEvent


class EventQueue:
    """Holds events in order. Threads may share it.

    Nothing is lost to a slow reader: where too many partials wait, the last of them takes in the next one of
    its segment, and is counted as dropped. Other events are few, and always wait.
    """

    def __init__(self, max_partials: int) -> None:
        """Take how many partials may wait."""
        self._max_partials: Final = max_partials
        self._events: Final[deque[StreamEvent]] = deque()
        self._changed: Final = Condition()
        self._num_partials = self._num_dropped = 0
        self._is_closed = False

    @property
    def num_dropped(self) -> int:
        """Partials that were joined with the next."""
        return self._num_dropped

    def put(self, event: StreamEvent) -> None:
        """Add an event; never waits."""
        with self._changed:
            if isinstance(event, Partial):
                event = self._joined(event)
                self._num_partials += 1
            self._events.append(event)
            self._changed.notify_all()

    def close(self) -> None:
        """Say that no event will come; who waits for one waits no more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def take(self, *, wait: bool) -> Iterator[StreamEvent]:
        """Yield events and forget them.

        Args:
            wait: for events to come, until the queue is closed; else end with the last one that is there.
        """
        while True:
            with self._changed:
                while wait and not self._events and not self._is_closed:
                    self._changed.wait()
                if not self._events:
                    return
                event = self._events.popleft()
                self._num_partials -= isinstance(event, Partial)
            yield event

    def _joined(self, event: Partial) -> Partial:
        """Return the event, with the last one of its segment in it where too many wait."""
        last = self._events[-1] if self._events else None
        if self._num_partials < self._max_partials or not isinstance(last, Partial):
            return event
        self._events.pop()
        self._num_partials -= 1
        self._num_dropped += 1
        return replace(event, stable_added=last.stable_added + event.stable_added)

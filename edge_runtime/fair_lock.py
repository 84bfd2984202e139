"""A lock that threads get in the order in which they asked for it."""

from __future__ import annotations

from collections import deque
from threading import Lock, get_ident
from types import TracebackType
from typing import Final


class FairLock:
    """A reentrant lock. `threading.RLock` lets a thread that asks again at once go before those that wait."""

    def __init__(self) -> None:
        """Begin unlocked."""
        self._mutex: Final = Lock()
        self._waiting: Final[deque[tuple[int, Lock]]] = deque()
        self._owner: int | None = None
        self._depth = 0

    def acquire(self) -> None:
        """Take the lock, behind the threads that wait for it."""
        me = get_ident()
        with self._mutex:
            if self._owner in (None, me):
                self._owner = me
                self._depth += 1
                return
            gate = Lock()
            gate.acquire()
            self._waiting.append((me, gate))
        try:
            gate.acquire()
        except BaseException:  # Ctrl-C: nobody may hand the lock to a thread that has gone
            self._give_up(me, gate)
            raise

    def release(self) -> None:
        """Hand the lock to the thread that waits longest."""
        with self._mutex:
            self._depth -= 1
            if self._depth:
                return
            if not self._waiting:
                self._owner = None
                return
            self._owner, gate = self._waiting.popleft()
            self._depth = 1
            gate.release()

    def _give_up(self, me: int, gate: Lock) -> None:
        with self._mutex:
            is_waiting = (me, gate) in self._waiting
            if is_waiting:
                self._waiting.remove((me, gate))
        if not is_waiting:
            self.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

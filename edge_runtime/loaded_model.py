"""What every loaded model promises: any thread may call it, one process owns it, it can be closed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Final, Generic, NoReturn, TypeVar

from edge_runtime.errors import UsageError
from edge_runtime.fair_lock import FairLock

if TYPE_CHECKING:
    from typing_extensions import Self

Graphs = TypeVar("Graphs")
Value = TypeVar("Value")
_END: Final = object()


class LoadedModel(Generic[Graphs]):
    """Base of the models that hold graphs: calls from several threads queue, other processes are refused.

    The caches and the bound memory of a graph belong to one call at a time. Threads of a back end do not
    survive `fork`, and a lock that another thread held at that moment would never be released in the child.
    """

    def __init__(self, graphs: Graphs) -> None:
        """Take the graphs; nobody else keeps them, so that `close` frees their memory."""
        self._graphs: Graphs | None = graphs
        self._lock: Final = FairLock()
        self._owner_pid: Final = os.getpid()

    def close(self) -> None:
        """Free the graphs and their memory, after the call that is running. A second call does nothing.

        An iterator of `transcribe_each` that was not read to its end keeps them until it is dropped. In a
        forked child the graphs are the parent's, and stay as they are.
        """
        if os.getpid() == self._owner_pid:
            with self._lock:
                self._graphs = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._graphs is None

    def __enter__(self) -> Self:
        """Return the model; the end of the `with` statement closes it."""
        with self._exclusive():
            return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _exclusive(self) -> Iterator[Graphs]:
        """Hold the graphs for the body.

        Raises:
            UsageError: the model was loaded by another process, or is closed.
        """
        self._require_owner()
        with self._lock:
            if self._graphs is None:
                name = type(self).__name__
                raise UsageError(f"This {name} was closed. Load another with {name}.load.")
            yield self._graphs

    def _each_exclusive(self, start: Callable[[Graphs], Iterator[Value]]) -> Iterator[Value]:
        """Yield values, holding the graphs while each is computed, not while the caller uses it."""
        with self._exclusive() as graphs:
            values = start(graphs)
        del graphs
        while True:
            with self._exclusive():
                value = next(values, _END)
            if value is _END:
                return
            yield value  # type: ignore[misc]  # no value is the sentinel

    def _require_owner(self) -> None:
        if os.getpid() != self._owner_pid:
            raise UsageError(
                f"This {type(self).__name__} was loaded by process {self._owner_pid}, before the fork. "
                f"Load one in each process."
            )

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(
            f"A {name} holds graphs that its process loaded, and cannot be pickled or copied. Threads share "
            f"one as it is. Pass the path of its bundle to other processes, and load one in each."
        )

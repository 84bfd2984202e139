"""What every loaded model promises its callers: any thread may call it, and one process owns it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Final, NoReturn, TypeVar

from edge_runtime.errors import UsageError

Value = TypeVar("Value")
_END: Final = object()


class LoadedModel:
    """Base of the models that hold graphs: calls from several threads queue, other processes are refused.

    The caches and the bound memory of a graph belong to one call at a time. Threads of a back end do not
    survive `fork`, and a lock that another thread held at that moment would never be released in the child.
    """

    def __init__(self) -> None:
        self._lock: Final = RLock()
        self._owner_pid: Final = os.getpid()

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold the model for the body.

        Raises:
            UsageError: it was loaded by another process.
        """
        self._require_owner()
        with self._lock:
            yield

    def _each_exclusive(self, values: Iterator[Value]) -> Iterator[Value]:
        """Yield values, holding the model while each is computed, not while the caller uses it."""
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
        raise TypeError(
            f"A {type(self).__name__} holds graphs that its process loaded, and cannot be pickled or copied. "
            f"Pass the path of its bundle, and load one in each process."
        )

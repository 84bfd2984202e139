"""TensorRT's log. The first logger that a process registers serves all later builders, so there is one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from edge_export.engine.binding import Binding

_LOG: Final = logging.getLogger(__name__)
_FAILURES: Final = ("INTERNAL_ERROR", "ERROR")
_LEVELS: Final = {"WARNING": logging.DEBUG, "INFO": logging.DEBUG, "VERBOSE": logging.NOTSET}


@dataclass(slots=True)
class Record:
    """What TensorRT said; `errors` in the order they came."""

    errors: list[str] = field(default_factory=list)

    @property
    def first_error(self) -> str | None:
        """The cause: what comes after it only follows from it."""
        return self.errors[0] if self.errors else None


@dataclass(slots=True)
class EngineLog:
    """The process's logger and what it holds.

    Attributes:
        logger: to hand to builders and parsers.
        record: filled while `recording`.
    """

    logger: Any
    record: Record = field(default_factory=Record)

    def take(self, severity: str, text: str) -> None:
        """Take one message; called from TensorRT's threads."""
        if severity in _FAILURES:
            self.record.errors.append(" ".join(text.split()))
            return
        _LOG.log(_LEVELS.get(severity, logging.DEBUG), "%s: %s", severity.lower(), text)

    @contextmanager
    def recording(self) -> Iterator[Record]:
        """Give the record of what is said inside; errors of earlier work are not part of it."""
        self.record = Record()
        yield self.record


def engine_log(binding: Binding) -> EngineLog:
    """Return the logger of this process for a library."""
    return _log_of(binding.module)


@cache
def _log_of(module: Any) -> EngineLog:
    class Logger(module.ILogger):  # type: ignore[misc] # the base exists at run time only
        def __init__(self) -> None:
            module.ILogger.__init__(self)

        def log(self, severity: Any, msg: str) -> None:
            log.take(str(severity).rpartition(".")[2], msg)

    log = EngineLog(logger=Logger())
    return log

"""TensorRT and TensorRT-RTX: the module, its one logger, and the errors that failed calls mean."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from threading import get_ident
from typing import Any, Final

from edge_runtime.bundle.manifest import Target
from edge_runtime.errors import (
    BackendUnavailableError,
    DeviceLostError,
    EdgeAsrError,
    GraphError,
    ResourceError,
)

_MODULES: Final[dict[Target, str]] = {"tensorrt": "tensorrt", "tensorrt-rtx": "tensorrt_rtx"}
_MAX_ERRORS: Final = 16
_LOG: Final = logging.getLogger(__name__)


def load_trt(target: Target) -> Any:
    """Import the package that runs the plans of `target`.

    Raises:
        ModuleNotFoundError: it is not installed.
        BackendUnavailableError: it does not load, since its libraries are missing or of another version.
    """
    try:
        return import_module(_MODULES[target])
    except ModuleNotFoundError:
        raise
    except (ImportError, OSError) as error:
        raise BackendUnavailableError(
            f"The Python package {_MODULES[target]!r} is installed and does not load: {error}. "
            f"Install bindings and libraries of one TensorRT version."
        ) from error


@cache
def shared_logger(trt: Any) -> Any:
    """Return the process's logger, made on first use.

    TensorRT keeps the first logger for the life of the process and ignores every later one, so builder and
    runtime must share it.
    """

    class Logger(trt.ILogger):  # type: ignore[misc]
        """Gives errors to whoever makes the call during which they come; the rest only goes to the log."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self._open: list[_Collected] = []

        @contextmanager
        def collecting(self) -> Iterator[list[str]]:
            """Yield the list of the errors that are logged until the end of the body, the causes first."""
            collected = _Collected(get_ident(), [])
            self._open.append(collected)
            try:
                yield collected.errors
            finally:
                self._open = [each for each in self._open if each is not collected]

        def log(self, severity: Any, message: str) -> None:
            """Take one message; called from the thread of a call, and from TensorRT's own threads."""
            receivers = self._receivers() if int(severity) <= int(trt.ILogger.Severity.ERROR) else []
            for errors in receivers:
                errors.append(" ".join(message.split()))
            if not receivers:
                _LOG.debug("%s", message)

        def _receivers(self) -> list[list[str]]:
            """Return the lists of this thread's calls; of all calls, where TensorRT made the thread."""
            opened = self._open
            own = [each for each in opened if each.thread == get_ident()] or opened
            return [each.errors for each in own if len(each.errors) < _MAX_ERRORS]

    return Logger()


@dataclass(frozen=True, slots=True)
class _Collected:
    """Errors of the calls that one thread makes."""

    thread: int
    errors: list[str]


def start(factory: Callable[[Any], Any], logger: Any) -> Any:
    """Return a `Runtime` or `Builder` made with the shared logger.

    Raises:
        BackendUnavailableError: there is no usable driver.
        ResourceError: the GPU has no memory left.
        GraphError: TensorRT does not start for another reason.
    """
    with logger.collecting() as errors:
        try:
            return factory(logger)
        except TypeError as error:
            # pybind11 raises it where TensorRT's factory returns a null pointer; the reason is in the log.
            raise trt_error(errors or [str(error)], "starting") from error


def trt_error(errors: Sequence[str], action: str) -> EdgeAsrError:
    """Return the error for a TensorRT call that failed.

    Args:
        errors: what TensorRT logged during the call.
        action: what the call was to do, for the message.
    """
    reason = errors[0] if errors else "no reason given"
    message = f"TensorRT failed {action}: {reason}."
    for pattern, kind, hint in _ERROR_KINDS:
        if re.search(pattern, reason):
            return kind(f"{message} {hint}")
    return GraphError(
        f"{message} An engine runs on the GPU and TensorRT version it was built with: "
        f"rebuild it there with `edge-asr build-engines`."
    )


_ERROR_KINDS: Final = (
    (
        # Where the GPU has no memory left for a context, TensorRT does not start, with CUDA's error 2.
        r"out of memory|OutOfMemory|OUT_OF_MEMORY|cudaErrorMemoryAllocation|ization failure with error: 2\b",
        ResourceError,
        "Free GPU memory, or build with a smaller cache or profile.",
    ),
    (
        r"insufficient for CUDA runtime|cudaError 35|no CUDA-capable device|CUDA initialization failure",
        BackendUnavailableError,
        "There is no usable NVIDIA driver or GPU; check `nvidia-smi`.",
    ),
    (
        r"illegal memory access|unspecified launch failure|misaligned address",
        DeviceLostError,
        "The GPU stopped working for this process; restart the worker.",
    ),
)
"""Patterns of TensorRT's messages, the error that they mean, and a hint; TensorRT reports no codes."""

"""TensorRT and TensorRT-RTX: the module, its one logger, and the errors that failed calls mean."""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
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
        """Keeps the first errors, which are the causes; what follows from them only goes to the log."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            """Take one message; called from TensorRT's threads."""
            if int(severity) > int(trt.ILogger.Severity.ERROR) or len(self.errors) == _MAX_ERRORS:
                _LOG.debug("%s", message)
            else:
                self.errors.append(" ".join(message.split()))

    return Logger()


def trt_error(logger: Any, action: str) -> EdgeAsrError:
    """Return the error for a TensorRT call that returned None or False.

    Args:
        logger: the shared logger; its errors are cleared.
        action: what the call was to do, for the message.
    """
    reason = logger.errors[0] if logger.errors else "no reason given"
    logger.errors.clear()
    message = f"TensorRT failed {action}: {reason}."
    for marks, kind, hint in _ERROR_KINDS:
        if any(mark in reason for mark in marks):
            return kind(f"{message} {hint}")
    return GraphError(
        f"{message} An engine runs on the GPU and TensorRT version it was built with: "
        f"rebuild it there with `edge-asr build-engines`."
    )


_ERROR_KINDS: Final = (
    (
        (
            "insufficient for CUDA runtime",
            "cudaError 35",
            "no CUDA-capable device",
            "CUDA initialization failure",
        ),
        BackendUnavailableError,
        "There is no usable NVIDIA driver or GPU; check `nvidia-smi`.",
    ),
    (
        ("out of memory", "OutOfMemory", "OUT_OF_MEMORY", "cudaErrorMemoryAllocation"),
        ResourceError,
        "Free GPU memory, or build with a smaller cache or profile.",
    ),
    (
        ("illegal memory access", "unspecified launch failure", "misaligned address"),
        DeviceLostError,
        "The GPU stopped working for this process; restart the worker.",
    ),
)
"""Phrases in TensorRT's messages, the error that they mean, and a hint; TensorRT reports no codes."""

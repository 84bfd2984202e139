"""TensorRT's error texts, turned into errors that say what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge_runtime.errors import BackendUnavailableError, EdgeAsrError, GraphError, ResourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_CHARS: Final = 400
"""Characters of TensorRT's own text that a message quotes."""


@dataclass(frozen=True, slots=True)
class _Cause:
    pattern: re.Pattern[str]
    error: type[EdgeAsrError]
    problem: str
    hint: str


def _cause(pattern: str, error: type[EdgeAsrError], problem: str, hint: str) -> _Cause:
    return _Cause(re.compile(pattern, re.IGNORECASE), error, problem, hint)


_NO_DRIVER: Final = _cause(
    r"cudaError 35\b|driver version is insufficient|CUDA initialization failure with error: (?!2\b)"
    r"|cudaErrorNoDevice"
    r"|no CUDA-capable device",
    BackendUnavailableError,
    "there is no usable NVIDIA driver or GPU",
    "Install or update the driver (`nvidia-smi` shows it), or build ahead of time with "
    "--target tensorrt-rtx --compute-capability",
)
_CAUSES: Final = (
    _NO_DRIVER,
    _cause(
        r"no tactics to implement the operation within workspace|insufficient workspace",
        ResourceError,
        "the workspace is too small for every implementation of an operation",
        "Free GPU memory, or choose a recipe with smaller profiles",
    ),
    _cause(
        r"out of memory|OutOfMemory|cudaError 2\b|cudaErrorMemoryAllocation|bad_alloc|failed to allocate"
        r"|initialization failure with error: 2\b",
        ResourceError,
        "memory ran out",
        "Close other programs, choose a recipe with smaller profiles or a lower --precision, or build on a "
        "larger machine of the same kind",
    ),
    _cause(
        r"HW-specific datatypes|not supported (?:on|by) (?:this|the) (?:GPU|device|platform|hardware)"
        r"|platform does not support|does not support (?:BF16|BFloat16|FP8|FP4|INT4|INT8)"
        r"|(?:FP8|BF16|BFloat16|FP4|NVFP4).{0,80}(?:not supported|unsupported|requires SM)",
        BackendUnavailableError,
        "the GPU lacks the precision of the graph",
        "Choose another --precision (fp16 runs on every supported GPU), or leave that GPU out of "
        "--compute-capability",
    ),
    _cause(
        r"unsupported SM|Target GPU SM \d+ is not supported|SM version .* not supported",
        BackendUnavailableError,
        "this TensorRT does not build for that GPU",
        "Update TensorRT, or choose another --target",
    ),
)
"""Known causes, the most specific first.

Source: texts of TensorRT-RTX 1.7.1 (driver, workspace, fp8 below SM89) and of TensorRT 10 and 11 (the rest).
"""


def build_error(component: str, errors: Sequence[str]) -> EdgeAsrError:
    """Return what to raise when a builder gave no engine.

    Args:
        component: which graph.
        errors: what TensorRT said; the first with a known cause is reported, else the first of all.
    """
    # Compiling ahead works without a driver, but every failure then adds an error of the driver.
    later = (text for text in errors[1:] if not _NO_DRIVER.pattern.search(text))
    for text in (*errors[:1], *later):
        for cause in _CAUSES:
            if cause.pattern.search(text):
                return cause.error(
                    f"The {component} engine cannot be built: {cause.problem}. {cause.hint}. "
                    f"TensorRT: {shorten(text)}"
                )
    reason = shorten(errors[0]) if errors else "no reason given"
    return GraphError(
        f"The {component} engine cannot be built: {reason}. Run again with --verbose; another --precision or "
        f"TensorRT version may build it."
    )


def parse_error(component: str, errors: Sequence[str], version: str) -> GraphError:
    """Return what to raise when the parser refuses a graph."""
    reason = shorten(errors[0]) if errors else "no reason given"
    return GraphError(
        f"TensorRT {version} cannot parse the {component} graph: {reason}. Update TensorRT, or build with "
        f"--target ort-cpu."
    )


def shorten(text: str) -> str:
    """Return TensorRT's text on one line, cut to `_MAX_CHARS`."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_CHARS else line[:_MAX_CHARS] + "…"

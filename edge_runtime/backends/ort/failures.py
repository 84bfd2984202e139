"""Exceptions of ONNX Runtime as typed errors, with cause and way out where its text names one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from edge_runtime.errors import BackendUnavailableError, GraphError, ResourceError
from edge_runtime.starved import is_starved

JETSON: Final = (
    "On a Jetson use a bundle for `--target tensorrt`: onnxruntime-gpu of PyPI has no kernels for its GPU."
)
"""Way out on aarch64: the wheel of 1.31.1 has kernels of compute capability 8.9, 9.0, 12.0 and 12.1 alone."""
_MEMORY: Final = ("failed to allocate", "alloc_failed")
"""Parts of messages of CUDA, cuBLAS and cuDNN beside those of `is_starved`, in lower case."""
_NO_KERNEL_IMAGE: Final = ("no kernel image", "nokernelimagefordevice")
_OPSET: Final = re.compile(r"Opset (\d+) is under development.* till opset (\d+)", re.DOTALL)
_NO_KERNEL: Final = re.compile(r"Could not find an implementation for (\w+\(\d+\))")
_RELEASES: Final[Mapping[str, str]] = {"24": "1.25"}
"""Opset → first release that runs graphs of it on a CPU."""


def backend_error(error: Exception, action: str) -> BackendUnavailableError | GraphError | ResourceError:
    """Return the typed error for an exception of ONNX Runtime."""
    text, reason = str(error).lower(), _first_line(error)
    if is_starved(error) or any(part in text for part in _MEMORY):
        return ResourceError(f"Out of memory {action}: {reason}. Give shorter audio, or free memory.")
    if any(part in text for part in _NO_KERNEL_IMAGE):
        return BackendUnavailableError(
            f"The onnxruntime-gpu installed has no kernels for this GPU, {action}: {reason}. It is for "
            f"desktop GPUs on x86-64. {JETSON}"
        )
    return GraphError(f"ONNX Runtime failed {action}: {reason}. Check the bundle with `edge-asr verify`.")


def load_error(
    error: Exception, action: str, version: str
) -> BackendUnavailableError | GraphError | ResourceError:
    """Return the typed error for an exception that ONNX Runtime raised for a graph.

    Args:
        error: the exception.
        action: what the caller was doing.
        version: of ONNX Runtime.
    """
    text = str(error)
    if (opsets := _OPSET.search(text)) is not None:
        opset, newest = opsets.groups()
        return _too_old(
            f"The graph has opset {opset}, and onnxruntime {version} runs up to {newest}", opset, action
        )
    if (kernel := _NO_KERNEL.search(text)) is not None:
        return _too_old(f"onnxruntime {version} has no kernel of {kernel[1]}", None, action)
    return backend_error(error, action)


def _too_old(cause: str, opset: str | None, action: str) -> BackendUnavailableError:
    release = _RELEASES.get(opset or "")
    newer = f"onnxruntime {release} or later" if release else "a newer onnxruntime"
    return BackendUnavailableError(
        f"{cause}, {action}. Install {newer} (`pip install --upgrade onnxruntime`, Python 3.11 or later), "
        f"or build the bundle again for fp32, int8 or int4, whose default graphs run on 1.23."
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__

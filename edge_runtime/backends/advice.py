"""What to install for a back end on this kind of machine: on a Jetson, never what pip has for servers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edge_runtime.backends.cuda.jetson import is_jetson
from edge_runtime.bundle.manifest import Target

EXTRAS: Final[Mapping[Target, str]] = {
    "ort-cpu": "cpu",
    "ort-cuda": "gpu",
    "tensorrt": "tensorrt",
    "tensorrt-rtx": "rtx",
}
BINDINGS: Final = "usr/lib/python3*/dist-packages/tensorrt"
"""Where the package `python3-libnvinfer` puts TensorRT's module."""
_ON_JETSON: Final[Mapping[Target, str]] = {
    "ort-cuda": "On a Jetson use a bundle for `--target tensorrt`: pip has no ONNX Runtime with kernels for "
    "its GPU.",
    "tensorrt": "On a Jetson TensorRT comes with JetPack: `sudo apt install tensorrt python3-libnvinfer`; "
    "make the environment with `python3 -m venv --system-site-packages` (docs/jetson.md).",
    "tensorrt-rtx": "TensorRT-RTX is for GPUs of PCs: on a Jetson use a bundle for `--target tensorrt`.",
}


def install_advice(target: Target, root: Path = Path("/")) -> str:
    """Return one sentence that says what to install, or to do instead, for a back end that is missing.

    Args:
        target: of the bundle.
        root: of the file system.
    """
    if target == "tensorrt" and (python := _hidden_bindings(root)) is not None:
        return (
            f"TensorRT is installed for {python} of the system, and this environment does not see it: make "
            f"the environment with `{python} -m venv --system-site-packages`."
        )
    return package_advice(target, root)


def package_advice(target: Target, root: Path = Path("/")) -> str:
    """Return one sentence that says where this kind of machine gets a back end from."""
    if is_jetson(root) and target in _ON_JETSON:
        return _ON_JETSON[target]
    return f"Install it with `{install_command(target)}`."


def install_command(target: Target) -> str:
    """Return the command that installs a back end from PyPI."""
    return f"pip install 'edge-asr[{EXTRAS[target]}]'"


def _hidden_bindings(root: Path) -> str | None:
    """Return the system's Python that has TensorRT's module, as `python3.10`; None without one."""
    pythons = sorted(path.parents[1].name for path in root.glob(BINDINGS))
    return pythons[-1] if pythons else None

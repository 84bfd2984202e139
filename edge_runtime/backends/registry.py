"""Open the back end that runs a bundle's target; its module is imported on first use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from edge_runtime.backends.advice import install_advice, package_advice
from edge_runtime.backends.graph_file import GraphFile
from edge_runtime.backends.session import EngineEnvironment, Session, SessionOptions
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.bundle.manifest import Target
from edge_runtime.bundle.specs import Component
from edge_runtime.errors import BackendUnavailableError, ResourceError
from edge_runtime.heap import release_large_blocks
from edge_runtime.starved import is_starved

_BACKENDS: Final[Mapping[Target, str]] = {
    "ort-cpu": "edge_runtime.backends.ort.session",
    "ort-cuda": "edge_runtime.backends.ort.session",
    "tensorrt": "edge_runtime.backends.trt.session",
    "tensorrt-rtx": "edge_runtime.backends.trt.session",
}


def open_session(
    target: Target, component: Component, graph: Path | GraphFile, options: SessionOptions
) -> Session:
    """Load a graph with the back end of `target`.

    From the first on, this process returns large freed blocks to the system: recordings of many lengths would
    leave them scattered over the heap.

    Args:
        target: which back end the bundle was built for.
        component: the graph's description.
        graph: a graph that was verified, or the path of one of the caller's own, weight files beside it.
        options: threads and device.

    Raises:
        BackendUnavailableError: the back end is not part of this installation, or has no device here.
        GraphError: the back end refuses the graph, or its tensors differ from `component`.
        ResourceError: the graph does not fit the device's memory.
    """
    release_large_blocks()
    with _import_backend(target) as backend:
        session: Session = backend.open_session(component, graph, options, target)
    return session


def engine_environment(target: Target, options: SessionOptions) -> EngineEnvironment:
    """Describe what an engine of `target` would run with on this machine.

    Raises:
        BackendUnavailableError: a package, a driver or a device is missing; the message says which.
    """
    with _import_backend(target) as backend:
        environment: EngineEnvironment = backend.environment(target, options)
    return environment


def probe_target(target: Target, options: SessionOptions) -> None:
    """Run something tiny with the back end of `target`.

    Raises:
        BackendUnavailableError: a package, a driver or a device is missing; the message says which.
        ResourceError: the machine or the device has no memory left.
    """
    with _import_backend(target) as backend:
        backend.probe(target, options)


@contextmanager
def _import_backend(target: Target) -> Iterator[ModuleType]:
    try:
        yield import_module(_BACKENDS[target])
    except ModuleNotFoundError as error:
        raise BackendUnavailableError(
            f"Target {target!r} needs the Python package {error.name!r}, which is not installed. "
            f"{install_advice(target)}"
        ) from error
    except ImportError as error:  # a library of the package is missing, or of another version
        if is_starved(error):
            raise ResourceError(
                f"Target {target!r}: no memory to load its back end ({error}). Free memory, or raise the "
                f"process's limit."
            ) from error
        raise BackendUnavailableError(
            f"Target {target!r}: the Python package of its back end is installed and does not load: {error}. "
            f"{package_advice(target)} `--force-reinstall` replaces what is broken."
        ) from error


def open_component(bundle: Bundle, name: str, options: SessionOptions | None) -> Session:
    """Load one graph of a verified bundle.

    Raises:
        BundleError: the bundle has no such graph.
        GraphError: the back end refuses it.
    """
    graph = GraphFile.of(bundle, name)
    return open_session(bundle.manifest.target, bundle.component(name), graph, options or SessionOptions())

"""The seam between speech and back ends: one loaded graph, run on some device.

A session owns device memory. Arrays that must stay on the device between calls (the key/value cache)
are `DeviceTensor`s: opaque to everybody else, bound once, updated in place, never copied to the host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol

from edge_runtime.arrays import Array
from edge_runtime.errors import BackendUnavailableError
from edge_runtime.manifest import Component, Target


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How a back end should run.

    Attributes:
        threads: CPU threads of one graph; 0 leaves the choice to the back end.
        device_id: which accelerator, where there are several.
    """

    threads: int = 0
    device_id: int = 0


class DeviceTensor(Protocol):
    """Memory on the session's device; only the session that made it looks inside."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Dimensions."""
        ...


class Binding(Protocol):
    """A graph with some tensors bound to fixed device memory."""

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """Run once.

        Args:
            feeds: every graph input that is not bound, by name.

        Returns:
            Every graph output that is not bound, by name, on the host.
        """
        ...


class Session(Protocol):
    """One loaded graph."""

    @property
    def component(self) -> Component:
        """What the manifest says of the graph."""
        ...

    def allocate(self, name: str, dims: Mapping[str, int]) -> DeviceTensor:
        """Allocate zeroed device memory for the input `name`, its dynamic dimensions taken from `dims`."""
        ...

    def bind(self, tensors: Mapping[str, DeviceTensor]) -> Binding:
        """Fix graph inputs and outputs to device memory; one tensor may serve an input and an output."""
        ...


_BACKENDS: Final[Mapping[Target, tuple[str, str]]] = {
    "ort-cpu": ("edge_runtime.session_ort", "cpu"),
}


def open_session(target: Target, component: Component, graph: Path, options: SessionOptions) -> Session:
    """Load a graph with the back end of `target`.

    Args:
        target: which back end the bundle was built for.
        component: the graph's description.
        graph: the graph file, weight files beside it; the caller has verified their hashes.
        options: threads and device.

    Raises:
        BackendUnavailableError: the back end is not part of this installation.
        GraphError: the back end refuses the graph, or its tensors differ from `component`.
    """
    if target not in _BACKENDS:
        raise BackendUnavailableError(
            f"This bundle targets {target!r}, which this version of edge-asr cannot run "
            f"(it runs: {', '.join(_BACKENDS)}). Build one with `edge-asr build-engines --target ort-cpu`."
        )
    module_name, extra = _BACKENDS[target]
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        raise BackendUnavailableError(
            f"Target {target!r} needs the Python package {error.name!r}, which is not installed. "
            f"Install it with `pip install 'edge-asr[{extra}]'`."
        ) from error
    session: Session = module.open_session(component, graph, options)
    return session

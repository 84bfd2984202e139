"""A graph just written, opened with the runtime's own back end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_export.graph_spec import LOGITS
from edge_runtime.backends.ort.session import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.specs import Component, TensorSpec

if TYPE_CHECKING:
    from pathlib import Path

    from edge_runtime.backends.session import Session


def open_graph(component: Component, path: Path) -> Session:
    """Load a graph with the runtime's own back end."""
    return open_session(component, path, SessionOptions())


def with_logits(component: Component, num_values: int) -> Component:
    """Describe the parity build of a graph whose head gives `num_values` logits a row."""
    rows = next(tensor.shape for tensor in component.outputs if tensor.name == "logprob")
    logits = TensorSpec(name=LOGITS, dtype="float32", shape=(*rows, num_values))
    fields = {name: getattr(component, name) for name in component.__struct_fields__}
    return Component(**fields | {"outputs": (*component.outputs, logits)})

"""A graph of a bundle, loaded by the bundle's back end."""

from __future__ import annotations

from edge_runtime.backends.session import Session, SessionOptions, open_session
from edge_runtime.bundle.bundle import Bundle


def open_component(bundle: Bundle, name: str, options: SessionOptions | None) -> Session:
    """Load one graph of a verified bundle.

    Raises:
        BundleError: the bundle has no such graph.
        GraphError: the back end refuses it.
    """
    component = bundle.component(name)
    graph = bundle.path(component.graph)
    return open_session(bundle.manifest.target, component, graph, options or SessionOptions())

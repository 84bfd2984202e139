"""The routes of the server."""

from __future__ import annotations

from starlette.applications import Starlette

from edge_runtime.serve.page_files import page_route


def build_app() -> Starlette:
    """Return the application; its table of routes is `docs/serve.md`."""
    return Starlette(routes=[page_route()])

"""The file of a graph or an engine, as it was opened and hashed, and the files that it may name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge_runtime.bundle.bundle import Bundle
from edge_runtime.errors import BundleError, GraphError
from edge_runtime.opened_file import OpenedFile, open_file


@dataclass(frozen=True, slots=True)
class GraphFile:
    """One graph, to be loaded.

    Attributes:
        file: its file.
        open_named: returns a file that the graph names; raises `BundleError` for any other name than those
            that may be opened.
    """

    file: OpenedFile
    open_named: Callable[[str], OpenedFile]

    def __str__(self) -> str:
        return str(self.file)

    @property
    def path(self) -> Path:
        """Where it lay when it was opened."""
        return self.file.path

    @classmethod
    def of(cls, bundle: Bundle, component: str) -> GraphFile:
        """Return the graph of a verified bundle, which may name files that the manifest lists.

        Raises:
            BundleError: the bundle has no such component.
        """
        return cls(bundle.file(bundle.component(component).graph), bundle.file)

    @classmethod
    def at(cls, source: Path | GraphFile) -> GraphFile:
        """Return a graph of the caller's own, which may name files beside it.

        Raises:
            GraphError: it cannot be opened.
        """
        if isinstance(source, GraphFile):
            return source

        def open_beside(name: str) -> OpenedFile:
            if Path(name).name != name:
                raise BundleError(f"{source}: names {name!r}, which leads out of its folder.")
            return open_file(source.parent / name, is_ours=True)

        try:
            return cls(open_file(source, is_ours=True), open_beside)
        except BundleError as error:
            raise GraphError(f"{source} cannot be read: {error}") from error

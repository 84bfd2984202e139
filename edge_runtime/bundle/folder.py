"""The folder of a bundle, opened once: its files are of one folder even if it is renamed meanwhile."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final
from weakref import finalize

from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.errors import BundleError
from edge_runtime.opened_file import OpenedFile, open_file, require_unshared

_HAS_DIRECTORY_DESCRIPTORS: Final = os.open in os.supports_dir_fd
_WRITTEN_BY_THE_RUNTIME: Final = frozenset({"verdict.json", "verdict.partial"})
_KERNELS: Final = (".kernels", ".kernels.partial")
"""Endings of what the runtime writes beside an engine."""


class Folder:
    """Files of one folder."""

    def __init__(self, path: Path) -> None:
        """Open the folder.

        Raises:
            BundleError: there is none, or everybody may write to it.
        """
        self.path: Final = path
        self._is_ours: Final = path.absolute() in SHIPPED.values()
        self._descriptor: Final = self._open() if _HAS_DIRECTORY_DESCRIPTORS else None
        self._place: Final = path if self._descriptor is None else self._descriptor
        if not self._is_ours:
            self._require_unshared()

    def open(self, name: str) -> OpenedFile:
        """Open a file; raises as `open_file` does."""
        return open_file(self.path / name, self._descriptor, is_ours=self._is_ours)

    def subfolder(self, name: str) -> Folder:
        """Open a folder in this one.

        Raises:
            BundleError: as the constructor, and where it is a link.
        """
        if (self.path / name).is_symlink():
            raise BundleError(f"{self.path / name}: a link, and a bundle holds none. Rebuild the bundle.")
        return Folder(self.path / name)

    def require_only(self, names: Collection[str]) -> None:
        """Refuse files that the manifest does not list, and folders.

        Args:
            names: of what may be there; verdicts and compiled kernels of engines may be, too.

        Raises:
            BundleError: something else is there.
        """
        kernels = {f"{name}{ending}" for name in names for ending in _KERNELS if name.endswith(".plan")}
        for name in sorted(os.listdir(self._place)):  # noqa: PTH208 - of the descriptor
            if name not in names and name not in kernels and name not in _WRITTEN_BY_THE_RUNTIME:
                raise BundleError(
                    f"{self.path / name}: not part of the bundle, whose manifest does not list it. Move it "
                    f"away, or rebuild the bundle."
                )

    def _open(self) -> int:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            reason = error.strerror if isinstance(error, OSError) else error
            raise BundleError(
                f"{self.path}: no bundle here ({reason}). Build one with `edge-asr build-engines`, or name "
                f"one with --model."
            ) from error
        finalize(self, os.close, descriptor)
        return descriptor

    def _require_unshared(self) -> None:
        try:
            status = os.stat(self._place)  # noqa: PTH116 - of the descriptor
        except OSError as error:
            raise BundleError(f"{self.path}: no bundle here ({error.strerror}).") from error
        require_unshared(self.path, status.st_mode)

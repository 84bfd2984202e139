"""Files of a portable bundle for a library that opens them by name: the names lead to what was hashed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from edge_runtime.bundle.bundle import verify_files
from edge_runtime.bundle.folder import Folder
from edge_runtime.bundle.portable import PortableBundle
from edge_runtime.opened_file import OpenedFile

_DESCRIPTORS: Final = Path("/proc/self/fd")
"""Linux's names of what this process has open; portable bundles are compiled on Linux."""


def verified_files(portable: PortableBundle, names: Collection[str]) -> dict[str, OpenedFile]:
    """Open and hash files of one precision.

    They are hashed once more: another process verified the bundle, and took its open files with it.

    Raises:
        BundleError: a file is not as it was built.
    """
    entries = portable.graphs.manifest.files
    by_folder: dict[Path, list[str]] = {}
    for name in names:
        by_folder.setdefault(portable.path(name).parent, []).append(name)
    opened: dict[str, OpenedFile] = {}
    for directory, here in by_folder.items():
        opened |= verify_files(Folder(directory), {name: entries[name] for name in here})
    return opened


@contextmanager
def named(files: Mapping[str, OpenedFile], workspace: Path) -> Iterator[Path]:
    """Yield a folder of this process's own in which opened files have their names.

    TensorRT opens a graph, and the weights that the graph names, by path.
    """
    with TemporaryDirectory(prefix="graph-", dir=workspace) as folder:
        for name, file in files.items():
            (Path(folder) / name).symlink_to(_DESCRIPTORS / str(file.fileno()))
        yield Path(folder)

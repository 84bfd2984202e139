"""A bundle on disk: open each file once, verify every byte of it, and only then hand it out.

A serialised engine is executable code, so hashes are checked before any back end sees a file. A back end gets
the file that was hashed, not its name: what the name leads to later is never loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Final

from edge_runtime.bundle import manifest as manifest_format
from edge_runtime.bundle.bounds import require_complete
from edge_runtime.bundle.folder import Folder
from edge_runtime.bundle.manifest import MANIFEST_NAME, FileEntry, Manifest
from edge_runtime.bundle.manifest_file import UNLISTED, read_manifest_file
from edge_runtime.bundle.specs import Component
from edge_runtime.bundle.trust import Trust
from edge_runtime.errors import BundleError, ChecksumError
from edge_runtime.opened_file import OpenedFile

_NUM_READERS: Final = 2
_THREADS_FROM: Final = 64 << 20
"""Bytes from which on several threads hash a bundle; starting one can block for ever if memory is short."""
_NO_BUNDLE: Final = (
    f"no bundle here (no {MANIFEST_NAME}). Build one with `edge-asr build-engines`, or name one with --model."
)

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle.

    Attributes:
        directory: where it lies.
        manifest: what it is.
        manifest_sha256: hash of the manifest.
        files: name → the file that was hashed; empty where only the manifest was read.
    """

    directory: Path
    manifest: Manifest
    manifest_sha256: str
    files: Mapping[str, OpenedFile] = field(default_factory=dict, repr=False, compare=False)

    def component(self, name: str) -> Component:
        """Return a graph's description.

        Raises:
            BundleError: the bundle has no such component.
        """
        components = self.manifest.components
        if name not in components:
            raise BundleError(
                f"{self.directory}: no component {name!r}; this bundle has {', '.join(sorted(components))}."
            )
        return components[name]

    def file(self, name: str) -> OpenedFile:
        """Return a file that the manifest lists, as it was opened and hashed.

        Raises:
            BundleError: the manifest lists no such file, or only the manifest was read.
        """
        if name in self.files:
            return self.files[name]
        raise BundleError(f"{self.path(name)}: not verified. Open the bundle with `open_bundle`.")

    def path(self, name: str) -> Path:
        """Return the path of a file that the manifest lists; another file may lie there by now.

        Raises:
            BundleError: the manifest lists no such file.
        """
        if name not in self.manifest.files:
            raise BundleError(f"{self.directory}: the manifest lists no file {name!r}. Rebuild the bundle.")
        return self.directory / name


def open_bundle(directory: Path, progress: Progress | None = None, *, trust: Trust | None = None) -> Bundle:
    """Read the manifest, and open and verify every file.

    Args:
        directory: the bundle.
        progress: called with (bytes verified, bytes in all).
        trust: keys of which one must have signed the bundle; None accepts an unsigned one.

    Raises:
        BundleError: there is no bundle, a file is missing or of another size, or something else lies there.
        ManifestError: the manifest is not readable by this version.
        ChecksumError: the manifest or a file is not as it was built.
        SignatureError: no trusted key has signed it.
    """
    folder = Folder(directory)
    bundle = _read(folder, trust)
    listed = bundle.manifest.files
    folder.require_only({*UNLISTED, *listed})
    return replace(bundle, files=verify_files(folder, listed, progress))


def read_manifest(directory: Path, *, trust: Trust | None = None) -> Bundle:
    """Read and check the manifest alone; the files it lists are not opened, and none is handed out."""
    return _read(Folder(directory), trust)


def _read(folder: Folder, trust: Trust | None) -> Bundle:
    file = read_manifest_file(folder, trust, _NO_BUNDLE)
    manifest = manifest_format.decode(file.data, file.path)
    require_complete(manifest, file.path)
    return Bundle(folder.path, manifest, file.sha256)


def verify_files(
    folder: Folder, entries: Mapping[str, FileEntry], progress: Progress | None = None
) -> dict[str, OpenedFile]:
    """Open files, and check size and hash of each; raises as `open_bundle` does."""
    names = sorted(entries)
    files = [_open_listed(folder, name, entries[name]) for name in names]
    for name, file, actual in zip(names, files, _hashes(files, entries.values(), progress), strict=True):
        if actual != entries[name].sha256:
            raise ChecksumError(
                f"{file}: changed since it was built (sha256 {actual[:12]}…, recorded "
                f"{entries[name].sha256[:12]}…). Rebuild the bundle."
            )
    return dict(zip(names, files, strict=True))


def _hashes(
    files: Sequence[OpenedFile], entries: Collection[FileEntry], progress: Progress | None
) -> Iterator[str]:
    """Yield the hash of each file, read by several threads where that is worth one."""
    on_block = _progress_counter(entries, progress)
    if sum(entry.bytes for entry in entries) < _THREADS_FROM:
        yield from (file.sha256(on_block) for file in files)
        return
    # Hashing releases the GIL, and most of a bundle is two large files.
    with ThreadPoolExecutor(_NUM_READERS) as pool:
        yield from pool.map(lambda file: file.sha256(on_block), files)


def _progress_counter(entries: Iterable[FileEntry], progress: Progress | None) -> Callable[[int], None]:
    """Return a callback, safe to call from any thread, that adds up all files' blocks and reports the sum."""
    total = sum(entry.bytes for entry in entries)
    lock, done = Lock(), 0

    def on_block(num_bytes: int) -> None:
        nonlocal done
        with lock:
            done += num_bytes
            if progress:
                progress(done, total)

    return on_block


def _open_listed(folder: Folder, name: str, entry: FileEntry) -> OpenedFile:
    """Open a file, refusing one of another size before any is read, and names that lead out of the bundle."""
    if Path(name).name != name or not name:
        raise BundleError(f"{folder.path}: file name {name!r} leads out of the bundle. Rebuild the bundle.")
    file = folder.open(name)
    if file.size != entry.bytes:
        raise ChecksumError(f"{file}: {file.size} bytes, {entry.bytes} when built. Rebuild the bundle.")
    return file

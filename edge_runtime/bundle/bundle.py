"""A bundle on disk: find it, verify every byte of it, and only then hand out paths.

A serialised engine is executable code, so hashes are checked before any back end sees the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final

from edge_runtime.bundle import manifest as manifest_format
from edge_runtime.bundle.manifest import MANIFEST_NAME, Manifest
from edge_runtime.bundle.specs import Component
from edge_runtime.digest import sha256_of
from edge_runtime.errors import BundleError, ChecksumError

DIGEST_NAME: Final = MANIFEST_NAME + ".sha256"
"""Hash of the manifest itself, in the format of `sha256sum`."""

_NUM_READERS: Final = 2

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle."""

    directory: Path
    manifest: Manifest
    manifest_sha256: str

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

    def path(self, name: str) -> Path:
        """Return the path of a file that the manifest lists."""
        if name not in self.manifest.files:
            raise BundleError(f"{self.directory}: the manifest lists no file {name!r}. Rebuild the bundle.")
        return self.directory / name


def open_bundle(directory: Path, progress: Progress | None = None) -> Bundle:
    """Read the manifest and verify the hash of every file.

    Raises:
        BundleError: there is no bundle, or a file is missing or of another size.
        ManifestError: the manifest is not readable by this version.
        ChecksumError: the manifest or a file is not as it was built.
    """
    bundle = read_manifest(directory)
    verify_files(bundle, progress)
    return bundle


def read_manifest(directory: Path) -> Bundle:
    """Read and check the manifest alone; the files it lists are not opened."""
    path = directory / MANIFEST_NAME
    if not path.is_file():
        raise BundleError(
            f"{directory}: no bundle here (no {MANIFEST_NAME}). "
            f"Build one with `edge-asr build-engines`, or name one with --model."
        )
    data = path.read_bytes()
    manifest = manifest_format.decode(data, path)
    digest = hashlib.sha256(data).hexdigest()
    require_digest(directory / DIGEST_NAME, digest)
    return Bundle(directory, manifest, digest)


def require_digest(path: Path, actual: str) -> None:
    """Check the hash of a manifest against the recorded one.

    Raises:
        ChecksumError: they differ, or none is recorded.
    """
    try:
        expected = path.read_bytes()  # as text, a changed line ending would go unnoticed
    except OSError as error:
        raise ChecksumError(f"{path}: cannot be read ({error}). Rebuild the bundle.") from error
    if expected != digest_line(actual).encode():
        raise ChecksumError(
            f"{path.with_suffix('')}: the manifest has been changed since it was built "
            f"(sha256 {actual[:12]}…, recorded {expected[:12].decode('ascii', 'replace')}…). "
            f"Rebuild the bundle."
        )


def digest_line(sha256: str) -> str:
    """Return the content of the manifest's hash file."""
    return f"{sha256}  {MANIFEST_NAME}\n"


def verify_files(bundle: Bundle, progress: Progress | None = None) -> None:
    """Check size and hash of every file that a manifest lists; raises as `open_bundle` does."""
    files = sorted(bundle.manifest.files.items())
    paths = [_require_size(_require_contained(bundle.directory, name), entry.bytes) for name, entry in files]
    # Hashing releases the GIL, and most of a bundle is two large files.
    with ThreadPoolExecutor(_NUM_READERS) as pool:
        digests = pool.map(partial(sha256_of, on_block=_progress_counter(bundle, progress)), paths)
        for path, (_, entry), actual in zip(paths, files, digests, strict=True):
            if actual != entry.sha256:
                raise ChecksumError(
                    f"{path}: changed since it was built (sha256 {actual[:12]}…, recorded "
                    f"{entry.sha256[:12]}…). Rebuild the bundle."
                )


def _progress_counter(bundle: Bundle, progress: Progress | None) -> Callable[[int], None]:
    """Return a callback, safe to call from any thread, that adds up all files' blocks and reports the sum."""
    total = sum(entry.bytes for entry in bundle.manifest.files.values())
    lock, done = Lock(), 0

    def on_block(num_bytes: int) -> None:
        nonlocal done
        with lock:
            done += num_bytes
            if progress:
                progress(done, total)

    return on_block


def _require_size(path: Path, num_bytes: int) -> Path:
    """Return a path, refusing a file of another size before any is read."""
    actual = path.stat().st_size
    if actual != num_bytes:
        raise ChecksumError(f"{path}: {actual} bytes, {num_bytes} when built. Rebuild the bundle.")
    return path


def _require_contained(directory: Path, name: str) -> Path:
    """Return the path of a bundle file, refusing names and links that lead out of the bundle."""
    path = directory / name
    if Path(name).name != name or path.is_symlink():
        raise BundleError(f"{directory}: file name {name!r} leads out of the bundle. Rebuild the bundle.")
    if not path.is_file():
        raise BundleError(f"{path}: missing from the bundle. Rebuild it with `edge-asr build-engines`.")
    return path

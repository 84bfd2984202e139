"""Change what the manifest of a bundle says: figures that were measured with the bundle itself."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge_runtime.bundle.bounds import require_complete
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.manifest import MANIFEST_NAME, Manifest, encode
from edge_runtime.bundle.manifest_file import DIGEST_NAME, UNLISTED, digest_line
from edge_runtime.bundle.trust import SIGNATURE_NAME
from edge_runtime.errors import UsageError

_NEW: Final = ".rewritten"
_OLD: Final = ".replaced"


def rewrite_manifest(directory: Path, change: Callable[[Manifest], Manifest]) -> bool:
    """Verify a bundle and replace its manifest, with its hash.

    The new folder, whose other files are links to the old ones, is complete before it gets the bundle's name.
    Who has opened the bundle's files goes on with them.

    Args:
        directory: the bundle.
        change: returns the new manifest; it lists the same files.

    Returns:
        Whether the bundle was signed. It no longer is: the signature was of the old manifest.

    Raises:
        BundleError: the bundle is not as it was built, or the new manifest contradicts itself.
        UsageError: the folder cannot be written.
    """
    place = directory.resolve()
    bundle = open_bundle(place)
    manifest = change(bundle.manifest)
    require_complete(manifest, place / MANIFEST_NAME)
    try:
        return _replace(place, encode(manifest))
    except OSError as error:
        raise UsageError(
            f"{directory}: its manifest cannot be replaced ({error.strerror}). Copy the bundle to a folder "
            f"that you may write to."
        ) from error


def _replace(place: Path, data: bytes) -> bool:
    new, old = (place.with_name(f".{place.name}{ending}") for ending in (_NEW, _OLD))
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir()
    shutil.copymode(place, new)
    for path in place.iterdir():
        if path.name not in UNLISTED:
            _link_or_copy(path, new / path.name)
    _write(new / MANIFEST_NAME, data)
    _write(new / DIGEST_NAME, digest_line(hashlib.sha256(data).hexdigest()).encode())
    was_signed = (place / SIGNATURE_NAME).exists()
    place.rename(old)
    new.rename(place)
    shutil.rmtree(old)
    return was_signed


def _link_or_copy(source: Path, destination: Path) -> None:
    try:
        os.link(source, destination)
    except OSError:  # a file system without links
        shutil.copy2(source, destination)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())

"""The bytes of a manifest: bounded before they are read, and hashed before they are decoded."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_runtime.bundle.folder import Folder
from edge_runtime.bundle.manifest import MANIFEST_NAME, schema_name
from edge_runtime.bundle.trust import SIGNATURE_NAME, Trust
from edge_runtime.errors import BundleError, ChecksumError, ManifestError
from edge_runtime.opened_file import OpenedFile

DIGEST_NAME: Final = MANIFEST_NAME + ".sha256"
"""Hash of the manifest itself, in the format of `sha256sum`."""
UNLISTED: Final = frozenset({MANIFEST_NAME, DIGEST_NAME, SIGNATURE_NAME})
"""Files of a bundle that its manifest does not list."""

MAX_BYTES: Final = 4 << 20
"""Manifests of the released models have 40 KB, portable ones of three precisions 150 KB."""
MAX_DEPTH: Final = 32
"""Manifests have 8 levels, portable ones 10."""
_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET: Final = re.compile(rb"[\[\]{}]")


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """The bytes of a manifest whose hash is the recorded one.

    Attributes:
        path: of the manifest.
        data: its bytes.
        sha256: their hash.
    """

    path: Path
    data: bytes
    sha256: str


def read_manifest_file(folder: Folder, trust: Trust | None, missing: str) -> ManifestFile:
    """Read a manifest, and check its hash and, if asked for, its signature.

    Args:
        folder: of the bundle.
        trust: keys of which one must have signed it; None accepts an unsigned bundle.
        missing: what to say where there is no manifest.

    Raises:
        BundleError: there is no manifest, or it is no regular file.
        ManifestError: it is too long or too deep to be one.
        ChecksumError: its hash is not the recorded one.
        SignatureError: no trusted key has signed it.
    """
    path = folder.path / MANIFEST_NAME
    if not os.path.lexists(path):
        raise BundleError(f"{folder.path}: {missing}")
    data = _read_bounded(folder.open(MANIFEST_NAME), MAX_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    _require_digest(folder, digest)
    if trust is not None:
        trust.require_signature(folder, data)
    require_shallow(data, path)
    return ManifestFile(path, data, digest)


def peek_schema(directory: Path) -> str | None:
    """Return what format a folder's manifest states, unverified; None where it cannot be told."""
    data = peek(directory)
    return None if data is None else schema_name(data)


def peek(directory: Path) -> bytes | None:
    """Return a folder's manifest, unverified, to choose among bundles; None where loading would refuse it."""
    try:
        data = _read_bounded(Folder(directory).open(MANIFEST_NAME), MAX_BYTES)
        require_shallow(data, directory / MANIFEST_NAME)
    except (BundleError, OSError):
        return None
    return data


def require_shallow(data: bytes, path: Path) -> None:
    """Refuse what would exhaust a decoder's stack.

    Raises:
        ManifestError: lists and objects are nested deeper than in any manifest.
    """
    depth = 0
    for bracket in _BRACKET.finditer(_STRINGS.sub(b"", data)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise ManifestError(f"{path}: nested deeper than {MAX_DEPTH} levels. Rebuild the bundle.")


def digest_line(sha256: str) -> str:
    """Return the content of the manifest's hash file."""
    return f"{sha256}  {MANIFEST_NAME}\n"


def _read_bounded(file: OpenedFile, max_bytes: int) -> bytes:
    data = file.stream().read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ManifestError(f"{file}: longer than {max_bytes} bytes. Rebuild the bundle.")
    return data


def _require_digest(folder: Folder, actual: str) -> None:
    """Check the hash of a manifest against the recorded one.

    Raises:
        ChecksumError: they differ, or none is recorded.
    """
    path = folder.path / DIGEST_NAME
    line = digest_line(actual).encode()
    try:
        # As text, a changed line ending would go unnoticed.
        expected = folder.open(DIGEST_NAME).stream().read(len(line) + 1)
    except (BundleError, OSError) as error:
        raise ChecksumError(f"{path}: cannot be read ({error}). Rebuild the bundle.") from error
    if expected != line:
        raise ChecksumError(
            f"{path.with_suffix('')}: the manifest has been changed since it was built "
            f"(sha256 {actual[:12]}…, recorded {expected[:12].decode('ascii', 'replace')}…). "
            f"Rebuild the bundle."
        )

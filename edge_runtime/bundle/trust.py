"""Signatures of bundles: which keys a bundle must be signed with, and whether it is.

A signature is Ed25519 (RFC 8032) over the bytes of the manifest, which holds the hash of every other file.
Its 64 bytes are a file of the bundle. `cryptography` does the arithmetic, and is needed where keys are given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from edge_runtime.bundle.folder import Folder
from edge_runtime.errors import BackendUnavailableError, SignatureError, UsageError

SIGNATURE_NAME: Final = "manifest.json.sig"
TRUST_VARIABLE: Final = "EDGE_ASR_TRUST"
"""Environment variable: file of trusted keys, where a caller names none."""
_SIGNATURE_BYTES: Final = 64
_MAX_KEY_BYTES: Final = 1 << 16
_END: Final = b"-----END PUBLIC KEY-----"


@dataclass(frozen=True, slots=True)
class Trust:
    """Public keys; a bundle is accepted if one of them has signed it.

    Attributes:
        source: where they are from, for messages.
        keys: `Ed25519PublicKey` of `cryptography`.
    """

    source: Path
    keys: tuple[Any, ...]

    def require_signature(self, folder: Folder, manifest: bytes) -> None:
        """Refuse a manifest that none of the keys has signed.

        Raises:
            SignatureError: it is not signed, or by another key, or was changed since.
        """
        path = folder.path / SIGNATURE_NAME
        if not os.path.lexists(path):
            raise SignatureError(
                f"{folder.path}: not signed, and only bundles signed by a key of {self.source} are trusted. "
                f"Get a signed bundle, or sign your own: `edge-asr sign {folder.path} --key PRIVATE_KEY`."
            )
        signature = folder.open(SIGNATURE_NAME).stream().read(_SIGNATURE_BYTES + 1)
        if not any(_is_signed(key, signature, manifest) for key in self.keys):
            raise SignatureError(
                f"{path}: no key of {self.source} has signed this bundle as it is. It is from somebody else, "
                f"or was changed since."
            )


def read_trust(path: str | Path | None) -> Trust | None:
    """Read a file of trusted public keys, in PEM format, one or several.

    Args:
        path: the file; None takes the one that the variable EDGE_ASR_TRUST names.

    Returns:
        The keys; None where neither names a file, and unsigned bundles are accepted.

    Raises:
        UsageError: the file cannot be read or holds no Ed25519 key.
        BackendUnavailableError: `cryptography` is not installed.
    """
    source = path or os.environ.get(TRUST_VARIABLE)
    if not source:
        return None
    file = Path(source)
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_KEY_BYTES)
    except OSError as error:
        raise UsageError(f"{file}: the trusted keys cannot be read ({error.strerror}).") from error
    return Trust(file, tuple(_keys(data, file)))


def cryptography(module: str) -> Any:
    """Import a module of `cryptography`.

    Raises:
        BackendUnavailableError: it is not installed.
    """
    try:
        return import_module(f"cryptography.{module}")
    except ImportError as error:
        raise BackendUnavailableError(
            "Signatures need the Python package 'cryptography', which is not installed: "
            "`pip install 'edge-asr[trust]'`."
        ) from error


def _keys(data: bytes, file: Path) -> Iterator[Any]:
    serialization = cryptography("hazmat.primitives.serialization")
    kind = cryptography("hazmat.primitives.asymmetric.ed25519").Ed25519PublicKey
    blocks = [block + _END for block in data.split(_END)[:-1]]
    for block in blocks or [data]:
        try:
            key = serialization.load_pem_public_key(block)
        except Exception as error:  # UnsupportedAlgorithm is no ValueError
            raise UsageError(
                f"{file}: not a public key in PEM format ({error}). `edge-asr keygen NAME` makes a pair."
            ) from error
        if not isinstance(key, kind):
            raise UsageError(f"{file}: a key of another kind. Signatures of bundles are Ed25519.")
        yield key


def _is_signed(key: Any, signature: bytes, manifest: bytes) -> bool:
    try:
        key.verify(signature, manifest)
    except cryptography("exceptions").InvalidSignature:
        return False
    return True

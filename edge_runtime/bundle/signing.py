"""Make keys and sign bundles; `trust.py` checks signatures.

`openssl` reads and writes the same files: keys in PEM format, and signatures of `pkeyutl -sign -rawin`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.folder import Folder
from edge_runtime.bundle.manifest import PORTABLE_SCHEMA
from edge_runtime.bundle.manifest_file import peek_schema, read_manifest_file
from edge_runtime.bundle.portable import open_portable
from edge_runtime.bundle.trust import SIGNATURE_NAME, cryptography
from edge_runtime.errors import ChecksumError, UsageError

_ED25519: Final = "hazmat.primitives.asymmetric.ed25519"
_SERIALIZATION: Final = "hazmat.primitives.serialization"
_OWNER_ALONE: Final = 0o600


def make_keys(stem: Path) -> tuple[Path, Path]:
    """Make a pair of keys: `STEM.key`, which only its owner may read, and `STEM.pub`.

    Returns:
        The files of the private and of the public key.

    Raises:
        UsageError: one of the files exists, or cannot be written.
        BackendUnavailableError: `cryptography` is not installed.
    """
    formats = cryptography(_SERIALIZATION)
    key = cryptography(_ED25519).Ed25519PrivateKey.generate()
    private = key.private_bytes(formats.Encoding.PEM, formats.PrivateFormat.PKCS8, formats.NoEncryption())
    public = key.public_key().public_bytes(formats.Encoding.PEM, formats.PublicFormat.SubjectPublicKeyInfo)
    private_path, public_path = stem.with_name(f"{stem.name}.key"), stem.with_name(f"{stem.name}.pub")
    if os.path.lexists(public_path):
        raise UsageError(f"{public_path}: exists, and keys are not replaced. Choose another name.")
    _write_new(private_path, private, _OWNER_ALONE)
    _write_new(public_path, public, 0o644)
    return private_path, public_path


def sign_bundle(directory: Path, key_file: Path) -> Path:
    """Verify a bundle, portable or not, and write its signature.

    Args:
        directory: the bundle.
        key_file: private Ed25519 key in PEM format, not encrypted.

    Returns:
        The file of the signature; an older one is replaced.

    Raises:
        BundleError: the bundle is not as it was built.
        UsageError: the key cannot be read, or the signature cannot be written.
        BackendUnavailableError: `cryptography` is not installed.
    """
    key = _read_key(key_file)
    if peek_schema(directory) == PORTABLE_SCHEMA:
        verified = open_portable(directory).graphs.manifest_sha256
    else:
        verified = open_bundle(directory).manifest_sha256
    manifest = read_manifest_file(Folder(directory), None, "no bundle here.")
    if manifest.sha256 != verified:
        raise ChecksumError(f"{manifest.path}: changed while it was signed. Say the command again.")
    path = directory / SIGNATURE_NAME
    partial = path.with_suffix(".partial")
    try:
        partial.write_bytes(key.sign(manifest.data))
        partial.replace(path)
    except OSError as error:
        # A bundle with a file that its manifest does not list is refused.
        partial.unlink(missing_ok=True)
        raise UsageError(f"{path}: the signature cannot be written ({error.strerror}).") from error
    return path


def _read_key(path: Path) -> Any:
    load = cryptography(_SERIALIZATION).load_pem_private_key
    kind = cryptography(_ED25519).Ed25519PrivateKey
    try:
        key = load(path.read_bytes(), password=None)
    except OSError as error:
        raise UsageError(f"{path}: the key cannot be read ({error.strerror}).") from error
    except Exception as error:  # UnsupportedAlgorithm is no ValueError
        raise UsageError(
            f"{path}: not a private key in PEM format without a password ({error}). `edge-asr keygen NAME` "
            f"makes a pair."
        ) from error
    if not isinstance(key, kind):
        raise UsageError(f"{path}: a key of another kind. Signatures of bundles are Ed25519.")
    return key


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise UsageError(f"{path}: exists, and keys are not replaced. Choose another name.") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}).") from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)

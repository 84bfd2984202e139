"""Installation of a finished bundle: atomic, with one rename."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from edge_runtime.bundle import manifest as manifest_format
from edge_runtime.bundle.manifest import MANIFEST_NAME, FileEntry
from edge_runtime.bundle.manifest_file import DIGEST_NAME, digest_line
from edge_runtime.digest import forget_cached, sha256_of
from edge_runtime.errors import ChecksumError, UsageError

if TYPE_CHECKING:
    from edge_runtime.bundle.manifest import Manifest
    from edge_runtime.bundle.specs import StrictStruct


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a bundle that was judged.

    Attributes:
        files: more of them, name → content.
        within: returns its manifest with figures that were measured.
    """

    files: Mapping[str, bytes]
    within: Callable[[Manifest], Manifest]


Judge = Callable[[Path], Judged]
"""Called with the folder of a complete bundle."""

_NEW: Final = "install.partial"
_OLD: Final = "replaced"


def require_replaceable(target: Path) -> None:
    """Refuse to replace what is not a bundle.

    Raises:
        UsageError: `target` is a file, or a folder of something else.
    """
    if target.is_dir() and (not any(target.iterdir()) or (target / MANIFEST_NAME).is_file()):
        return
    if target.exists() or target.is_symlink():
        raise UsageError(
            f"{target}: exists and is not a bundle; it will not be replaced. Choose another --output-dir."
        )


def install(
    manifest: Manifest,
    sources: Mapping[str, Path],
    workspace: Path,
    target: Path,
    judge: Judge | None = None,
    *,
    document: StrictStruct | None = None,
) -> None:
    """Install a bundle.

    The new folder is complete and on disk before it gets its name. A build killed between the removal of the
    old folder and the rename leaves no bundle, and the next run finishes the installation.

    Args:
        manifest: lists every file with its hash.
        sources: name → finished file, for every file of the manifest.
        workspace: folder on the same disk for the folders in between.
        target: the bundle's folder; an older bundle there is replaced.
        judge: called with the new bundle before the rename; raises to refuse it.
        document: what to write in place of the manifest, for a portable bundle; `judge` is None then.

    Raises:
        ChecksumError: a finished file has changed since its stage ended.
        EdgeAsrError: raised by `judge`; an older bundle stays.
    """
    new, old = workspace / _NEW, workspace / _OLD
    for stale in (new, old):
        shutil.rmtree(stale, ignore_errors=True)
    new.mkdir()
    for name, source in sources.items():
        (new / name).parent.mkdir(exist_ok=True)
        _link_or_copy(source, new / name, manifest.files[name].sha256)
    _write_manifest(document or manifest, new)
    if judge is not None:
        _write_manifest(_judged(manifest, new, judge), new)
    _sync(new)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    _sync_folder(target.parent)


def _judged(manifest: Manifest, new: Path, judge: Judge) -> Manifest:
    """Run `judge` on a complete bundle, add its files and figures; delete a refused bundle."""
    try:
        judged = judge(new)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    entries = dict(manifest.files)
    for name, data in judged.files.items():
        (new / name).write_bytes(data)
        entries[name] = FileEntry(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    return msgspec.structs.replace(judged.within(manifest), files=dict(sorted(entries.items())))


def _write_manifest(manifest: StrictStruct, folder: Path) -> None:
    data = manifest_format.encode(manifest)
    (folder / MANIFEST_NAME).write_bytes(data)
    (folder / DIGEST_NAME).write_text(digest_line(hashlib.sha256(data).hexdigest()), "ascii")


def _link_or_copy(source: Path, destination: Path, sha256: str) -> None:
    """Link a stage's file into the bundle, or copy it where the file system has no links."""
    try:
        os.link(source, destination)
    except OSError:
        shutil.copyfile(source, destination)
    if sha256_of(destination) != sha256:
        raise ChecksumError(
            f"{source}: changed since its stage ended. Run the same command with --force to build it again."
        )


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            _sync(path)
            continue
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
            # Writing caches a file in large folios, which a later mapping would keep.
            forget_cached(stream.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

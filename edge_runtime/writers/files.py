"""Output files: their names, and writing them atomically."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Collection
from itertools import chain, count
from pathlib import Path
from typing import Final

from edge_runtime.errors import EdgeAsrError, ResourceError, UsageError
from edge_runtime.writers.registry import find_writer

_NO_SPACE_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MAX_NAME_BYTES: Final = 255
"""Longest name of a file on the file systems in use."""
_NUM_HASH_DIGITS: Final = 8


def output_path(directory: Path, source: Path, format_name: str, used_paths: Collection[Path] = ()) -> Path:
    """Name the file for one recording in one format.

    `talk.wav` gives `talk.srt`; if that is used `talk.wav.srt`, then `talk.wav.2.srt` and so on. A name that
    would be longer than file systems allow is cut, and ends with a hash of the whole.

    Args:
        directory: of the file.
        source: the recording.
        format_name: a key of `WRITERS`.
        used_paths: paths not to use, such as those named before in the same run. A file of an earlier run is
            not among them: it is replaced.
    """
    extension = find_writer(format_name).extension
    stems = chain((source.stem, source.name), (f"{source.name}.{number}" for number in count(2)))
    paths = (directory / _fitting_name(stem, extension) for stem in stems)
    return next(path for path in paths if path not in used_paths)


def _fitting_name(stem: str, extension: str) -> str:
    """Join a file's name; a stem without room for the extension is cut between characters."""
    room = _MAX_NAME_BYTES - len(extension) - 1
    data = os.fsencode(stem)
    if len(data) <= room:
        return f"{stem}.{extension}"
    digest = hashlib.sha256(data).hexdigest()[:_NUM_HASH_DIGITS]
    kept = data[: room - len(digest) - 1].decode("utf-8", "ignore")
    return f"{kept}-{digest}.{extension}"


def write_whole(path: Path, text: str) -> bool:
    """Write a file in UTF-8 atomically: even after a power cut it holds the old text or the new one.

    A missing directory is created; a link stays, and its target is replaced.

    Returns:
        Whether there was a file, which is replaced.

    Raises:
        ResourceError: the disk is full.
        UsageError: the path cannot be written.
    """
    try:
        replaces = path.exists()
        if replaces and not path.is_file():
            raise UsageError(f"{path} is no regular file. Give the path of a file to write.")
        _replace(path.resolve(), text)
    except OSError as error:
        raise _to_error(error, path) from error
    return replaces


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".edge-asr-{secrets.token_hex(8)}.part")
    try:
        with part.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _to_error(error: OSError, path: Path) -> EdgeAsrError:
    reason = error.strerror or str(error)
    if error.errno in _NO_SPACE_ERRNOS:
        return ResourceError(f"{path}: {reason}. Nothing was written; free some space and run again.")
    return UsageError(f"{path} cannot be written: {reason}. Choose another --output-dir.")

"""The bytes of a recording, opened once: a regular file as it is, a pipe or a stream read into a spool."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from edge_runtime.errors import AudioError, AudioNotFoundError, AudioTooLongError

MAX_STREAM_BYTES: Final = 2 << 30
"""Most bytes of a pipe or a stream; more are refused, a file may be larger."""
STDIN: Final = "-"
"""How results and messages call standard input."""
_IN_MEMORY_BYTES: Final = 8 << 20
"""From here on a spool is a temporary file without a name."""
_STDERR: Final = 2
_CHUNK_BYTES: Final = 1 << 20
_HEAD_BYTES: Final = 1 << 16
_URL: Final = re.compile(r"([a-z][a-z0-9+.-]+):/+(?=[^/])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Medium:
    """A recording's bytes, at hand in any order.

    Attributes:
        name: what messages call it; text that can be printed even where the file's name is not UTF-8.
        file: open for reading, at any position.
        size: bytes.
        path: where the bytes lie on disk, None for a spool.
    """

    name: str
    file: BinaryIO
    size: int
    path: Path | None = None

    def read_at(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset` on, fewer at the end.

        Raises:
            AudioError: the disk or the network failed.
        """
        try:
            self.file.seek(offset)
            parts = []
            while count > 0 and (part := self.file.read(count)):
                parts.append(part)
                count -= len(part)
        except OSError as error:
            raise AudioError(f"{self.name}: cannot be read: {error.strerror or error}.") from error
        return b"".join(parts)

    def sha256(self) -> str:
        """Return the hash of the bytes."""
        digest = hashlib.sha256()
        offset = 0
        while part := self.read_at(offset, _CHUNK_BYTES):
            digest.update(part)
            offset += len(part)
        return digest.hexdigest()


def printable(path: str | Path) -> str:
    """Return a path as text that can be printed even where its name is not UTF-8."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@contextmanager
def open_path(path: Path, limit_of: Callable[[bytes, str], int]) -> Iterator[Medium]:
    """Open a file once. What is no regular file, such as a named pipe, is read to its end.

    Args:
        path: the file.
        limit_of: says by its first bytes and its name how many bytes of a pipe may be read, or refuses it.

    Raises:
        AudioNotFoundError: there is no such file.
        AudioError: it is a URL, a directory, empty, or cannot be opened.
    """
    name = printable(path)
    with _open(path, name) as file:
        status = file_status(file)
        if status is None or not stat.S_ISREG(status[0]):
            with open_stream(file, name, limit_of) as medium:
                yield medium
            return
        if not status[1]:
            raise AudioError(f"{name}: is empty: the file has 0 bytes. Record or copy it again.")
        yield Medium(name, file, status[1], path)


@contextmanager
def open_stream(stream: BinaryIO, name: str, limit_of: Callable[[bytes, str], int]) -> Iterator[Medium]:
    """Read a stream to its end into a spool: memory, from 8 MB on a temporary file without a name.

    Args:
        stream: what to read, from where it is.
        name: what messages call it.
        limit_of: says by its first bytes and its name how many bytes may be read, or refuses it.

    Raises:
        AudioTooLongError: it goes on for longer than `limit_of` allows.
        AudioError: it is empty or cannot be read.
    """
    spool = _Spool()
    try:
        try:
            size = _copy(stream, spool, name, limit_of)
        except OSError as error:
            raise AudioError(f"{name}: cannot be read: {error.strerror or error}.") from error
        if not size and name == STDIN:
            raise AudioError(f"{name}: nothing on standard input. Pipe an audio file into the command.")
        if not size:
            raise AudioError(f"{name}: is empty: there were no bytes to read. Give an audio file.")
        yield Medium(name, spool.file, size)
    finally:
        spool.file.close()


class _Spool:
    """Bytes in memory, from 8 MB on in a temporary file without a name."""

    def __init__(self) -> None:
        self.file: BinaryIO = io.BytesIO()
        self._on_disk = False

    def write(self, data: bytes) -> None:
        if not self._on_disk and self.file.tell() + len(data) > _IN_MEMORY_BYTES:
            import tempfile  # noqa: PLC0415  # slow to import, and seldom needed

            memory, self.file = self.file, tempfile.TemporaryFile(prefix="edge-asr-")  # noqa: SIM115
            memory.seek(0)
            self.file.write(memory.read())
            self._on_disk = True
        self.file.write(data)


def file_status(file: BinaryIO) -> tuple[int, int] | None:
    """Return the mode and size of the open file, None where it has no descriptor."""
    try:
        status = os.fstat(file.fileno())
    except (OSError, io.UnsupportedOperation):
        return None
    return status.st_mode, status.st_size


def _open(path: Path, name: str) -> BinaryIO:
    try:
        if path.is_dir():
            raise AudioError(f"{name}: is a directory. Name the audio files in it, for example {name}/*.wav.")
        return _above_standard(path.open("rb", buffering=0))
    except FileNotFoundError as error:
        if url := _URL.match(name):
            address = f"{url[1]}://{name[url.end() :]}"
            raise AudioNotFoundError(
                f"{address}: is a URL: download it first, then name the file."
            ) from error
        raise AudioNotFoundError(f"{name}: no such file.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise AudioError(f"{name}: cannot be opened: {reason}.") from error


def _above_standard(file: BinaryIO) -> BinaryIO:
    """Return the file under a descriptor above those of the standard streams, to which others write."""
    lower: list[BinaryIO] = []
    while file.fileno() <= _STDERR:
        lower.append(file)
        file = os.fdopen(os.dup(file.fileno()), "rb", buffering=0)
    for each in lower:
        each.close()
    return file


def _copy(stream: BinaryIO, spool: _Spool, name: str, limit_of: Callable[[bytes, str], int]) -> int:
    head = b""
    while len(head) < _HEAD_BYTES and (part := stream.read(_HEAD_BYTES - len(head))):
        head += part
    limit = limit_of(head, name) if head else 0
    spool.write(head)
    size = len(head)
    while size and (part := stream.read(_CHUNK_BYTES)):
        spool.write(part)
        size += len(part)
        if size > limit:
            raise AudioTooLongError(f"{name}: more than {limit >> 20} MB in a stream. Give a file.")
    spool.file.flush()
    return size

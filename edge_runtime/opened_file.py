"""A file opened once: the bytes that are hashed are those that are used, whatever lies at its path later."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable
from mmap import ACCESS_READ, mmap
from pathlib import Path
from threading import Lock
from typing import Any, Final
from weakref import finalize

from edge_runtime.digest import sha256_of_blocks
from edge_runtime.errors import BundleError

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Not to wait for the writer of a named pipe, which is refused then."""
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)
_WORLD_WRITABLE: Final = stat.S_IWOTH if os.name == "posix" else 0
_REASONS: Final = {
    errno.ENOENT: "missing from the bundle",
    errno.ENOTDIR: "missing from the bundle",
    errno.ELOOP: "a link, and a bundle holds none: it leads out of the bundle",
    errno.ENAMETOOLONG: "a name longer than this file system takes",
}


class OpenedFile:
    """One regular file; it stays the same file if its name is given to another one.

    Whoever can write to the file itself can still change it. So a file that everybody may write is refused.
    """

    def __init__(self, descriptor: int, path: Path) -> None:
        """Take over a descriptor; `open_file` makes one."""
        self.path: Final = path
        self._descriptor: Final = descriptor
        self._lock: Final = Lock()
        finalize(self, os.close, descriptor)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def size(self) -> int:
        """Bytes of the file, as they are now."""
        return os.fstat(self._descriptor).st_size

    def fileno(self) -> int:
        """Return the descriptor, which lives as long as this object."""
        return self._descriptor

    def read_at(self, offset: int, num_bytes: int) -> bytes:
        """Return bytes from an offset on, fewer at the end of the file; any thread may call.

        Raises:
            OSError: the disk fails.
        """
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, num_bytes, offset)
        with self._lock:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, num_bytes)

    def read_bytes(self) -> bytes:
        """Return the whole file."""
        return self.stream().read()

    def stream(self) -> io.BufferedReader:
        """Return a reader of the file, with a position of its own."""
        return io.BufferedReader(_Reader(self))

    def mapped(self) -> mmap | bytes:
        """Return the file's memory, mapped where it has any; it keeps the file open."""
        return mmap(self._descriptor, 0, access=ACCESS_READ) if self.size else b""

    def sha256(self, on_block: Callable[[int], None] | None = None) -> str:
        """Return the hash of the file; `on_block` is called with the size of each block read."""
        return sha256_of_blocks(self._descriptor, self.read_at, on_block)


class _Reader(io.RawIOBase):
    """What `BufferedReader` needs of a file."""

    def __init__(self, file: OpenedFile) -> None:
        self._file: Final = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self._file.read_at(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def open_file(path: Path, folder: int | None = None, *, is_ours: bool = False) -> OpenedFile:
    """Open a regular file.

    Args:
        path: the file.
        folder: descriptor of the folder that it lies in; None looks the whole path up.
        is_ours: whether the file is part of this package, or made by it just now: then links and permissions
            are those of the package, and not judged.

    Raises:
        BundleError: it is missing, no regular file, a link, writable for everybody, or cannot be opened.
    """
    name = path if folder is None else path.name
    try:
        descriptor = os.open(name, _FLAGS | (0 if is_ours else _NO_LINKS), dir_fd=folder)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = _REASONS.get(error.errno or 0, error) if isinstance(error, OSError) else error
        raise BundleError(f"{path}: {reason}. Rebuild the bundle.") from error
    file = OpenedFile(descriptor, path)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        raise BundleError(f"{path}: not a regular file. A bundle holds files alone. Rebuild the bundle.")
    if not is_ours:
        require_unshared(path, mode)
    return file


def require_unshared(path: Path, mode: int) -> None:
    """Refuse what everybody may write: whoever can write a bundle can run code.

    Raises:
        BundleError: others than owner and group may write.
    """
    if mode & _WORLD_WRITABLE:
        raise BundleError(
            f"{path}: everybody may write it, so anybody on this machine could change what is run. Say "
            f"`chmod o-w {path}`; on a file system without permissions, mount it with `umask=022`."
        )


def opened(source: Path | OpenedFile) -> OpenedFile:
    """Return a file as opened; a path, which is of the caller's own files, is opened as it is.

    Raises:
        BundleError: it cannot be opened.
    """
    return source if isinstance(source, OpenedFile) else open_file(source, is_ours=True)

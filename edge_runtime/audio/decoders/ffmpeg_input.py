"""How ffmpeg gets at the bytes of a recording: by the file that is open already, where the system can."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

from edge_runtime.audio.medium import Medium
from edge_runtime.errors import AudioError

_COPY_BYTES: Final = 1 << 20
_OWN_STDIN: Final = ("/proc/self/fd/0", "/dev/fd/0")


def ffmpeg_input(medium: Medium, stack: ExitStack) -> tuple[str, int | IO[bytes]]:
    """Return the address by which ffmpeg opens the recording, and its standard input.

    Where the system shows open files as paths, ffmpeg opens the very file that we opened, whatever its name.
    """
    own = next((path for path in _OWN_STDIN if os.path.isdir(os.path.dirname(path))), None)  # noqa: PTH112, PTH120
    if own is not None:
        file = medium.file if _has_descriptor(medium) else _copy(medium, stack)
        file.seek(0)
        return f"file:{own}", file
    if medium.path is not None:
        return f"file:{medium.path.absolute()}", subprocess.DEVNULL
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="edge-asr-"))
    copy = Path(folder) / "recording"
    with copy.open("wb") as target:
        _copy_to(medium, target)
    return f"file:{copy}", subprocess.DEVNULL


def _has_descriptor(medium: Medium) -> bool:
    try:
        medium.file.fileno()
    except OSError:
        return False
    return True


def _copy(medium: Medium, stack: ExitStack) -> IO[bytes]:
    """Copy what is in memory, and small, to where it has a descriptor."""
    try:
        file = _memory_file() or tempfile.TemporaryFile(prefix="edge-asr-")  # noqa: SIM115  # closed by the stack
    except OSError as error:
        raise AudioError(f"{medium.name}: no folder takes temporary files ({error.strerror}).") from error
    stack.enter_context(file)
    _copy_to(medium, file)
    return file


def _memory_file() -> IO[bytes] | None:
    """Return a file that needs no folder, None where the system has no such files."""
    create = getattr(os, "memfd_create", None)
    return None if create is None else os.fdopen(create("edge-asr"), "w+b")


def _copy_to(medium: Medium, target: IO[bytes]) -> None:
    offset = 0
    while part := medium.read_at(offset, _COPY_BYTES):
        target.write(part)
        offset += len(part)
    target.flush()

"""Which recordings a command line means: files, folders, patterns, lists of names, standard input."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Final

from edge_runtime.cli.options import STDIN
from edge_runtime.errors import AudioError, UsageError

LIST_MARK: Final = "@"
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_PATTERN: Final = re.compile(r"[*?\[]")

# fmt: off
SUFFIXES: Final = frozenset({
    ".3g2", ".3gp", ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".asf", ".au", ".avi", ".caf",
    ".f4v", ".flac", ".flv", ".m2ts", ".m4a", ".m4b", ".m4v", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4",
    ".mpeg", ".mpg", ".mts", ".oga", ".ogg", ".ogv", ".opus", ".rf64", ".snd", ".spx", ".tta", ".vob",
    ".w64", ".wav", ".wave", ".webm", ".wma", ".wmv", ".wv",
})
"""Files of a folder that are taken for recordings by their names; others are by their first bytes."""
# fmt: on

_NUM_MAGIC_BYTES: Final = 12
_MAGIC: Final = re.compile(
    rb"(RIFF|RIFX|RF64)....(WAVE|AVI )|FORM....AIF[FC]|fLaC|OggS|ID3|caff|\.snd|\x1aE\xdf\xa3"
    rb"|....ftyp(?!heic|heix|heim|heis|mif1|msf1|avif|avis)|riff\x2e\x91\xcf\x11|wvpk|MAC |#!AMR",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording that was named.

    Attributes:
        name: path as given, or - for standard input.
        error: why it cannot be one, None for a name that is to be opened.
    """

    name: str
    error: AudioError | None = None


def find_recordings(arguments: Sequence[str], files_from: str | None = None) -> tuple[Recording, ...]:
    """Return the recordings of a command line, in order; those of a folder or pattern sorted.

    Args:
        arguments: files, folders, quoted patterns, `@LIST` for a file of names, - for standard input.
        files_from: a file of names, one a line; - reads them from standard input.

    Raises:
        UsageError: nothing was named, or a list cannot be read.
    """
    recordings = [one for argument in arguments for one in _expand(argument)]
    if files_from is not None:
        if files_from == STDIN and STDIN in arguments:
            raise UsageError("Audio and --files-from cannot both come from standard input.")
        recordings += _of_list(files_from)
    elif not arguments:
        raise UsageError(
            "Nothing to read. Give audio files, a folder, - for standard input, or --files-from."
        )
    if not recordings:
        raise UsageError(
            f"{files_from or ' '.join(arguments)}: the list names no file. Write one path a line."
        )
    return tuple(recordings)


def is_one_file(arguments: Sequence[str], files_from: str | None) -> bool:
    """Tell whether a command line names one recording as such, and no folder, pattern or list."""
    return len(arguments) == 1 and files_from is None and _is_plain(arguments[0])


def _is_plain(argument: str) -> bool:
    if argument == STDIN or (_exists(argument) and not _is_folder(argument)):
        return True
    return not (argument.startswith(LIST_MARK) or _is_folder(argument) or _PATTERN.search(argument))


# Of os.path, which answers no where pathlib raises, as for a name that is too long.
def _exists(path: str) -> bool:
    return os.path.lexists(path)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112


def _expand(argument: str) -> Iterator[Recording]:
    if argument.startswith(LIST_MARK) and not _exists(argument):
        yield from _of_list(argument[len(LIST_MARK) :])
    elif _PATTERN.search(argument) and not _exists(argument):
        matches = sorted(glob(argument, recursive=True))  # noqa: PTH207  # names stay as they were given
        if not matches:
            yield Recording(argument, AudioError(f"{argument}: no file matches this pattern."))
        for match in matches:
            yield from _of_path(match)
    else:
        yield from _of_path(argument)


def _of_path(path: str) -> Iterator[Recording]:
    """Yield a name, or the recordings of a folder."""
    if "\0" in path:
        yield Recording(path, AudioError(f"{path}: a path has no NUL. Write one path a line."))
    elif _URL.match(path):
        hint = f"curl -L '{path}' | edge-asr run -"
        yield Recording(path, AudioError(f"{path}: is a URL, and edge-asr opens files alone. Try: {hint}"))
    elif path != STDIN and _is_folder(path):
        recordings = list(_of_folder(path))
        yield from recordings
        if not recordings:
            yield Recording(path, AudioError(f"{path}: no recording in this folder."))
    else:
        yield Recording(path)


def _of_folder(folder: str) -> Iterator[Recording]:
    """Yield the recordings below a folder, sorted; hidden files and folders are left out."""
    unreadable: list[OSError] = []
    for directory, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(directory) / name for name in sorted(files) if not name.startswith("."))
        yield from (Recording(str(path)) for path in paths if _is_recording(path))
    for error in unreadable:
        reason = AudioError(f"{error.filename}: the folder cannot be read: {error.strerror}.")
        yield Recording(str(error.filename), reason)


def _is_recording(path: Path) -> bool:
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        if not path.is_file():  # opening a pipe would wait for its writer
            return False
        with path.open("rb") as file:
            return _MAGIC.match(file.read(_NUM_MAGIC_BYTES)) is not None
    except OSError:
        return False


def _of_list(source: str) -> Iterator[Recording]:
    for name in _lines(source):
        yield from _of_path(name)


def _lines(source: str) -> Iterable[str]:
    """Return the names in a list: one a line, in UTF-8 or whatever bytes the file system has.

    Raises:
        UsageError: the list cannot be read.
    """
    try:
        data = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
    except OSError as error:
        raise UsageError(f"{source}: the list of files cannot be read: {error.strerror}.") from error
    text = os.fsdecode(data.removeprefix(b"\xef\xbb\xbf"))
    return [line for line in (line.removesuffix("\r") for line in text.split("\n")) if line]

"""The journal of `edge-asr run --resume`: a line of JSON for each thing that happened, only ever appended.

A process that is killed can leave a part of its last line. It is skipped when the journal is read, and ended
when the next line is written. What is in no line has not happened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import msgspec

from edge_runtime.cli.failures import Failure
from edge_runtime.errors import ResourceError, UsageError
from edge_runtime.results.transcript import Transcript

JOURNAL_NAME: Final = ".edge-asr-journal.jsonl"


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=str.lower):
    """Something that happened."""


class _OfItem(_Line, frozen=True, kw_only=True):
    """Something that happened to a recording.

    Attributes:
        audio: SHA-256 of the recording.
        request: hash of bundle and options.
        name: of the recording, for a person.
    """

    audio: str
    request: str
    name: str


class Began(_OfItem, frozen=True, kw_only=True):
    """The recording was taken; a process that is killed leaves it so."""


class Done(_OfItem, frozen=True, kw_only=True):
    """Its results were delivered.

    Attributes:
        transcript: with the times of words, if they were requested.
        outputs: file → SHA-256 of what was written there.
    """

    transcript: Transcript
    outputs: dict[str, str]


class Failed(_OfItem, frozen=True, kw_only=True):
    """It has no result.

    Attributes:
        failure: why.
        setting: what else decides whether it fails; None where it may pass and is tried again.
    """

    failure: Failure
    setting: str | None


class Lost(_OfItem, frozen=True, kw_only=True):
    """Its process ended or took too long, and others went on."""


class Ended(_Line, frozen=True):
    """The run ended in order; what had begun was given up, and nothing is held against it."""


Line: TypeAlias = Began | Done | Failed | Lost | Ended


class Journal:
    """A journal file, open for appending.

    Raises:
        UsageError, ResourceError: it cannot be read or written; of every method.
    """

    def __init__(self, folder: Path) -> None:
        """Open the journal of a folder of results, or begin one."""
        self.path: Final = folder / JOURNAL_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: Final[BinaryIO] = self.path.open("a+b")
            _end_last_line(self._file)
        except OSError as error:
            raise UsageError(
                f"{self.path}: the journal of --resume cannot be written: {error.strerror}. Name another "
                f"--output-dir."
            ) from error

    def lines(self) -> Iterator[tuple[int, Line]]:
        """Yield what happened, with its offset for `line_at`; what is no line of a journal is skipped."""
        with self.path.open("rb") as file:
            offset = 0
            for data in file:
                with suppress(msgspec.DecodeError):
                    yield offset, msgspec.json.decode(data, type=Line)
                offset += len(data)

    def line_at(self, offset: int) -> Line:
        """Return a line once more."""
        with self.path.open("rb") as file:
            file.seek(offset)
            line: Line = msgspec.json.decode(file.readline(), type=Line)
            return line

    def append(self, line: Line) -> int:
        """Write a line and return its offset.

        A kill leaves it there. What a power cut takes is done again: files are synced before their line.
        """
        try:
            offset = self._file.seek(0, os.SEEK_END)
            self._file.write(msgspec.json.encode(line) + b"\n")
            self._file.flush()
        except OSError as error:
            raise ResourceError(
                f"{self.path}: {error.strerror}. Free some space and run again; it goes on."
            ) from error
        return offset

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _end_last_line(file: BinaryIO) -> None:
    """Put what follows on a line of its own."""
    if file.seek(0, os.SEEK_END):
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
            file.flush()

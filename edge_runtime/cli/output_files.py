"""Files of a command: their names, known before the work, and a line about each that is written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from edge_runtime.cli.options import STDIN
from edge_runtime.cli.terminal import say
from edge_runtime.errors import UsageError
from edge_runtime.writers import output_path, write_whole

Paths: TypeAlias = Mapping[str, Path]
"""Format → file of one recording."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where files go; with neither, results go to stdout.

    Attributes:
        directory: holds files that are named after their recordings.
        file: the file of the only recording.
        skip_existing: leave a recording out whose files are all there.
    """

    directory: Path | None = None
    file: Path | None = None
    skip_existing: bool = False

    def __post_init__(self) -> None:
        if self.directory is not None and self.file is not None:
            raise UsageError("--output-dir and --output-file cannot both be. Leave one out.")
        if self.skip_existing and not self.writes_files:
            raise UsageError("--skip-existing looks for files. Give --output-dir or --output-file.")

    @property
    def writes_files(self) -> bool:
        """Whether results are files."""
        return self.directory is not None or self.file is not None

    def require_writable(self) -> None:
        """Check, before any work, that files can be written.

        Raises:
            UsageError: the folder is no folder, or is not to be written.
        """
        folder = self.directory or (self.file or Path()).parent
        while not folder.exists() and folder.parent != folder:
            folder = folder.parent
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder, so nothing can be written there. Name another.")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(f"{folder} cannot be written by this user. Name another folder.")

    def name_files(self, recordings: Sequence[str], formats: Sequence[str]) -> list[Paths]:
        """Return the files of each recording; no two of a run are the same."""
        used: set[Path] = set()
        return [self._name(recording, formats, used) for recording in recordings]

    def _name(self, recording: str, formats: Sequence[str], used: set[Path]) -> Paths:
        if self.file is not None:
            return {formats[0]: self.file}
        assert self.directory is not None, "only a target with files names them"
        paths = {}
        for name in formats:
            paths[name] = output_path(self.directory, source_path(recording), name, used)
            used.add(paths[name])
        return paths


def all_exist(paths: Paths) -> bool:
    """Tell whether every file of a recording is there."""
    return bool(paths) and all(path.is_file() for path in paths.values())


def write_reported(path: Path, text: str, recording: str, *, quiet: bool) -> None:
    """Write a file and say so, and whether it took the place of another; raises as `write_whole` does."""
    verb = "replaced" if write_whole(path, text) else "wrote"
    say(f"edge-asr: {recording}: {verb} {path}", quiet=quiet)


def recording_name(source: str) -> str:
    """Return the name of a recording for formats that contain it."""
    return source_path(source).stem


def source_path(source: str) -> Path:
    """Return the path of a recording, a name for standard input."""
    return Path("stdin") if source == STDIN else Path(source)

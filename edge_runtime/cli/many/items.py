"""What a command is to do: recordings, and the files of their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_runtime.cli.inputs.recordings import Recording
from edge_runtime.cli.output_files import Paths, Target, all_exist
from edge_runtime.digest import sha256_of
from edge_runtime.results.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Item:
    """A recording and the files of its results, none where they go to stdout.

    Attributes:
        number: its place among all of the command, from 0.
        recording: as it was named.
        paths: its files.
        sha256: of the recording's bytes; None where they were not read, or cannot be.
    """

    number: int
    recording: Recording
    paths: Paths
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The recording's, as given."""
        return self.recording.name


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item.

    Attributes:
        result: its transcript, or why there is none.
        tries: how often it was tried.
    """

    result: Transcript | Exception
    tries: int = 1


def plan_items(recordings: Sequence[Recording], target: Target, formats: Sequence[str]) -> list[Item]:
    """Name the files of each recording.

    Raises:
        UsageError: files cannot be written there.
    """
    if not target.writes_files:
        return [Item(number, recording, {}) for number, recording in enumerate(recordings)]
    target.require_writable()
    paths = target.name_files([recording.name for recording in recordings], formats)
    pairs = zip(recordings, paths, strict=True)
    return [Item(number, *pair) for number, pair in enumerate(pairs)]


def existing(items: Sequence[Item]) -> list[Item]:
    """Return the items whose files are all there."""
    return [item for item in items if all_exist(item.paths)]


def content_of(recording: Recording) -> str | None:
    """Return the SHA-256 of a recording's bytes; None where it is no file that can be read again."""
    path = Path(recording.name)
    try:
        return sha256_of(path) if recording.error is None and path.is_file() else None
    except OSError:
        return None

"""What a command is to do: recordings, and the files of their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge_runtime.cli.inputs.recordings import Recording
from edge_runtime.cli.output_files import Paths, Target, all_exist


@dataclass(frozen=True, slots=True)
class Item:
    """A recording and the files of its results, none where they go to stdout."""

    recording: Recording
    paths: Paths

    @property
    def name(self) -> str:
        """The recording's, as given."""
        return self.recording.name


def plan_items(recordings: Sequence[Recording], target: Target, formats: Sequence[str]) -> list[Item]:
    """Name the files of each recording.

    Raises:
        UsageError: files cannot be written there.
    """
    if not target.writes_files:
        return [Item(recording, {}) for recording in recordings]
    target.require_writable()
    paths = target.name_files([recording.name for recording in recordings], formats)
    return [Item(*pair) for pair in zip(recordings, paths, strict=True)]


def existing(items: Sequence[Item]) -> list[Item]:
    """Return the items whose files are all there."""
    return [item for item in items if all_exist(item.paths)]

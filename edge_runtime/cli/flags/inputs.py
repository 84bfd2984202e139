"""Flags that say which recordings are read, and how."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.cli import options
from edge_runtime.cli.flags.reading import ReadFlags
from edge_runtime.cli.inputs.recordings import Recording, find_recordings, is_one_file


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFlags(ReadFlags):
    """Recordings and choices about them."""

    audio: options.Recordings = None
    files_from: options.FilesFrom = None

    def recordings(self) -> tuple[Recording, ...]:
        """Return the recordings; raises as `find_recordings` does."""
        return find_recordings(self.audio or (), self.files_from)

    @property
    def is_one_file(self) -> bool:
        """Whether one recording is named as such."""
        return is_one_file(self.audio or (), self.files_from)

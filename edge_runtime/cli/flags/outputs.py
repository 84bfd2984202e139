"""Flags that say in which form results are written, and where."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.cli import options
from edge_runtime.cli.output_files import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFlags:
    """Formats, files and the layout of subtitles."""

    output_format: options.Format = None
    output_dir: options.OutputDir = None
    output_file: options.OutputFile = None
    skip_existing: options.SkipExisting = False
    as_json: options.Json = False

    def target(self) -> Target:
        """Return where files go; raises as `Target` does."""
        return Target(self.output_dir, self.output_file, self.skip_existing)

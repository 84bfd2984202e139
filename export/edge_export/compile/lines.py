"""Progress and warnings of a command, as lines on stderr."""

from __future__ import annotations

from dataclasses import dataclass

import typer


@dataclass(frozen=True, slots=True)
class Lines:
    """A reporter.

    Attributes:
        shows_progress: whether to print lines of progress.
        quiet: whether to leave out warnings.
    """

    shows_progress: bool
    quiet: bool

    def progress(self, text: str) -> None:
        """Print a line of progress."""
        if self.shows_progress:
            typer.echo(text, err=True)

    def warn(self, text: str) -> None:
        """Print a warning."""
        if not self.quiet:
            typer.echo(f"warning: {text}", err=True)

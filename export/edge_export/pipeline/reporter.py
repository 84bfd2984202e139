"""Receiver of a build's progress and warnings."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Receives progress and warnings of a build."""

    def progress(self, text: str) -> None:
        """Take a line of progress."""
        ...

    def warn(self, text: str) -> None:
        """Take a line that the user should see."""
        ...

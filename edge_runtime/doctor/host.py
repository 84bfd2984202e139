"""Where facts of the machine come from: a file tree, its programs and the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_PROGRAM_FOLDERS: Final = ("usr/sbin", "usr/bin", "sbin", "bin")
_PROGRAM_LIMIT_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine.

    Attributes:
        root: of its file system; another tree than `/` stands in for another machine.
        environ: environment variables.
    """

    root: Path = Path("/")
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def text(self, path: str) -> str:
        """Return the text of a file, empty where it cannot be read."""
        try:
            return (self.root / path).read_bytes().decode("utf-8", "replace").strip("\0 \n")
        except OSError:
            return ""

    def files(self, pattern: str) -> list[Path]:
        """Return the paths that match a pattern, sorted."""
        try:
            return sorted(self.root.glob(pattern))
        except OSError:
            return []

    def exists(self, path: str) -> bool:
        """Return whether there is such a file or folder."""
        return os.path.lexists(self.root / path)

    def output_of(self, program: str, *arguments: str) -> str:
        """Run a program of the system and return what it prints; empty where it is missing or fails."""
        folders = os.pathsep.join(str(self.root / folder) for folder in _PROGRAM_FOLDERS)
        path = shutil.which(program, path=folders)
        if path is None:
            return ""
        try:
            done = subprocess.run(  # noqa: S603 - a program of the system, arguments as a list
                [path, *arguments], capture_output=True, timeout=_PROGRAM_LIMIT_S, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return ""
        return done.stdout.decode("utf-8", "replace")

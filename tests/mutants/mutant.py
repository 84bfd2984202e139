"""A mistake that somebody could make, and the tests that are there to notice it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A mistake: in one file of `edge_runtime`, a text is replaced.

    Attributes:
        file: the file, from `edge_runtime` on.
        old: what stands there, exactly once.
        new: what stands there by mistake.
        tests: files, or tests of files, under `tests/runtime`, of which one fails with it.
        program: what those tests need on this machine, "" for nothing; without it they are skipped.
    """

    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    program: str = ""

    @property
    def can_be_caught(self) -> bool:
        """Whether its tests run on this machine."""
        return not self.program or shutil.which(self.program) is not None

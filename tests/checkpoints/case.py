"""A row of the table: a checkpoint folder, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Made:
    """A folder, written.

    Attributes:
        folder: what the user names.
        truth: folder with the same model that transformers loads as anyone would; None for one to refuse.
        adapter: what `--adapter` names.
        says: regular expression that the refusal must match.
        forces: language to force besides detection.
        bin_ms: of an aligner, the width of a class that it must have.
    """

    folder: Path
    truth: Path | None = None
    adapter: Path | None = None
    says: str = ""
    forces: str | None = "English"
    bin_ms: float | None = None


@dataclass(frozen=True)
class Case:
    """A checkpoint by name, and how its folder is made in an empty one."""

    name: str
    make: Callable[[Path], Made]

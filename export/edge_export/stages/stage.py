"""A stage of a build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.stages.workspace import Workspace

Work = Callable[["Checkpoint", "Workspace", "Path"], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    Attributes:
        name: of the stage and its folder.
        work: called with checkpoint, workspace and the folder to fill.
        installs: names of its files that go into the bundle.
    """

    name: str
    work: Work
    installs: tuple[str, ...]

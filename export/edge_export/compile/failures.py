"""Precisions that failed in a run of `compile`, so that the next run of it does not try them again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_export.engine.failure import EngineFailedError
from edge_runtime.errors import EdgeAsrError, EngineMismatchError, GraphError

if TYPE_CHECKING:
    from edge_export.stages.workspace import Workspace

_LASTING: Final[tuple[type[EdgeAsrError], ...]] = (EngineMismatchError, GraphError)
"""Errors that come again with the same library, GPU and driver. Memory and disk may be freed meanwhile."""
_NAME: Final = "failure.json"
_SUFFIX: Final = "It failed so before and is not tried again; `--force` tries it."


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures in the working folder, whose key has the library's version, the GPU and its driver.

    Attributes:
        workspace: the working folder.
    """

    workspace: Workspace

    def record(self, precision: str, error: EdgeAsrError) -> None:
        """Record a failure, if it would come again."""
        if type(error) in _LASTING:
            self.workspace.run(_stage(precision), partial(_write, error))

    def raise_recorded(self, precision: str) -> None:
        """Raise the recorded failure of a precision, if there is one.

        Raises:
            EngineFailedError: with the error of the earlier run.
        """
        if not self.workspace.is_finished(_stage(precision)):
            return
        document = json.loads((self.workspace.stage_path(_stage(precision)) / _NAME).read_text("utf-8"))
        kind = next(each for each in _LASTING if each.__name__ == document["error"])
        raise EngineFailedError(kind(f"{document['reason']} {_SUFFIX}"))


def _stage(precision: str) -> str:
    return f"{precision}.failed"


def _write(error: EdgeAsrError, folder: Path) -> None:
    document = {"error": type(error).__name__, "reason": str(error)}
    (folder / _NAME).write_text(json.dumps(document, indent=2) + "\n", "utf-8")

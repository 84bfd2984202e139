"""What engines are planned for: a library's version and, unless they are compiled ahead, a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_export.engine.builder.library import release_of

if TYPE_CHECKING:
    from edge_export.engine.builder.library import EngineTarget, TrtLibrary
    from edge_runtime.backends.cuda.runtime import CudaDevice


@dataclass(frozen=True, slots=True)
class EngineMachine:
    """A machine that engines are for.

    Attributes:
        target: back end.
        version: of the library.
        gpu: the engines' GPU; None where they are compiled ahead for several.
        library: the installed library; None where the engines are built elsewhere.
    """

    target: EngineTarget
    version: str
    gpu: CudaDevice | None = None
    library: TrtLibrary | None = None

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version of the library."""
        return release_of(self.version)

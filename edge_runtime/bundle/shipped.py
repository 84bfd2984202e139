"""The bundle that comes with the package, for a first transcript without a build."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

_DATA: Final = files("edge_runtime") / "data"
"""No `Path` where the package is imported from an archive; back ends open graphs as files."""
_NAMES: Final = {"mini": "mini.ort-cpu.int8"}
SHIPPED: Final[Mapping[str, Path]] = {
    model: _DATA / name for model, name in _NAMES.items() if isinstance(_DATA, Path)
}
"""Name of a model → its folder; `edge_runtime/data/README.md` says where it is from."""


def shipped_bundle(model: str) -> Path | None:
    """Return the folder of a model's bundle in this package, None where there is none."""
    return SHIPPED.get(model)

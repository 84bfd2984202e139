"""The bundle that comes with the package, for a first transcript without a build."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

_DATA: Final = Path(__file__).parents[1] / "data"
SHIPPED: Final[Mapping[str, Path]] = {"mini": _DATA / "mini.ort-cpu.int8"}
"""Name of a model → its folder; `edge_runtime/data/README.md` says where it is from."""


def shipped_bundle(model: str) -> Path | None:
    """Return the folder of a model's bundle in this package, None where there is none."""
    return SHIPPED.get(model)

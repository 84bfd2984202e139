"""Models by short names: the released ones, and the bundle in the package for a first transcript."""

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

RELEASED: Final[Mapping[str, str]] = {
    "0.6b": "Qwen/Qwen3-ASR-0.6B",
    "1.7b": "Qwen/Qwen3-ASR-1.7B",
    "aligner": "Qwen/Qwen3-ForcedAligner-0.6B",
}
"""Short name → id on the hub of the released models."""


def shipped_bundle(model: str) -> Path | None:
    """Return the folder of a model's bundle in this package, None where there is none."""
    return SHIPPED.get(model)

"""The prefix that a training tool left before every tensor's name, or took away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_ANCHORS: Final = (
    ("thinker.model.norm.weight", ""),
    ("model.language_model.norm.weight", ""),
    ("language_model.norm.weight", "model."),
    ("model.norm.weight", "thinker."),
)
"""Ends of the one name that every checkpoint has, and what is missing before it; the longer first."""
_HEADS: Final = ("lm_head.", "score.")
"""In the -hf layout they stand beside `model.`, not under it."""


@dataclass(frozen=True, slots=True)
class TensorPrefix:
    """How the names of a file differ from those of its layout.

    Attributes:
        surplus: stands before every name and is no part of it, such as `module.`.
        missing: should stand before every name and does not.
    """

    surplus: str = ""
    missing: str = ""

    def correct(self, name: str) -> str:
        """Return a stored name as its layout spells it."""
        bare = name.removeprefix(self.surplus)
        stands_beside = self.missing == "model." and bare.startswith(_HEADS)
        return bare if stands_beside else self.missing + bare

    def __str__(self) -> str:
        """Say it in a message; empty where nothing differs."""
        parts = (f"with {self.surplus!r} before", f"without {self.missing!r}")
        return " and ".join(
            part for part, text in zip(parts, (self.surplus, self.missing), strict=True) if text
        )


def find_prefix(names: Collection[str]) -> TensorPrefix:
    """Find what stands before the names of a file; none where the names are of another model."""
    for anchor, missing in _ANCHORS:
        prefixes = [name.removesuffix(anchor) for name in names if name.endswith(anchor)]
        prefix = next((each for each in prefixes if not each or each.endswith(".")), None)
        if prefix is not None:
            return TensorPrefix(prefix, missing)
    return TensorPrefix()

"""Groups of matrices that may get eight bits together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAYER: Final = re.compile(r"(.*\.layers\.\d+)\.(.+)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Some matrices of a graph.

    Attributes:
        pattern: glob that matches them and no others of the graph.
        names: of the matrices.
    """

    pattern: str
    names: frozenset[str]


def candidates(names: Sequence[str]) -> tuple[Candidate, ...]:
    """Return every layer, every kind of matrix over all layers, and every single matrix, each once.

    First and last layer, head and down projections are among them.
    """
    patterns: dict[str, None] = {}
    for name in names:
        matched = _LAYER.fullmatch(name)
        if matched:
            patterns |= {f"{matched[1]}.*": None, f"*.{matched[2]}": None}
    patterns |= dict.fromkeys(names)
    return tuple(_candidate(pattern, names) for pattern in patterns)


def _candidate(pattern: str, names: Sequence[str]) -> Candidate:
    return Candidate(pattern, frozenset(name for name in names if fnmatchcase(name, pattern)))

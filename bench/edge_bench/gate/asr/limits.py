"""How much worse than the reference a bundle may be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from edge_bench.gate.build_gate import read_limits
from edge_runtime.errors import UsageError


@dataclass(frozen=True, slots=True)
class GateLimits:
    """The most that is accepted.

    Attributes:
        points: by which the error rate of a language is above the reference's, in percent of its words or
            characters.
        empty: clips with no text any more.
        loop: clips whose text goes round.
        language: clips whose language is no longer found.
        invented: clips without speech that get text now.
        early: clips whose text ends early.
        changed: clips whose text differs at all; None for any number.
    """

    points: float
    empty: int = 0
    loop: int = 0
    language: int = 0
    invented: int = 0
    early: int = 0
    changed: int | None = None


_POINTS: Final[Mapping[str, float]] = {
    "fp32": 0.0,
    "fp16": 0.1,
    "bf16": 0.1,
    "int8": 0.1,
    "int8-w8a8": 0.3,
    "int4": 0.5,
}
"""Eight bits cost others 0.00 to 0.05 points of English, four 0.15 to 0.7; activations at eight more."""


def limits_for(precision: str, limit_args: Sequence[str] = ()) -> GateLimits:
    """Return the limits of a precision, some of them set by the user.

    Args:
        precision: of the candidate, as its manifest names it.
        limit_args: NAME=VALUE with a field of `GateLimits`; the last one of a name counts.

    Raises:
        UsageError: a text is no such limit, or the precision is of a recipe and no points are asked.
    """
    parsed = read_limits(limit_args, _NAMES, _is_sound, _COMPLAINT)
    points = parsed.pop("points", _POINTS.get(precision))
    if points is None:
        raise UsageError(
            f"No limit is known for precision {precision!r}; those of {', '.join(_POINTS)} are. "
            f"Say how many points of WER or CER it may cost, for example points=0.3."
        )
    return replace(GateLimits(points), **{name: int(value) for name, value in parsed.items()})


_NAMES: Final = tuple(field.name for field in fields(GateLimits))
_COMPLAINT: Final = (
    f"is no limit. Write NAME=VALUE with one of {', '.join(_NAMES)}, for example points=0.3 or early=1."
)


def _is_sound(name: str, value: float) -> bool:
    """Points may be negative: a bundle can be asked to be better. Counts are whole."""
    return math.isfinite(value) if name == "points" else value >= 0 and value.is_integer()

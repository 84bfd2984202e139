"""How much worse than the reference a bundle may be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from edge_bench.gate.limits import LimitRules


@dataclass(frozen=True, slots=True)
class GateLimits:
    """The largest loss that is accepted.

    Attributes:
        points: rise of a language's error rate over the reference's, in percent of its words or characters.
        empty: clips with speech that newly get no text.
        loop: clips whose text newly repeats itself.
        language: clips whose language is newly wrong.
        invented: clips without speech that newly get text.
        early: clips whose text newly ends early.
        changed: clips whose normalized text differs at all; None for any number.
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
"""Published costs in English WER: 0.00 to 0.05 points for 8-bit weights, 0.15 to 0.7 for 4-bit ones, more
with 8-bit activations."""


def limits_for(precision: str, limit_args: Sequence[str] = ()) -> GateLimits:
    """Return the limits of a precision, some of them set by the user.

    Args:
        precision: of the candidate, as its manifest names it.
        limit_args: NAME=VALUE with a field of `GateLimits`; the last one of a name counts.

    Raises:
        UsageError: a text is no such limit, or the precision has no default and `points` is not set.
    """
    limits = _RULES.read(precision, limit_args)
    points = limits.pop("points")
    return replace(GateLimits(points), **{name: int(value) for name, value in limits.items()})


def _is_valid(name: str, value: float) -> bool:
    """Points may be negative, to ask for a better bundle. Counts are whole."""
    return math.isfinite(value) if name == "points" else value >= 0 and value.is_integer()


_NAMES: Final = tuple(field.name for field in fields(GateLimits))
_RULES: Final = LimitRules(
    names=_NAMES,
    main="points",
    by_precision=_POINTS,
    is_valid=_is_valid,
    complaint=f"is no limit. Write NAME=VALUE with one of {', '.join(_NAMES)}, "
    f"for example points=0.3 or early=1.",
    advice="Say how many points of WER or CER it may cost, for example points=0.3.",
)

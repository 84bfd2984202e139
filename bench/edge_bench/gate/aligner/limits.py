"""How far an aligner's classes may be from the reference's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from edge_bench.gate.limits import LimitRules


@dataclass(frozen=True, slots=True)
class AlignerLimits:
    """The largest deviation that is accepted.

    Attributes:
        equal: minimum share of the slots with the reference's class, in percent.
        within_one: minimum share with that class or one beside it, in percent; None for any.
        aas_ms: maximum rise of the mean shift from the true times, in milliseconds; None for any.
    """

    equal: float
    within_one: float | None = None
    aas_ms: float | None = None


_EQUAL: Final[Mapping[str, float]] = {
    "fp32": 99.9,
    "fp16": 99.0,
    "bf16": 99.0,
    "int8": 99.0,
    "int8-w8a8": 98.0,
    "int4": 97.0,
}
"""Percent. In one slot of a thousand of the mini aligner two classes are equally likely to within 0.001 nats.
There the order of summation decides, so even float32 on another machine need not agree in every slot."""


def aligner_limits_for(precision: str, limit_args: Sequence[str] = ()) -> AlignerLimits:
    """Return the limits of a precision, some of them set by the user.

    Args:
        precision: of the candidate, as its manifest names it.
        limit_args: NAME=VALUE with a field of `AlignerLimits`; the last one of a name counts.

    Raises:
        UsageError: a text is no such limit, or the precision has no default and `equal` is not set.
    """
    limits = _RULES.read(precision, limit_args)
    return AlignerLimits(limits["equal"], limits.get("within_one"), limits.get("aas_ms"))


def _is_valid(name: str, value: float) -> bool:
    """Milliseconds may be negative, to ask for a better aligner. Shares are percent."""
    return math.isfinite(value) if name == "aas_ms" else 0 <= value <= 100  # noqa: PLR2004 - percent


_NAMES: Final = tuple(field.name for field in fields(AlignerLimits))
_RULES: Final = LimitRules(
    names=_NAMES,
    main="equal",
    by_precision=_EQUAL,
    is_valid=_is_valid,
    complaint=f"is no limit for an aligner. Write NAME=VALUE with one of {', '.join(_NAMES)}, "
    f"for example equal=98 or aas_ms=2.",
    advice="Say which share of the classes is to be equal, in percent, for example equal=98.",
)

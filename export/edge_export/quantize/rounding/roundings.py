"""Roundings by the names that `--rounding` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast, get_args

from edge_export.quantize.rounding.methods import LeastSquares, RoundToNearest
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_export.quantize.rounding.methods import Rounding

RoundingName = Literal["nearest", "least-squares", "gptq"]

ROUNDING_NAMES: Final[tuple[str, ...]] = get_args(RoundingName)
PLAIN: Final[Mapping[RoundingName, Rounding]] = {
    "nearest": RoundToNearest(),
    "least-squares": LeastSquares(),
}
"""Those that need no recordings."""


def choose_rounding(asked: str | None, *, rounds_weights_alone: bool, has_recordings: bool) -> RoundingName:
    """Return how a build rounds: by recordings where there are any and weights alone are rounded.

    Activations of int8-w8a8 cost more than its weights, so it keeps the rounding that its gate was measured
    with.

    Args:
        asked: for; None leaves the choice to what is at hand.
        rounds_weights_alone: whether the precision leaves activations float.
        has_recordings: whether there are any.

    Raises:
        UsageError: the name is unknown, or what it needs is missing.
    """
    if asked is not None and asked not in ROUNDING_NAMES:
        raise UsageError(f"--rounding {asked!r} is unknown; choose {' or '.join(ROUNDING_NAMES)}.")
    if asked == "gptq" and not has_recordings:
        raise UsageError(
            "--rounding gptq weighs errors by recorded inputs and needs recordings. Name a folder, a list or "
            "a file with --calibrate-on, or leave --rounding out."
        )
    if asked is not None:
        return cast("RoundingName", asked)
    return "gptq" if has_recordings and rounds_weights_alone else "least-squares"

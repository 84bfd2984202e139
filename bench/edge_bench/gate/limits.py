"""The limits of a gate as a user sets them: NAME=VALUE."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge_runtime.errors import UsageError


@dataclass(frozen=True, slots=True)
class LimitRules:
    """Which limits one kind of gate has.

    Attributes:
        names: the limits.
        main: the limit whose default depends on the precision.
        by_precision: precision → default of `main`.
        is_valid: whether a limit may have a value; the value is NaN where the text is no number.
        complaint: what is wrong with a text that is no such limit; the text itself stands before it.
        advice: how to set `main` for a precision that has no default.
    """

    names: Sequence[str]
    main: str
    by_precision: Mapping[str, float]
    is_valid: Callable[[str, float], bool]
    complaint: str
    advice: str

    def read(self, precision: str, limit_args: Sequence[str]) -> dict[str, float]:
        """Return the limits by name: those that are set, and `main` in any case.

        Args:
            precision: of the candidate, as its manifest names it.
            limit_args: NAME=VALUE; the last one of a name counts.

        Raises:
            UsageError: a text is no such limit, or `main` has neither a value nor a default.
        """
        limits = dict(map(self._parse, limit_args))
        if self.main not in limits:
            if precision not in self.by_precision:
                raise UsageError(
                    f"No limit is known for precision {precision!r}; those of "
                    f"{', '.join(self.by_precision)} are. {self.advice}"
                )
            limits[self.main] = self.by_precision[precision]
        return limits

    def _parse(self, text: str) -> tuple[str, float]:
        name, _, value_text = text.partition("=")
        try:
            value = float(value_text)
        except ValueError:
            value = math.nan
        if name not in self.names or not self.is_valid(name, value):
            raise UsageError(f"{text!r} {self.complaint}")
        return name, value

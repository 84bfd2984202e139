"""Which of several compiled precisions a device keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from edge_export.compile.timing import CallTime

_FLOATS: Final = frozenset({"fp32", "fp16"})


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of a precision after it was compiled, or was not.

    Attributes:
        precision: its name.
        num_bytes: of its engines.
        time: of a decoder's step or an aligner's pass, None where it was not measured.
        reason: why it cannot be kept, None where it can.
    """

    precision: str
    num_bytes: int = 0
    time: CallTime | None = None
    reason: str | None = None

    def as_json(self, kept: Figures) -> dict[str, Any]:
        """Return the JSON document, which says whether it was kept."""
        return {
            "precision": self.precision,
            "bytes": self.num_bytes,
            **({} if self.time is None else {f"{self.time.call}_ms": self.time.ms}),
            "kept": self == kept,
            "reason": self.reason,
        }

    def __str__(self) -> str:
        """Return precision, size and time."""
        time = "" if self.time is None else f", {self.time.ms:.2f} ms a {self.time.call}"
        return f"{self.precision} ({self.num_bytes / 1e6:.0f} MB{time})"


def choose(figures: Sequence[Figures], fitting: Sequence[str]) -> tuple[Figures, str]:
    """Return the precision to keep and the sentence that says so.

    Args:
        figures: of all precisions; one at least can be kept.
        fitting: precisions that there is memory for. Where none of them is floating-point, the device is
            short of memory and the smallest is kept, otherwise the fastest.
    """
    usable = [each for each in figures if each.reason is None]
    times = {each.precision: each.time.ms for each in usable if each.time is not None}
    by_time = not _FLOATS.isdisjoint(fitting) and len(times) == len(usable)
    kept = min(usable, key=lambda each: times[each.precision] if by_time else each.num_bytes)
    others = [str(each) for each in usable if each != kept]
    if not others:
        return kept, f"kept {kept}"
    return kept, f"kept {kept}, {'faster' if by_time else 'smaller'} than {', '.join(others)}"

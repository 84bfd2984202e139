"""A source of power or energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


class Meter(Protocol):
    """Something that counts energy, or tells power."""

    @property
    def name(self) -> str:
        """Source and what it covers, as `RAPL package-0`."""
        ...

    @property
    def kind(self) -> Literal["counter", "gauge"]:
        """Whether it counts joules or tells watts."""
        ...

    @property
    def wraps_at(self) -> float | None:
        """The count after which a counter begins again; None where it does not."""
        ...

    def read(self) -> float:
        """Return the joules so far, or the watts now.

        Raises:
            OSError: it cannot be read any more.
        """
        ...

    def close(self) -> None:
        """End what reads it."""
        ...


@dataclass(frozen=True, slots=True)
class Search:
    """What was looked for: the meters that can be read, and for each source that cannot, why.

    Attributes:
        meters: that can be read.
        absent: source → reason.
    """

    meters: tuple[Meter, ...]
    absent: tuple[tuple[str, str], ...]

    def close(self) -> None:
        """Close all meters."""
        for meter in self.meters:
            meter.close()

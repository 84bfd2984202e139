"""How often a segment is decoded."""

from __future__ import annotations

from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.vad.timestamps import SAMPLE_RATE

_SHORT_S: Final[Seconds] = 0.5
_LONG_S: Final[Seconds] = 1.0
_FAST_S: Final[Seconds] = 0.35
"""A step of less time leaves room for the longest ones within the short hop."""


class Hop:
    """Samples between two steps: fixed, or the longer hop where a step takes longer than the shorter one."""

    def __init__(self, hop_sec: Seconds | None) -> None:
        """Take the hop, None to choose it by the steps' times."""
        self._is_fixed: Final = hop_sec is not None
        self._seconds = _SHORT_S if hop_sec is None else hop_sec

    @property
    def samples(self) -> int:
        """The hop from now on."""
        return max(1, round(self._seconds * SAMPLE_RATE))

    def took(self, step_s: Seconds) -> None:
        """Take the wall time of a step."""
        if self._is_fixed:
            return
        if step_s > _SHORT_S:
            self._seconds = _LONG_S
        elif step_s < _FAST_S:
            self._seconds = _SHORT_S

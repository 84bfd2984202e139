"""Back-off for attempts that cost time where they save no step: drafts, and steps of a batch."""

from __future__ import annotations

from typing import Final


class Backoff:
    """Exponential back-off: after attempts that saved no step, skip 4, 16, then 64 steps."""

    def __init__(self, min_wait: int = 4, max_wait: int = 64) -> None:
        """Begin with an attempt.

        Args:
            min_wait: steps to skip after the first attempt that saved nothing. Each further one skips four
                times as many.
            max_wait: most steps to skip.
        """
        self._max_wait: Final = max_wait
        self._min_wait: Final = min_wait
        self._wait = min_wait
        self._steps_to_skip = 0

    def should_try(self) -> bool:
        """Return whether to make an attempt at this step. Call it once a step."""
        self._steps_to_skip -= 1
        return self._steps_to_skip < 0

    def record(self, *, saved: bool) -> None:
        """Record whether an attempt saved a step."""
        self._steps_to_skip = 0 if saved else self._wait
        self._wait = self._min_wait if saved else min(4 * self._wait, self._max_wait)

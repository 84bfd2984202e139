"""When to try what may be in vain: guesses that save no step cost one, and so do steps together."""

from __future__ import annotations

from typing import Final


class Backoff:
    """Silence after an attempt that saved nothing, longer and longer until one does."""

    def __init__(self, min_wait: int = 4, max_wait: int = 64) -> None:
        """Begin by asking.

        Args:
            min_wait: steps of silence after an attempt that saved nothing, four times as many each time.
            max_wait: most of them.
        """
        self._max_wait: Final = max_wait
        self._min_wait: Final = min_wait
        self._wait = min_wait
        self._steps_to_skip = 0

    def should_try(self) -> bool:
        """Tell, once for each step, whether an attempt is wanted."""
        self._steps_to_skip -= 1
        return self._steps_to_skip < 0

    def record(self, *, saved: bool) -> None:
        """Take note of whether an attempt saved a step."""
        self._steps_to_skip = 0 if saved else self._wait
        self._wait = self._min_wait if saved else min(4 * self._wait, self._max_wait)

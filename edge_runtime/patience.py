"""When to ask a draft: guesses that save no step cost one."""

from __future__ import annotations

from typing import Final


class Patience:
    """Silence after guesses that saved nothing, longer and longer until one does."""

    def __init__(self, shortest: int = 4, longest: int = 64) -> None:
        """Begin by asking.

        Args:
            shortest: tokens to be silent for after guesses that saved nothing, four times as many each time.
            longest: most of them.
        """
        self._longest: Final = longest
        self._shortest: Final = shortest
        self._wait = shortest
        self._silence = 0

    def asks(self) -> bool:
        """Tell, once for each token, whether guesses are wanted."""
        self._silence -= 1
        return self._silence < 0

    def learn(self, *, saved: bool) -> None:
        """Take note of whether guesses saved a step."""
        self._silence = 0 if saved else self._wait
        self._wait = self._shortest if saved else min(4 * self._wait, self._longest)

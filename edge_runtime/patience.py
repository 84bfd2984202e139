"""When to ask a draft: guesses that save no step cost one."""

from __future__ import annotations

from typing import Final


class Patience:
    """Silence after guesses that saved nothing, longer and longer until one does."""

    def __init__(self, longest: int = 32) -> None:
        """Begin by asking.

        Args:
            longest: most tokens to be silent for.
        """
        self._longest: Final = longest
        self._wait = 1
        self._silence = 0

    def asks(self) -> bool:
        """Tell, once for each token, whether guesses are wanted."""
        self._silence -= 1
        return self._silence < 0

    def learn(self, *, saved: bool) -> None:
        """Take note of whether guesses saved a step."""
        self._silence = 0 if saved else self._wait
        self._wait = 1 if saved else min(2 * self._wait, self._longest)

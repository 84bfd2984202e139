"""How many hypotheses in a row have a token in common."""

from __future__ import annotations

from collections.abc import Sequence


class Agreement:
    """Counts in how many hypotheses in a row everything up to a token was the same, for each of the last."""

    def __init__(self) -> None:
        self._ids: tuple[int, ...] = ()
        self._counts: list[int] = []

    def add(self, token_ids: Sequence[int]) -> Sequence[int]:
        """Take a hypothesis; return the count of each of its tokens, 1 for a new one, never rising."""
        same = next(
            (at for at, (old, new) in enumerate(zip(self._ids, token_ids, strict=False)) if old != new),
            min(len(self._ids), len(token_ids)),
        )
        self._counts = [count + 1 for count in self._counts[:same]] + [1] * (len(token_ids) - same)
        self._ids = tuple(token_ids)
        return self._counts

"""Guesses of the next tokens, checked in one call: right ones save steps, wrong ones change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol


class Draft(Protocol):
    """Something that guesses."""

    def propose(self, token_ids: Sequence[int], most: int) -> Sequence[int]:
        """Guess how a sequence goes on.

        Args:
            token_ids: what was generated so far.
            most: guesses that can be checked.
        """
        ...


class NGramDraft:
    """What followed the latest tokens when they came before, in the text so far or in the context.

    Source: prompt lookup decoding; longer matches are tried first.
    """

    def __init__(self, context_ids: Sequence[int] = (), longest: int = 5, shortest: int = 3) -> None:
        """Take what may be repeated.

        Args:
            context_ids: tokens that the text may quote.
            longest: most tokens that must match.
            shortest: fewest.
        """
        self._context: Final = tuple(context_ids)
        self._lengths: Final = range(longest, shortest - 1, -1)

    def propose(self, token_ids: Sequence[int], most: int) -> Sequence[int]:
        """Guess; see `Draft`."""
        seen = (*self._context, *token_ids)
        for length in self._lengths:
            if len(token_ids) < length:
                continue
            start = _latest(seen, seen[-length:])
            if start is not None:
                return seen[start + length : start + length + most]
        return ()


class HypothesisDraft:
    """An earlier transcript of nearly the same audio, as long as the text follows it or comes back to it."""

    def __init__(self, token_ids: Sequence[int], anchor: int = 3) -> None:
        """Take the hypothesis.

        Args:
            token_ids: its tokens.
            anchor: tokens that must match where the text has left it before.
        """
        self._hypothesis: Final = tuple(token_ids)
        self._anchor: Final = anchor

    def propose(self, token_ids: Sequence[int], most: int) -> Sequence[int]:
        """Guess; see `Draft`."""
        position = len(token_ids)
        if tuple(token_ids) != self._hypothesis[:position]:
            anchor = tuple(token_ids[-self._anchor :])
            found = _latest((*self._hypothesis, -1), anchor) if len(anchor) == self._anchor else None
            if found is None:
                return ()
            position = found + self._anchor
        return self._hypothesis[position : position + most]


def _latest(seen: Sequence[int], pattern: Sequence[int]) -> int | None:
    """Return where a pattern begins for the last time before the end of what was seen."""
    last = len(seen) - len(pattern) - 1
    return next((at for at in range(last, -1, -1) if seen[at : at + len(pattern)] == pattern), None)

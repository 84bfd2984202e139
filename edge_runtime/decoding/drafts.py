"""Drafts: proposals of the next tokens, which the decoder verifies in one call.

An accepted token saves a step; a rejected one changes nothing. A draft serves one text and reads each of its
tokens once, so the cost of a proposal does not grow with the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol


class Draft(Protocol):
    """Proposes the next tokens of one text."""

    def propose(self, token_ids: Sequence[int], max_tokens: int) -> Sequence[int]:
        """Propose the next tokens.

        Args:
            token_ids: all tokens generated so far; each call extends the ids of the call before.
            max_tokens: most tokens to propose.
        """
        ...


class NGramDraft:
    """Proposes what followed the latest tokens at their last occurrence in the text or the context.

    Source: prompt lookup decoding; longer matches are tried first.
    """

    def __init__(self, context_ids: Sequence[int] = (), max_ngram: int = 5, min_ngram: int = 3) -> None:
        """Take what may be repeated.

        Args:
            context_ids: tokens that the text may quote.
            max_ngram: longest match to look for, in tokens.
            min_ngram: shortest.
        """
        self._lengths: Final = range(max_ngram, min_ngram - 1, -1)
        self._context_len: Final = len(context_ids)
        self._seen: Final = list(context_ids)
        self._ends: Final[dict[tuple[int, ...], int]] = {}
        self._num_indexed = 0

    def propose(self, token_ids: Sequence[int], max_tokens: int) -> Sequence[int]:
        """Propose the next tokens; see `Draft`."""
        self._seen.extend(token_ids[len(self._seen) - self._context_len :])
        self._index()
        for length in self._lengths:
            end = self._ends.get(tuple(self._seen[-length:])) if len(token_ids) >= length else None
            if end is not None:
                return tuple(self._seen[end : end + max_tokens])
        return ()

    def _index(self) -> None:
        """Store the last end of each n-gram; those at the end of the text have no next token yet."""
        for end in range(self._num_indexed, len(self._seen)):
            for length in self._lengths:
                if end >= length:
                    self._ends[tuple(self._seen[end - length : end])] = end
        self._num_indexed = len(self._seen)


class HypothesisDraft:
    """Proposes an earlier transcript of nearly the same audio where the text follows it or returns to it."""

    def __init__(self, token_ids: Sequence[int], anchor: int = 3) -> None:
        """Take the hypothesis.

        Args:
            token_ids: its tokens.
            anchor: tokens that must match before the draft resumes after a difference.
        """
        self._hypothesis: Final = tuple(token_ids)
        self._anchor: Final = anchor
        ends = range(anchor, len(self._hypothesis) + 1)
        self._ends: Final = {self._hypothesis[end - anchor : end]: end for end in ends}
        self._num_read = 0
        self._matches_so_far = True

    def propose(self, token_ids: Sequence[int], max_tokens: int) -> Sequence[int]:
        """Propose the next tokens; see `Draft`."""
        self._read(token_ids)
        position: int | None = len(token_ids)
        if not self._matches_so_far:
            position = self._ends.get(tuple(token_ids[-self._anchor :]))
        return () if position is None else self._hypothesis[position : position + max_tokens]

    def _read(self, token_ids: Sequence[int]) -> None:
        """Update whether the text equals the hypothesis from its start."""
        new = slice(self._num_read, len(token_ids))
        self._matches_so_far &= tuple(token_ids[new]) == self._hypothesis[new]
        self._num_read = len(token_ids)


class FallbackDraft:
    """Proposes what the first of several drafts proposes that has anything to propose."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        """Take the drafts, best first."""
        self._drafts: Final = drafts

    def propose(self, token_ids: Sequence[int], max_tokens: int) -> Sequence[int]:
        """Propose the next tokens; see `Draft`."""
        # Call every draft: each consumes new tokens only when it is called.
        proposals = [draft.propose(token_ids, max_tokens) for draft in self._drafts]
        return next((proposal for proposal in proposals if proposal), ())

"""Drafts: proposals of the next tokens, which the decoder verifies in one call.

An accepted token saves a step; a rejected one changes nothing. A draft serves one text and reads each of its
tokens once, so the cost of a proposal does not grow with the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from edge_runtime.decoding.ngram_table import MAX_CONTEXT, NGramTable


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
    """Proposes an earlier transcript of nearly the same audio, from where the text has come to in it.

    That is the end of the beginning of the hypothesis that is closest to the text by edit distance
    (Levenshtein), the longest of equals. After a difference, the draft is back in step with the next token.
    """

    def __init__(self, token_ids: Sequence[int]) -> None:
        """Take the tokens of the hypothesis."""
        self._hypothesis: Final = np.array(token_ids, np.int64)
        self._positions: Final = np.arange(len(token_ids) + 1)
        self._distances = self._positions
        self._num_read = 0

    def propose(self, token_ids: Sequence[int], max_tokens: int) -> Sequence[int]:
        """Propose the next tokens; see `Draft`."""
        for token_id in token_ids[self._num_read :]:
            self._read(token_id)
        self._num_read = len(token_ids)
        start = len(self._hypothesis) - int(self._distances[::-1].argmin())
        return tuple(self._hypothesis[start : start + max_tokens].tolist())

    def _read(self, token_id: int) -> None:
        """Update the distance of each beginning of the hypothesis (Wagner and Fischer, one row)."""
        before = self._distances
        substituted = before[:-1] + (self._hypothesis != token_id)
        inserted = before + 1
        inserted[1:] = np.minimum(inserted[1:], substituted)
        # A token of the hypothesis that the text lacks adds one to the distance of the shorter beginning.
        self._distances = np.minimum.accumulate(inserted - self._positions) + self._positions


class HeadDraft:
    """Proposes the rest of what an answer begins with: `language NAME<asr_text>`."""

    def __init__(self, heads: Sequence[Sequence[int]], likely: Sequence[int] = ()) -> None:
        """Take the tokens of the heads.

        Args:
            heads: those of all languages; one is proposed when the text fits no other.
            likely: the one to propose wherever the text fits it; nothing if none is known.
        """
        self._heads: Final = [tuple(head) for head in heads]
        self._likely: Final = tuple(likely)
        self._max_length: Final = max(map(len, (*heads, likely)))

    def propose(self, token_ids: Sequence[int], max_tokens: int) -> Sequence[int]:
        """Propose the next tokens; see `Draft`."""
        length = len(token_ids)
        if length >= self._max_length:
            return ()
        fitting = [head for head in (self._likely, *self._heads) if head[:length] == tuple(token_ids)]
        is_known = len(set(fitting)) == 1 or self._likely in fitting
        return fitting[0][length : length + max_tokens] if is_known else ()


class TextDraft:
    """Proposes what follows in the texts of a domain; see `NGramTable`."""

    def __init__(self, table: NGramTable, prefix_ids: Sequence[int] = ()) -> None:
        """Take the texts.

        Args:
            table: of the texts.
            prefix_ids: tokens of the prompt that the text continues.
        """
        self._table: Final = table
        self._prefix: Final = tuple(prefix_ids[-MAX_CONTEXT:])

    def propose(self, token_ids: Sequence[int], max_tokens: int) -> Sequence[int]:
        """Propose the next tokens; see `Draft`."""
        seen = [*self._prefix, *token_ids[-MAX_CONTEXT:]]
        start = len(seen)
        while len(seen) < start + max_tokens:
            next_id = self._table.next_of(seen[-MAX_CONTEXT:])
            if next_id is None:
                break
            seen.append(next_id)
        return seen[start:]


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

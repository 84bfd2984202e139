"""What comes next in the texts of a domain: a table of n-grams for drafts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from edge_runtime.arrays import Array, TokenIds
from edge_runtime.errors import UsageError

MAX_TABLE_TOKENS: Final = 1 << 20
"""Most tokens of the texts: some 4 MB of English. The table takes 36 bytes for each at most."""

MIN_CONTEXT: Final = 2
MAX_CONTEXT: Final = 4
"""N-grams that are looked up. On the domain of the mini a fifth token saves one call in a hundred; what
follows a single one is a rule of the domain that other texts do not keep."""

_END: Final = -1
_FACTOR: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1


class NGramTable:
    """N-grams of two to four tokens → the token after most of their occurrences, where there is one.

    N-grams are stored as hashes: a draft that is wrong because two are alike is rejected like any other.
    """

    def __init__(self, texts: Iterable[Sequence[int]], start_id: int) -> None:
        """Count what follows what.

        Args:
            texts: token ids of each text.
            start_id: of the token that stands before a text where it is generated.

        Raises:
            UsageError: the texts are too long.
        """
        ids = _joined(texts, start_id)
        pairs = [_majorities(ids, length, start_id) for length in range(MIN_CONTEXT, MAX_CONTEXT + 1)]
        hashes, next_ids = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        order = hashes.argsort(kind="stable")
        self._hashes: Final = hashes[order]
        self._next_ids: Final = next_ids[order]

    def __len__(self) -> int:
        return len(self._hashes)

    def next_of(self, token_ids: Sequence[int]) -> int | None:
        """Return the token that follows the last ones most often, by the longest n-gram that tells.

        Returns:
            None where no n-gram has a token that follows it more often than all others together, or where
            the text ends.
        """
        for length in range(min(MAX_CONTEXT, len(token_ids)), MIN_CONTEXT - 1, -1):
            hashed = np.uint64(_hash(token_ids[-length:]))
            index = int(self._hashes.searchsorted(hashed))
            if index < len(self) and self._hashes[index] == hashed:
                next_id = int(self._next_ids[index])
                return None if next_id == _END else next_id
        return None


def _joined(texts: Iterable[Sequence[int]], start_id: int) -> TokenIds:
    """Return all texts in one array, each between its start and its end."""
    ids: list[int] = []
    for text in texts:
        ids += (start_id, *text, _END)
        if len(ids) > MAX_TABLE_TOKENS:
            raise UsageError(
                f"The draft text has more than {MAX_TABLE_TOKENS} tokens, some 4 MB. Give a part of it."
            )
    return np.array(ids, np.int64)


def _majorities(ids: TokenIds, length: int, start_id: int) -> tuple[Array, Array]:
    """Return the hashes of the n-grams that most often precede the same token, and that token."""
    hashes, next_ids = _hashes(ids, length), ids[length:]
    is_inside = next_ids != start_id
    hashes, next_ids = hashes[is_inside], next_ids[is_inside]
    order = np.lexsort((next_ids, hashes))
    hashes, next_ids = hashes[order], next_ids[order]
    uniques, starts, counts = np.unique(hashes, return_index=True, return_counts=True)
    # What is more than half of a sorted run stands in its middle.
    middle = next_ids[starts + counts // 2]
    is_middle = next_ids == np.repeat(middle, counts)
    num_equal = np.add.reduceat(is_middle, starts, dtype=np.int64) if len(starts) else counts
    is_majority = 2 * num_equal > counts
    return uniques[is_majority], middle[is_majority].astype(np.int32)


def _hashes(ids: TokenIds, length: int) -> Array:
    """Return `_hash` of every n-gram that has a token behind it, shape (len(ids) - length,)."""
    num_ngrams = max(0, len(ids) - length)
    hashes = np.full(num_ngrams, length, np.uint64)
    for offset in range(length):
        hashes = hashes * np.uint64(_FACTOR) + ids[offset : offset + num_ngrams].astype(np.uint64)
        hashes ^= hashes >> np.uint64(32)
    return hashes


def _hash(token_ids: Sequence[int]) -> int:
    hashed = len(token_ids)
    for token_id in token_ids:
        hashed = (hashed * _FACTOR + token_id) & _MASK
        hashed ^= hashed >> 32
    return hashed


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines of a text that hold anything, each as an answer would be written."""
    return filter(None, map(str.strip, text.splitlines()))

"""Byte pair encoding: merges of adjacent ids by rank.

Source: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (2016), with the queue
of candidates of the `tokenizers` library: a run of n bytes takes O(n log n).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import Final

_NONE: Final = -1
_ID: Final = 0xFFFFFFFF


def merge_table(vocabulary: Mapping[str, int], pairs: Iterable[tuple[str, str]]) -> dict[int, int]:
    """Return the merges of a vocabulary: left id << 32 | right id → rank << 32 | merged id.

    One integer for each side takes a third of the memory of tuples.

    Args:
        vocabulary: token → id.
        pairs: the merged tokens, in the order of their rank.

    Raises:
        KeyError: a token that is merged, or that results, has no id.
    """
    return {
        vocabulary[left] << 32 | vocabulary[right]: rank << 32 | vocabulary[left + right]
        for rank, (left, right) in enumerate(pairs)
    }


def apply_merges(ids: list[int], merges: Mapping[int, int]) -> list[int]:
    """Merge the adjacent pair of the lowest rank, the leftmost of equals, until no pair is left.

    Args:
        ids: of the bytes of a piece.
        merges: as from `merge_table`.
    """
    # A doubly linked list in arrays; both ends point at the last entry, which is no symbol.
    symbols = [*ids, _NONE]
    following = list(range(1, len(symbols) + 1))
    preceding = list(range(-1, len(symbols) - 1))
    heap: list[tuple[int, int]] = []

    def offer(left: int, right: int) -> None:
        merge = merges.get(symbols[left] << 32 | symbols[right])
        if merge is not None:
            heapq.heappush(heap, (merge, left))

    for left in range(len(ids) - 1):
        offer(left, left + 1)
    while heap:
        merge, left = heapq.heappop(heap)
        right = following[left]
        if merges.get(symbols[left] << 32 | symbols[right]) != merge:
            continue  # one of the two has merged with its other neighbor
        symbols[left], symbols[right] = merge & _ID, _NONE
        after = following[left] = following[right]
        preceding[after] = left
        offer(preceding[left], left)
        offer(left, after)
    return [symbol for symbol in symbols if symbol != _NONE]

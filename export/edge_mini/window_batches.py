"""Batches of the second stage of training: joined windows among the clips as they are."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edge_mini.batches import Example
from edge_mini.buckets import epoch
from edge_mini.joined import window
from edge_mini.stock import Stock
from edge_mini.workers import Worker

_WINDOWS_PER_CLIPS = 3
_SIZES_S = {4: 2, 6: 2, 8: 2, 12: 3, 16: 3, 20: 4, 24: 4, 30: 12}
"""Padded lengths of the windows, and how often."""


@dataclass(frozen=True, slots=True)
class WindowBatches:
    """One batch of clips, then three of windows.

    Attributes:
        clips: all clips of the first stage.
        stock: what windows are made of.
        batch_seconds: padded audio of a batch.
    """

    clips: Sequence[Example]
    stock: Stock
    batch_seconds: int

    def groups(
        self, fraction: Callable[[], float], rng: random.Random, worker: Worker
    ) -> Iterator[tuple[int, list[Example], random.Random]]:
        """Yield the batches during one epoch of the clips, of equal sizes for all workers."""
        del fraction
        sizes = random.Random(rng.getrandbits(64))
        for size, group, own in epoch(self.clips, self.batch_seconds, rng, worker):
            yield size, group, own
            for longest in sizes.choices(list(_SIZES_S), list(_SIZES_S.values()), k=_WINDOWS_PER_CLIPS):
                count = self.batch_seconds // longest
                yield longest, [window(self.stock, 100 * longest, own) for _ in range(count)], own

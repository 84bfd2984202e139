"""Where live audio comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge_runtime.arrays import Waveform


@dataclass(frozen=True, slots=True)
class LiveSource:
    """Audio that is read once, block after block.

    Attributes:
        name: what messages call it.
        rate: of the samples, in Hz.
        blocks: mono samples as they arrive; raises `AudioError` where they cannot be read any more.
        is_live: whether it goes on whatever the reader does, so that what is not taken in time is lost.
    """

    name: str
    rate: int
    blocks: Iterator[Waveform]
    is_live: bool = False


Remark = Callable[[str], None]
"""Takes one thing that a listener should know, a sentence without the source's name."""

"""Rows of a cache on the device: tensors that lie side by side in one block, and copies between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from edge_runtime.backends.cuda.arena import Arena
from edge_runtime.backends.cuda.stream import Stream
from edge_runtime.backends.tensors import Shape


@dataclass(frozen=True, slots=True)
class TrtTensor:
    """Device memory of one tensor."""

    arena: Arena
    shape: Shape
    itemsize: int
    offset: int = 0
    """Bytes from the start of the arena, for a slice of a tensor and for a part of a block."""

    @property
    def address(self) -> int:
        """Where it begins."""
        return self.arena.address("") + self.offset


def append_rows(
    stream: Stream, source: int, rows: Shape, caches: Sequence[TrtTensor], starts: Sequence[int]
) -> None:
    """Enqueue the copy of new rows behind those of each sequence, one copy a sequence.

    Args:
        stream: to enqueue on.
        source: address of the rows.
        rows: their shape (B, T × N, S, D).
        caches: T tensors of one block, each of shape (B, N, M, D).
        starts: row of M at which each sequence's rows begin.
    """
    first = caches[0]
    _, num_heads, capacity, size = first.shape
    row = size * first.itemsize
    width, pitch = rows[2] * row, capacity * row
    spacing = caches[1].offset - first.offset if len(caches) > 1 else num_heads * pitch
    assert all(cache.offset == first.offset + i * spacing for i, cache in enumerate(caches)), "one block"
    for sequence, start in enumerate(starts):
        target_address = first.address + sequence * num_heads * pitch + start * row
        source_address = source + sequence * rows[1] * width
        if spacing == num_heads * pitch:
            stream.cuda.copy_rows(target_address, pitch, source_address, width, width, rows[1], stream.handle)
        else:
            # Between two tensors of a sequence lie those of the other sequences.
            stream.cuda.copy_blocks(
                target_address, pitch, spacing, source_address, width, num_heads, len(caches), stream.handle
            )


def laid_out(block: Mapping[str, TrtTensor], shape: Shape) -> dict[str, TrtTensor]:
    """Return the tensors of a block, each with a new shape, side by side in the same memory."""
    first = next(iter(block.values()))
    num_bytes = prod(shape) * first.itemsize
    end = first.offset + len(block) * num_bytes
    assert end <= first.arena.num_bytes, "a block is allocated for its largest layout"
    return {
        name: replace(tensor, shape=shape, offset=first.offset + index * num_bytes)
        for index, (name, tensor) in enumerate(block.items())
    }


def spread_rows(stream: Stream, block: Sequence[TrtTensor], capacity: int, num_rows: int) -> None:
    """Enqueue the move of the first rows of every head of a block to a layout with a larger capacity.

    The heads of the upper half go first: from twice the old distance on, none lands on one that has not
    moved. So a few copies move all, without memory beside.

    Args:
        stream: to enqueue on.
        block: its tensors in order, each of shape (B, N, M, D).
        capacity: rows of a head in the new layout, at least 2 × M.
        num_rows: rows of each head to move.
    """
    first = block[0]
    batch, num_heads, old_capacity, size = first.shape
    assert capacity >= 2 * old_capacity, "heads would land on heads"
    row = size * first.itemsize
    old, new, end = old_capacity * row, capacity * row, len(block) * batch * num_heads
    while end > 1:
        start = (end + 1) // 2
        target, source = first.address + start * new, first.address + start * old
        stream.cuda.copy_rows(target, new, source, old, num_rows * row, end - start, stream.handle)
        end = start

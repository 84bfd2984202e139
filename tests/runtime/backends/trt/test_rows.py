"""Rows of a block move to a layout with a larger capacity in few copies, none of which overlaps."""

from __future__ import annotations

from math import ceil, log2

import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.backends.cuda.arena import Arena
from edge_runtime.backends.cuda.stream import Stream
from edge_runtime.backends.trt.buffers import view_of
from edge_runtime.backends.trt.rows import TrtTensor, laid_out, spread_rows
from tests.support.fake_cuda import FakeCuda

OLD, SIZE = 4, 3


def contents(tensor: TrtTensor) -> Array:
    return view_of(tensor.address, tensor.shape, np.dtype(np.float16))


@pytest.mark.parametrize(
    ("layers", "batch", "heads"), [(1, 1, 1), (1, 1, 2), (3, 1, 1), (4, 3, 5), (56, 2, 8)]
)
@pytest.mark.parametrize(("new", "kept"), [(8, 4), (8, 1), (9, 3), (32, 4)])
def test_rows_of_every_head_are_kept(layers: int, batch: int, heads: int, new: int, kept: int) -> None:
    cuda = FakeCuda()
    stream = Stream(cuda)
    arena = Arena(cuda.malloc, cuda.free, {"": layers * batch * heads * new * SIZE * 2})
    whole = TrtTensor(arena, (batch, heads, new, SIZE), 2)
    block = laid_out({str(i): whole for i in range(layers)}, (batch, heads, OLD, SIZE))
    rng, expected = np.random.default_rng(0), {}
    for name, tensor in block.items():
        contents(tensor)[...] = rng.integers(0, 999, tensor.shape)
        expected[name] = contents(tensor)[:, :, :kept].copy()
    moved = laid_out(block, (batch, heads, new, SIZE))
    spread_rows(stream, list(block.values()), new, kept)
    stream.synchronize()
    for name, tensor in moved.items():
        np.testing.assert_array_equal(contents(tensor)[:, :, :kept], expected[name])
    assert cuda.calls["copy_rows"] == ceil(log2(layers * batch * heads))


def test_a_capacity_that_is_not_twice_the_old_one_is_a_defect() -> None:
    cuda = FakeCuda()
    arena = Arena(cuda.malloc, cuda.free, {"": 100})
    with pytest.raises(AssertionError, match="heads would land on heads"):
        spread_rows(Stream(cuda), [TrtTensor(arena, (1, 2, OLD, SIZE), 2)], 2 * OLD - 1, 1)

"""Regions of one allocation, which is freed once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.backends.cuda.arena import Arena
from tests.support.fake_cuda import FakeCuda


@given(st.lists(st.integers(0, 1000), max_size=8))
def test_places_are_aligned_do_not_overlap_and_lie_inside(sizes: list[int]) -> None:
    allocations: list[int] = []

    def malloc(num_bytes: int) -> int:
        allocations.append(num_bytes)
        return 4096

    arena = Arena(malloc, lambda _: None, {str(i): size for i, size in enumerate(sizes)})
    assert len(allocations) == 1
    ends = 4096
    for i, size in enumerate(sizes):
        start = arena.address(str(i))
        assert start % 256 == 0
        assert start >= ends
        ends = start + max(size, 1)
    assert ends <= 4096 + allocations[0]


def test_memory_is_freed_once_when_nobody_refers_to_it() -> None:
    cuda = FakeCuda()
    arena = Arena(cuda.malloc, cuda.free, {"a": 5})
    other = arena
    del arena
    assert len(cuda.device) == 1
    del other
    assert (len(cuda.device), cuda.calls["free"]) == (0, 1)


def test_only_named_places_are_in_it() -> None:
    cuda = FakeCuda()
    arena = Arena(cuda.malloc, cuda.free, {"a": 5})
    assert "a" in arena
    assert "b" not in arena

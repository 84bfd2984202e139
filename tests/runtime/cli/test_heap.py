"""The command line gives large pieces of memory back; where there is no glibc it does without."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from edge_runtime.cli.process import heap

GROWN = """
import sys
from edge_runtime.cli.process.heap import release_large_blocks
if sys.argv[1] == "released":
    release_large_blocks()
import numpy as np

def heap_bytes():
    with open("/proc/self/maps") as maps:
        parts = [line.split()[0].split("-") for line in maps if line.rstrip().endswith("[heap]")]
    return sum(int(end, 16) - int(start, 16) for start, end in parts)

before = heap_bytes()
freed = np.ones(3_000_000)
del freed
kept = [np.ones(2_000_000) for _ in range(2)]
print(heap_bytes() - before)
"""


def growth(mode: str) -> int:
    """Return by how much the heap of a process grows with two arrays, after a larger one was freed."""
    answer = subprocess.run([sys.executable, "-c", GROWN, mode], check=True, capture_output=True, text=True)
    return int(answer.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="another C library than glibc")
def test_large_arrays_stay_out_of_the_heap() -> None:
    assert growth("left alone") > 30_000_000
    assert growth("released") < 5_000_000


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    library_names = []

    def none(name: None) -> None:
        library_names.append(name)
        raise error

    monkeypatch.setattr(heap.ctypes, "CDLL", none)
    heap.release_large_blocks()
    assert library_names == [None]

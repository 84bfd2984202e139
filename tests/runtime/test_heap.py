"""A process that loads a graph gives large pieces of memory back; where there is no glibc it does without."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from edge_runtime import heap
from edge_runtime.bundle.shipped import SHIPPED

GROWN = """
import sys
if len(sys.argv) > 1:
    from edge_runtime import Recognizer
    Recognizer.load(sys.argv[1]).close()
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


def growth(*bundle: str, **environment: str) -> int:
    """Return by how much the heap of a process grows with two arrays, after a larger one was freed."""
    command = [sys.executable, "-c", GROWN, *bundle]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | environment)
    return int(answer.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="another C library than glibc")
def test_large_arrays_stay_out_of_the_heap_of_a_process_with_a_model() -> None:
    bundle = str(SHIPPED["mini"])
    assert growth() > 30_000_000
    assert growth(bundle) < 5_000_000
    assert growth(bundle, MALLOC_MMAP_THRESHOLD_="33554432") > 30_000_000


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    library_names = []

    def none(name: None) -> None:
        library_names.append(name)
        raise error

    monkeypatch.setattr(heap.ctypes, "CDLL", none)
    heap.release_large_blocks()
    assert library_names == [None]

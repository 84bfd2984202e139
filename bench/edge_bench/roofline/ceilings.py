"""What this machine can do at best: reading memory, and products of every kind that a graph has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from time import perf_counter
from typing import Any, Final

import numpy as np

from edge_bench.roofline.graph_work import Matrix
from edge_bench.roofline.product_graph import Feeds, chain_graph, product_graph, rows_of
from edge_runtime.arrays import Seconds
from edge_runtime.backends.ort.library import find_device, load
from edge_runtime.backends.ort.onnx_file import OnnxModel
from edge_runtime.backends.session import SessionOptions

PROMPT_ROWS: Final = 128
"""Rows of a product that is timed as a prompt's."""
_READ_BYTES: Final = 256 << 20
"""More than any cache holds."""
_UNCACHED_BYTES: Final = 96 << 20
"""Copies of a matrix that are multiplied with in turn: more than the last cache of most processors."""
_READS: Final = 7
_MIN_RUNS: Final = 5
_TIME_S: Final = 0.1
"""How long a product is timed."""
_CHAIN: Final = 200


@dataclass(frozen=True, slots=True)
class ProductTime:
    """How long products with a matrix take.

    Attributes:
        matrix: of random weights.
        step_s: with one row, without the cost of a call. The matrix comes from where it does in a step, which
            reads each once: it is one of many copies, as large together as all matrices, or as no cache is.
        prompt_s: with `PROMPT_ROWS` rows, likewise; the matrix stays in the caches where it fits.
    """

    matrix: Matrix
    step_s: Seconds
    prompt_s: Seconds


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What was measured.

    Attributes:
        bandwidth: bytes a second that all threads together read from memory.
        products: of each different matrix.
        operator_s: of an operator that computes next to nothing.
        call_s: of a run of a graph that computes next to nothing.
    """

    bandwidth: float
    products: tuple[ProductTime, ...]
    operator_s: Seconds
    call_s: Seconds


def measure_ceilings(matrices: Iterable[Matrix], width: int, threads: int) -> Ceilings:
    """Measure this machine's CPU.

    Args:
        matrices: to multiply with.
        width: numbers that other operators have in a step.
        threads: as many as the bundle is given.

    Raises:
        BackendUnavailableError: ONNX Runtime is not installed.
    """
    row: Feeds = {"x": np.ones((1, width), np.float32)}
    short, long = (_timed(_runner(chain_graph(width, count), threads), row) for count in (1, _CHAIN))
    read = list(matrices)
    num_bytes = min(_UNCACHED_BYTES, sum(matrix.num_bytes for matrix in read))
    products = tuple(_product_time(one, num_bytes, threads, short) for one in sorted(set(read), key=repr))
    return Ceilings(read_bandwidth(threads), products, (long - short) / (_CHAIN - 1), short)


def read_bandwidth(threads: int) -> float:
    """Return how many bytes a second all threads together read, as the median of several passes.

    Every thread takes the maximum of its part of a block, which no cache holds.
    """
    parts = np.array_split(np.zeros(_READ_BYTES, np.uint8), threads)
    for part in parts:
        part[:] = 1  # so that every page is there
    with ThreadPoolExecutor(threads) as pool:
        times = []
        for _ in range(_READS):
            start = perf_counter()
            list(pool.map(np.max, parts))
            times.append(perf_counter() - start)
    return _READ_BYTES / median(times)


def _product_time(matrix: Matrix, num_bytes: float, threads: int, call_s: Seconds) -> ProductTime:
    """Time a product with copies of a matrix that have so many bytes together."""
    copies = max(1, math.ceil(num_bytes / matrix.num_bytes))
    cold = _timed(_runner(product_graph(matrix, copies), threads), rows_of(matrix, 1))
    warm = _timed(_runner(product_graph(matrix), threads), rows_of(matrix, PROMPT_ROWS))
    return ProductTime(matrix, max(0.0, cold - call_s) / copies, max(0.0, warm - call_s))


def _runner(graph: bytes, threads: int) -> Callable[[Feeds], Any]:
    ort, options = import_module("onnxruntime"), SessionOptions(threads)
    device = find_device(ort, "ort-cpu", options)
    session, _ = load(ort, OnnxModel(graph), options, device, "loading a product to time it")
    return lambda feeds: session.run(None, feeds)


def _timed(run: Callable[[Feeds], Any], feeds: Feeds) -> Seconds:
    """Return the median time of a run."""
    run(feeds)
    times: list[Seconds] = []
    while len(times) < _MIN_RUNS or sum(times) < _TIME_S:
        start = perf_counter()
        run(feeds)
        times.append(perf_counter() - start)
    return median(times)

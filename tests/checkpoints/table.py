"""The rows of all cases, run in processes of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["HF_HUB_OFFLINE"] = "1"  # read by the hub's client when it is imported

from tests.checkpoints import adapter_cases, aligner_cases, refused_cases, shape_cases, weight_cases
from tests.checkpoints.case import Case
from tests.checkpoints.row import Row, make_row

_WORKERS = 2
_SOURCES = (shape_cases, weight_cases, adapter_cases, aligner_cases, refused_cases)


def cases() -> list[Case]:
    """Return all cases, in the order of the table."""
    return [case for source in _SOURCES for case in source.cases()]


def row_of(index: int) -> Row:
    """Run one case in a folder of its own."""
    with TemporaryDirectory(prefix="checkpoints-") as root:
        return make_row(cases()[index], Path(root).resolve())


def rows(indices: list[int]) -> Iterator[Row]:
    """Run cases in processes of their own, which trace the graphs of a geometry once each."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(_WORKERS, mp_context=get_context("spawn")) as pool:
        yield from pool.map(row_of, indices)

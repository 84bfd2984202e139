"""Rows fit a cache exactly where NumPy could write them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.backends.tensors import require_rows_fit, shape_of
from edge_runtime.bundle.specs import TensorSpec
from edge_runtime.errors import GraphError

SIZES = st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 4), st.integers(1, 2))


@given(SIZES, SIZES, st.lists(st.integers(0, 5), min_size=1, max_size=2))
def test_rows_are_refused_exactly_where_they_could_not_be_written(
    rows: tuple[int, ...], cache: tuple[int, ...], starts: list[int]
) -> None:
    target = np.zeros(cache)
    pieces = [target[i : i + 1, :, start : start + rows[2]].shape for i, start in enumerate(starts)]
    if cache[0] == rows[0] == len(starts) and set(pieces) == {(1, *rows[1:])}:
        require_rows_fit(rows, [cache], starts)
    else:
        with pytest.raises(GraphError, match="cannot be appended"):
            require_rows_fit(rows, [cache], starts)


def test_no_row_is_written_before_the_first() -> None:
    with pytest.raises(GraphError, match=r"at \[-1\]"):
        require_rows_fit((1, 1, 1, 1), [(1, 1, 4, 1)], [-1])


def test_caches_share_the_heads_of_the_rows() -> None:
    require_rows_fit((1, 4, 1, 3), [(1, 2, 9, 3)] * 2, [8])
    for caches in ([(1, 2, 9, 3)] * 3, [(1, 2, 9, 3), (1, 2, 8, 3)]):
        with pytest.raises(GraphError, match="cannot be appended"):
            require_rows_fit((1, 4, 1, 3), caches, [0])


def test_named_dimensions_are_taken_from_the_callers() -> None:
    spec = TensorSpec(name="x", dtype="float32", shape=("batch", 3, "length"))
    assert shape_of(spec, {"batch": 2, "length": 5, "other": 9}) == (2, 3, 5)

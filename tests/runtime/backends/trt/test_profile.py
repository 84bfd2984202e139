"""Which shapes a profile holds, and how many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.backends.trt.profile import Profile, dim_ranges
from edge_runtime.bundle.specs import TensorSpec
from edge_runtime.errors import GraphError

INPUTS = (
    TensorSpec(name="x", dtype="float32", shape=("batch", 3, "length")),
    TensorSpec(name="y", dtype="int64", shape=("batch",)),
)
MIN_SHAPES = {"x": (1, 3, 2), "y": (2,)}
MAX_SHAPES = {"x": (4, 3, 5), "y": (8,)}
PROFILE = Profile(0, MIN_SHAPES, MAX_SHAPES, dim_ranges(INPUTS, MIN_SHAPES, MAX_SHAPES))


def test_a_dimension_of_several_tensors_has_the_tightest_range() -> None:
    assert PROFILE.dims == {"batch": (2, 4), "length": (2, 5)}
    assert PROFILE.num_shapes() == 3 * 4
    assert PROFILE.num_shapes({"batch"}) == 4
    assert PROFILE.num_shapes({"batch", "length", "another"}) == 1


@given(batch=st.integers(0, 10), length=st.integers(0, 7))
def test_shapes_are_held_from_least_to_most(batch: int, length: int) -> None:
    held = PROFILE.contains({"x": (batch, 3, length), "y": (batch,)})
    assert held == (2 <= batch <= 4 and 2 <= length <= 5)


def test_the_largest_output_follows_from_the_inputs() -> None:
    assert PROFILE.max_shape(TensorSpec(name="z", dtype="float32", shape=("length", 7, "batch"))) == (5, 7, 4)
    with pytest.raises(GraphError, match=r"'z' has the dimension 'rows', which no input .* batch, length"):
        PROFILE.max_shape(TensorSpec(name="z", dtype="float32", shape=("rows",)))

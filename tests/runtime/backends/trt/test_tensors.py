"""The TensorRT session takes tensors of every dtype, and refuses those that its engine was not built for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.backends.trt.session import TrtSession, describe
from edge_runtime.bundle.specs import Component, TensorSpec
from edge_runtime.errors import GraphError
from tests.support.engines import CAPACITY, Rig, bound, feeds, make_rig
from tests.support.ledger import CHANGES, LEDGER, ledger_with, mismatch_message


def double(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    return {"y": inputs["x"] + inputs["x"]}


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64"])
def test_numbers_of_every_kind_go_there_and_back(tmp_path: Path, dtype: str) -> None:
    session = open_double(tmp_path, dtype)
    values = np.arange(6).reshape(2, 3).astype(dtype)
    actual = session.bind({}).run({"x": values})["y"]
    assert actual.dtype == dtype
    np.testing.assert_array_equal(actual, values + values)


def test_bfloat16_is_fed_and_given_as_its_bits(tmp_path: Path) -> None:
    bits = (np.arange(6, dtype=np.float32).view(np.uint32) >> 16).astype(np.uint16).reshape(2, 3)
    actual = open_double(tmp_path, "bfloat16").bind({}).run({"x": bits})["y"]
    np.testing.assert_array_equal(actual, bits + bits)


def open_double(directory: Path, dtype: str) -> TrtSession:
    tensors = [
        TensorSpec(name=name, dtype=dtype, shape=("batch", "sequence"))  # type: ignore[arg-type]
        for name in ("x", "y")
    ]
    component = Component(
        graph="double.plan",
        precision="fp16",
        lowering="modern",
        opset=24,
        inputs=(tensors[0],),
        outputs=(tensors[1],),
    )
    return make_rig(directory, component=component, compute=double, in_place={}).open()


@pytest.mark.parametrize(("side", "change"), CHANGES)
def test_an_engine_whose_tensors_are_not_the_manifests_is_refused_by_name(
    rig: Rig, side: str, change: dict[str, object]
) -> None:
    with pytest.raises(GraphError, match=mismatch_message(side)):
        rig.open(ledger_with(side, change))


def test_an_output_of_unknown_size_is_refused_when_it_is_bound(rig: Rig) -> None:
    total = msgspec.structs.replace(LEDGER.outputs[1], shape=("batch", "surprise"))
    session = rig.open(msgspec.structs.replace(LEDGER, outputs=(LEDGER.outputs[0], total, LEDGER.outputs[2])))
    with pytest.raises(GraphError, match="dimension 'surprise', which no input"):
        bound(session)


def test_an_input_that_decides_shapes_by_its_values_is_refused(rig: Rig) -> None:
    rig.trt.plan = replace(rig.trt.plan, on_host=("cache_len",))
    with pytest.raises(GraphError, match="wants 'cache_len' in host memory"):
        rig.open()


def test_a_shape_outside_the_profiles_is_refused_with_the_limit(rig: Rig) -> None:
    binding = bound(rig.open())
    with pytest.raises(
        GraphError, match=rf"'amounts' of shape \(1, {CAPACITY + 1}\).*at most \(2, {CAPACITY}\)"
    ):
        binding.run(feeds(0, *[0.0] * (CAPACITY + 1)))
    assert binding.run(feeds(0, 1))["total"] == 1


def test_library_and_gpu_are_described_as_an_engine_records_them(rig: Rig) -> None:
    actual = describe(rig.trt, rig.cuda, "tensorrt", 0)
    assert (actual.builder, actual.version) == ("tensorrt", "10.16.1.11")
    assert (actual.gpu, actual.compute_capability, actual.driver) == ("Fake GPU", "8.7", "13.2")
    assert actual.platform is not None
    assert actual.platform.count("-") == 1


def test_memory_begins_with_the_byte_that_was_requested(rig: Rig) -> None:
    session = rig.open()
    dims = {"batch": 1, "kv_capacity": CAPACITY}
    rows = session.allocate("past_key_0", dims, fill=0x3F)
    binding = session.bind({"past_key_0": rows, "present_key_0": rows})
    value = np.full(4, 0x3F, np.uint8).view(np.float32)[0]
    assert binding.run(feeds(0, 0.0))["total"] == pytest.approx((CAPACITY - 1) * value)

"""What the TensorRT session does with its memory, contexts and graphs, on a GPU that is host memory."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.errors import GraphError
from edge_runtime.manifest import Component, TensorSpec
from edge_runtime.session_tensorrt import EngineSession, describe
from tests.runtime.support.engines import CAPACITY, Rig, bound, feeds, make_rig
from tests.runtime.support.fake_tensorrt import FakeEngine, FakeTensorRTRTX
from tests.runtime.support.ledger import LEDGER
from tests.runtime.support.legacy_ledger import LEGACY_LEDGER, legacy_ledger

ALLOCATIONS = ("malloc", "host_malloc", "create_stream")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return make_rig(tmp_path)


def counts(rig: Rig, *calls: str) -> list[int]:
    return [rig.cuda.calls[call] for call in calls]


def test_no_tensor_ever_moves(rig: Rig) -> None:
    binding = bound(rig.open())
    for start, amounts in ((0, (1, 2, 3)), (3, (4,)), (4, (5,)), (5, (6,)), (0, (7,) * CAPACITY), (3, (4,))):
        binding.run(feeds(start, *amounts))
    used = [addresses for context in rig.trt.contexts for addresses in context.history]
    assert len(used) == 4, "prompt, first step, the step that is recorded, prompt; the rest are replays"
    assert all(addresses == used[0] for addresses in used)
    assert used[0]["past_key_0"] == used[0]["present_key_0"]


def test_after_the_start_nothing_is_allocated(rig: Rig) -> None:
    binding = bound(rig.open())
    before = counts(rig, *ALLOCATIONS)
    for length in (3, 1, 1, 1, CAPACITY, 1, 2):
        binding.run(feeds(0, *[1.0] * length))
    assert counts(rig, *ALLOCATIONS) == before


def test_the_arena_has_room_for_the_largest_shapes_and_not_for_the_cache(rig: Rig) -> None:
    session = rig.open()
    before = sum(len(block) for block in rig.cuda.device.values())
    binding = session.bind(
        {"past_key_0": (rows := session.allocate("past_key_0", DIMS)), "present_key_0": rows}
    )
    arena = sum(len(block) for block in rig.cuda.device.values()) - before - 4 * 2 * CAPACITY
    # Amounts and their doubles, 2 × 64 × 4 bytes each; length and total fit one place of 256 each.
    assert arena == 2 * 512 + 2 * 256
    assert binding.run(feeds(0, *[1.0] * CAPACITY, batch=2))["doubled"].shape == (2, CAPACITY)


DIMS = {"batch": 2, "kv_capacity": CAPACITY}


def test_steps_run_in_the_narrow_profile_and_prompts_in_the_wide_one(rig: Rig) -> None:
    binding = bound(rig.open())
    binding.run(feeds(0, 1, 2))
    assert [context.profile for context in rig.trt.contexts] == [0]
    binding.run(feeds(2, 1))
    assert sorted(context.profile or 0 for context in rig.trt.contexts) == [0, 1]


def test_a_step_is_recorded_once_and_replayed_with_new_inputs(rig: Rig) -> None:
    binding = bound(rig.open())
    totals = [float(binding.run(feeds(row, 10.0**row))["total"]) for row in range(6)]
    assert totals == [1, 11, 111, 1111, 11_111, 111_111]
    assert counts(rig, "begin_capture", "instantiate", "launch") == [1, 1, 5]
    assert not rig.cuda.graphs, "what was recorded is not needed once it is executable"


def test_every_number_of_sequences_has_a_graph_of_its_own(rig: Rig) -> None:
    session = rig.open()
    one, two = bound(session), bound(session, batch=2)
    for row in range(4):
        one.run(feeds(row, 1))
        two.run(feeds(row, 1, batch=2))
    assert counts(rig, "begin_capture", "launch") == [2, 6]
    unbound = session.bind({})
    for batch in (1, 1, 1, 2, 2, 2, 1, 2):
        cache = np.zeros((batch, 1, CAPACITY, 1), np.float32)
        assert (
            unbound.run({**feeds(0, 3, batch=batch), "past_key_0": cache})["doubled"].tolist()
            == [[6]] * batch
        )
    assert counts(rig, "begin_capture", "launch") == [4, 12], "coming back to a shape records nothing"


def test_a_prompt_between_steps_leaves_their_graph_true(rig: Rig) -> None:
    binding = bound(rig.open())
    for _ in range(3):
        binding.run(feeds(0, 1, 1, 1, 1))
        totals = [float(binding.run(feeds(row, 5))["total"]) for row in range(4)]
        assert totals == [8, 12, 16, 20]
    assert counts(rig, "begin_capture") == [1]


def test_prompts_are_not_recorded_however_often_a_length_comes(rig: Rig) -> None:
    binding = bound(rig.open())
    for _ in range(4):
        binding.run(feeds(0, 1, 2, 3))
    assert counts(rig, "begin_capture", "launch") == [0, 0]


@pytest.mark.parametrize(
    ("call", "code"), [("begin_capture", 900), ("end_capture", 901), ("instantiate", 801)]
)
def test_a_step_that_cannot_be_recorded_is_run_all_the_same(rig: Rig, call: str, code: int) -> None:
    binding = bound(rig.open())
    rig.cuda.failing[call] = code
    totals = [float(binding.run(feeds(row, 1))["total"]) for row in range(4)]
    assert totals == [1, 2, 3, 4]
    assert counts(rig, "begin_capture", "launch") == [1, 0], "it is tried once"
    assert not rig.cuda.graphs
    assert rig.cuda.recording is None


def test_a_library_that_records_by_itself_is_left_to_it(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, FakeTensorRTRTX)
    binding = bound(rig.open())
    assert [float(binding.run(feeds(row, 1))["total"]) for row in range(4)] == [1, 2, 3, 4]
    assert counts(rig, "begin_capture", "launch") == [0, 0]


def test_a_version_without_in_place_updates_appends_rows(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, component=LEGACY_LEDGER, compute=legacy_ledger, in_place={})
    rig.trt.engine_type = FakeEngine
    session = rig.open()
    past = session.allocate("past", DIMS)
    binding = session.bind({"past": past}, kept=["delta"])
    totals = []
    for row in range(5):
        outputs = binding.run(feeds(row, 2, batch=2))
        binding.append_rows("delta", "past", [row, row])
        totals.append(outputs["totals"].ravel().tolist())
    assert totals == [[2 * n, -2 * n] * 2 for n in range(1, 6)]
    assert counts(rig, "copy_rows") == [10], "one strided copy for all layers of a sequence"
    assert counts(rig, "launch") == [4]


def test_sequences_append_where_each_of_them_ends(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, component=LEGACY_LEDGER, compute=legacy_ledger, in_place={})
    session = rig.open()
    binding = session.bind({"past": session.allocate("past", DIMS)}, kept=["delta"])
    binding.run(feeds(0, 1, 1, 1, batch=2))
    binding.append_rows("delta", "past", [0, 7])
    lengths = {"cache_len": np.array([10, 10])}
    assert binding.run({**feeds(0, 0, batch=2), **lengths})["totals"].ravel().tolist() == [3, -3, 3, -3]
    lengths = {"cache_len": np.array([3, 8])}
    assert binding.run({**feeds(0, 0, batch=2), **lengths})["totals"].ravel().tolist() == [3, -3, 1, -1]


def test_everything_is_given_back_when_nobody_needs_it(rig: Rig) -> None:
    session = rig.open()
    binding = bound(session)
    for row in range(3):
        binding.run(feeds(row, 1))
    del binding
    assert not rig.cuda.executables
    assert not rig.cuda.pinned
    assert not rig.trt.contexts
    del session
    assert rig.cuda.live() == 0, "without a garbage collection: nothing refers in a circle"
    assert not rig.trt.engines


def test_a_binding_keeps_alive_what_it_uses(rig: Rig) -> None:
    binding = bound(rig.open())
    gc.collect()
    assert [float(binding.run(feeds(row, 1))["total"]) for row in range(3)] == [1, 2, 3]


def test_an_output_that_lies_where_an_input_does_cannot_be_bound_elsewhere(rig: Rig) -> None:
    session = rig.open()
    one, other = (session.allocate("past_key_0", DIMS) for _ in range(2))
    with pytest.raises(GraphError, match="updates 'past_key_0' in place"):
        session.bind({"past_key_0": one, "present_key_0": other})
    with pytest.raises(GraphError, match="updates 'past_key_0' in place"):
        session.bind({"present_key_0": other})


def test_an_output_that_lies_in_a_bound_input_can_still_come_back(rig: Rig) -> None:
    session = rig.open()
    binding = session.bind({"past_key_0": session.allocate("past_key_0", {**DIMS, "batch": 1})})
    assert binding.run(feeds(0, 4, 5))["present_key_0"].ravel().tolist() == [4, 5, *[0] * (CAPACITY - 2)]


def test_a_shape_outside_the_profiles_is_refused_with_the_limit(rig: Rig) -> None:
    binding = bound(rig.open())
    with pytest.raises(
        GraphError, match=rf"'amounts' of shape \(1, {CAPACITY + 1}\).*at most \(2, {CAPACITY}\)"
    ):
        binding.run(feeds(0, *[0.0] * (CAPACITY + 1)))
    assert binding.run(feeds(0, 1))["total"] == 1


def double(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    return {"y": inputs["x"] + inputs["x"]}


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64"])
def test_numbers_of_every_kind_go_there_and_back(tmp_path: Path, dtype: str) -> None:
    session = open_double(tmp_path, dtype)
    values = np.arange(6).reshape(2, 3).astype(dtype)
    found = session.bind({}).run({"x": values})["y"]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, values + values)


def test_bfloat16_is_fed_and_given_as_its_bits(tmp_path: Path) -> None:
    bits = (np.arange(6, dtype=np.float32).view(np.uint32) >> 16).astype(np.uint16).reshape(2, 3)
    found = open_double(tmp_path, "bfloat16").bind({}).run({"x": bits})["y"]
    np.testing.assert_array_equal(found, bits + bits)


def open_double(directory: Path, dtype: str) -> EngineSession:
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


@pytest.mark.parametrize(
    ("side", "change"),
    [
        ("inputs", {"name": "sums"}),
        ("inputs", {"dtype": "float16"}),
        ("inputs", {"shape": ("batch",)}),
        ("outputs", {"name": "sum"}),
        ("outputs", {"dtype": "int64"}),
    ],
)
def test_an_engine_whose_tensors_are_not_the_manifests_is_refused_by_name(
    rig: Rig, side: str, change: dict[str, object]
) -> None:
    specs: tuple[TensorSpec, ...] = getattr(LEDGER, side)
    other = msgspec.structs.replace(
        LEDGER, **{side: (msgspec.structs.replace(specs[0], **change), *specs[1:])}
    )
    with pytest.raises(GraphError, match=f"{side} are not those of the manifest .*'{'amounts|total|sums?'}'"):
        rig.open(other)


def test_an_output_of_unknown_size_is_refused_when_it_is_bound(rig: Rig) -> None:
    total = msgspec.structs.replace(LEDGER.outputs[1], shape=("batch", "surprise"))
    session = rig.open(msgspec.structs.replace(LEDGER, outputs=(LEDGER.outputs[0], total, LEDGER.outputs[2])))
    with pytest.raises(GraphError, match="dimension 'surprise', which no input"):
        bound(session)


def test_an_input_that_decides_shapes_by_its_values_is_refused(rig: Rig) -> None:
    rig.trt.plan = replace(rig.trt.plan, on_host=("cache_len",))
    with pytest.raises(GraphError, match="wants 'cache_len' in host memory"):
        rig.open()


def test_a_cache_size_that_the_engine_leaves_open_does_not_keep_steps_from_being_recorded(
    tmp_path: Path,
) -> None:
    rig = make_rig(tmp_path, component=LEGACY_LEDGER, compute=legacy_ledger, in_place={})
    step = {"batch": (1, 1), "sequence": (1, 1), "kv_capacity": (1, 1000)}
    rig.trt.plan = replace(rig.trt.plan, profiles=(step,))
    session = rig.open()
    for capacity in (10, 20):
        past = session.allocate("past", {"batch": 1, "kv_capacity": capacity})
        binding = session.bind({"past": past}, kept=["delta"])
        for row in range(3):
            binding.run(feeds(row, 1))
            binding.append_rows("delta", "past", [row])
    assert counts(rig, "begin_capture", "launch") == [2, 4]


def test_library_and_gpu_are_described_as_an_engine_records_them(rig: Rig) -> None:
    found = describe(rig.trt, rig.cuda, "tensorrt", 0)
    assert (found.builder, found.version) == ("tensorrt", "10.16.1.11")
    assert (found.gpu, found.compute_capability, found.driver) == ("Fake GPU", "8.7", "13.2")
    assert found.platform is not None
    assert found.platform.count("-") == 1


def test_memory_begins_with_the_byte_that_was_asked_for(rig: Rig) -> None:
    session = rig.open()
    dims = {"batch": 1, "kv_capacity": CAPACITY}
    rows = session.allocate("past_key_0", dims, fill=0x3F)
    binding = session.bind({"past_key_0": rows, "present_key_0": rows})
    value = np.full(4, 0x3F, np.uint8).view(np.float32)[0]
    assert binding.run(feeds(0, 0.0))["total"] == pytest.approx((CAPACITY - 1) * value)

"""What the TensorRT session does with its memory and contexts, on a GPU that is host memory."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_runtime.backends.trt.binding import TrtBinding
from edge_runtime.errors import BackendUnavailableError, GraphError
from tests.support.engines import CAPACITY, Rig, bound, counts, feeds, make_rig
from tests.support.fake_tensorrt import FakeEngine
from tests.support.legacy_ledger import LEGACY_LEDGER, ROWS, bind_legacy, legacy_ledger

ALLOCATIONS = ("malloc", "host_malloc", "create_stream")
DIMS = {"batch": 2, "kv_capacity": CAPACITY}


def test_no_tensor_ever_moves(rig: Rig) -> None:
    binding = bound(rig.open())
    for start, amounts in ((0, (1, 2, 3)), (3, (4,)), (4, (5,)), (5, (6,)), (0, (7,) * CAPACITY), (3, (4,))):
        binding.run(feeds(start, *amounts))
    used = [addresses for context in rig.trt.contexts for addresses in context.history]
    assert len(used) == 4, "prompt, first step, the step that is captured, prompt; the rest are replays"
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
    # Amounts and their doubles, 2 × 128 × 4 bytes each; length and total take a region of 256 each.
    assert arena == 2 * 1024 + 2 * 256
    assert binding.run(feeds(0, *[1.0] * CAPACITY, batch=2))["doubled"].shape == (2, CAPACITY)


def test_steps_run_in_the_narrow_profile_and_prompts_in_the_wide_one(rig: Rig) -> None:
    binding = bound(rig.open())
    binding.run(feeds(0, 1, 2))
    assert [context.profile for context in rig.trt.contexts] == [0]
    binding.run(feeds(2, 1))
    assert sorted(context.profile or 0 for context in rig.trt.contexts) == [0, 1]


def test_a_version_without_in_place_updates_appends_rows(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, component=LEGACY_LEDGER, compute=legacy_ledger, in_place={})
    rig.trt.engine_type = FakeEngine
    session = rig.open()
    binding = bind_legacy(session, 2, CAPACITY)
    totals = []
    for row in range(5):
        outputs = binding.run(feeds(row, 2, batch=2))
        binding.append_rows("delta", ROWS, [row, row])
        totals.append(outputs["totals"].ravel().tolist())
    assert totals == [[2 * n, -2 * n] * 2 for n in range(1, 6)]
    assert counts(rig, "copy_blocks", "copy_rows") == [10, 0], "one strided copy for all layers of a sequence"
    assert counts(rig, "launch") == [4]
    alone = bind_legacy(session, 1, CAPACITY)
    alone.run(feeds(0, 2))
    alone.append_rows("delta", ROWS, [0])
    assert counts(rig, "copy_blocks", "copy_rows") == [10, 1], (
        "nothing lies between the layers of one sequence"
    )


def test_sequences_append_where_each_of_them_ends(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, component=LEGACY_LEDGER, compute=legacy_ledger, in_place={})
    session = rig.open()
    binding = bind_legacy(session, 2, CAPACITY)
    binding.run(feeds(0, 1, 1, 1, batch=2))
    binding.append_rows("delta", ROWS, [0, 7])
    lengths = {"cache_len": np.array([10, 10])}
    assert binding.run({**feeds(0, 0, batch=2), **lengths})["totals"].ravel().tolist() == [3, -3, 3, -3]
    lengths = {"cache_len": np.array([3, 8])}
    assert binding.run({**feeds(0, 0, batch=2), **lengths})["totals"].ravel().tolist() == [3, -3, 1, -1]


def test_rows_that_another_bindings_run_replaced_are_not_appended(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, component=LEGACY_LEDGER, compute=legacy_ledger, in_place={})
    session = rig.open()
    one, other = (session.bind(session.allocate_block(ROWS, DIMS), on_device=["delta"]) for _ in range(2))
    one.run(feeds(0, 1, batch=2))
    other.run(feeds(0, 7, batch=2))
    with pytest.raises(GraphError, match="latest run of the session is not one of this binding"):
        one.append_rows("delta", ROWS, [0, 0])
    assert counts(rig, "copy_rows") == [0]


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


def test_a_session_stays_on_its_device_whichever_thread_calls(rig: Rig) -> None:
    session = rig.open(device_id=1)

    def steps(binding: TrtBinding) -> list[float]:
        return [float(binding.run(feeds(row, 1))["total"]) for row in range(4)]

    def in_new_thread(work: Callable[[], Any]) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(work).result()

    rig.cuda.set_device(0)
    binding = in_new_thread(lambda: bound(session))
    assert in_new_thread(lambda: steps(binding)) == [1, 2, 3, 4]
    other = bound(rig.open())
    assert steps(other) == [1, 2, 3, 4], "a session of the first device, in this thread"
    assert steps(binding) == [4, 4, 4, 4], "the rows of this device have kept their content"
    assert set(rig.cuda.device_of.values()) == {0, 1}


def test_a_device_that_is_not_there_is_refused(rig: Rig) -> None:
    with pytest.raises(BackendUnavailableError, match="cudaErrorInvalidDevice"):
        rig.open(device_id=2)

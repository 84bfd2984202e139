"""The TensorRT session captures a step once for every shape, and replays it with new inputs."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.backends.cuda.arena import Arena
from tests.support.engines import CAPACITY, Rig, bound, counts, feeds, make_rig
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_tensorrt_rtx import FakeTensorRTRTX
from tests.support.legacy_ledger import LEGACY_LEDGER, ROWS, bind_legacy, legacy_ledger


def test_a_step_is_captured_once_and_replayed_with_new_inputs(rig: Rig) -> None:
    binding = bound(rig.open())
    totals = [float(binding.run(feeds(row, 10.0**row))["total"]) for row in range(6)]
    assert totals == [1, 11, 111, 1111, 11_111, 111_111]
    assert counts(rig, "begin_capture", "instantiate", "launch") == [1, 1, 5]
    assert not rig.cuda.graphs, "what was captured is not needed once it is executable"


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


def test_prompts_are_not_captured_however_often_a_length_comes(rig: Rig) -> None:
    binding = bound(rig.open())
    for _ in range(4):
        binding.run(feeds(0, 1, 2, 3))
    assert counts(rig, "begin_capture", "launch") == [0, 0]


@pytest.mark.parametrize(
    ("call", "code"), [("begin_capture", 900), ("end_capture", 901), ("instantiate", 801)]
)
def test_a_step_that_cannot_be_captured_is_run_all_the_same_and_said_to_be_slower(
    rig: Rig, caplog: pytest.LogCaptureFixture, call: str, code: int
) -> None:
    session = rig.open()
    binding = bound(session)
    rig.cuda.failing[call] = code
    totals = [float(binding.run(feeds(row, 1))["total"]) for row in range(4)]
    assert totals == [1, 2, 3, 4]
    assert counts(rig, "begin_capture", "launch") == [1, 0], "it is tried once"
    assert not rig.cuda.graphs
    assert rig.cuda.capturing is None
    two = bound(session, batch=2)
    rig.cuda.failing[call] = code
    for row in range(3):
        two.run(feeds(row, 1, batch=2))
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert f"not captured as a CUDA graph, and slower: CUDA failed: {call} gave" in record.getMessage()


class Cycle:
    """Device memory that only the garbage collector frees."""

    def __init__(self, cuda: FakeCuda) -> None:
        self.arena, self.itself = Arena(cuda.malloc, cuda.free, {"": 1}), self


def test_no_finalizer_frees_memory_while_a_step_is_captured(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    binding = bound(rig.open())
    thresholds = gc.get_threshold()
    begin, end = rig.cuda.begin_capture, rig.cuda.end_capture

    def begin_eagerly(stream: int) -> None:
        Cycle(rig.cuda)
        begin(stream)
        gc.set_threshold(1)

    def end_calmly(stream: int) -> int:
        gc.set_threshold(*thresholds)
        return end(stream)

    monkeypatch.setattr(rig.cuda, "begin_capture", begin_eagerly)
    monkeypatch.setattr(rig.cuda, "end_capture", end_calmly)
    assert [float(binding.run(feeds(row, 1))["total"]) for row in range(4)] == [1, 2, 3, 4]
    assert counts(rig, "begin_capture", "launch") == [1, 3]
    assert gc.isenabled()


def test_a_library_that_records_by_itself_is_left_to_it(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, FakeTensorRTRTX)
    binding = bound(rig.open())
    assert [float(binding.run(feeds(row, 1))["total"]) for row in range(4)] == [1, 2, 3, 4]
    assert counts(rig, "begin_capture", "launch") == [0, 0]


def test_a_cache_size_that_the_engine_leaves_open_does_not_keep_steps_from_being_captured(
    tmp_path: Path,
) -> None:
    rig = make_rig(tmp_path, component=LEGACY_LEDGER, compute=legacy_ledger, in_place={})
    step = {"batch": (1, 1), "sequence": (1, 1), "kv_capacity": (1, 1000)}
    rig.trt.plan = replace(rig.trt.plan, profiles=(step,))
    session = rig.open()
    for capacity in (10, 20):
        binding = bind_legacy(session, 1, capacity)
        for row in range(3):
            binding.run(feeds(row, 1))
            binding.append_rows("delta", ROWS, [row])
    assert counts(rig, "begin_capture", "launch") == [2, 4]

"""Whatever fails on the GPU is one typed line, leaks nothing, and is not mistaken for a result."""

from __future__ import annotations

from dataclasses import replace
from errno import ENODEV
from os import strerror

import msgspec
import numpy as np
import pytest

from edge_runtime.backends.trt.session import probe_libraries
from edge_runtime.errors import (
    BackendUnavailableError,
    DeviceLostError,
    EdgeAsrError,
    GraphError,
    ResourceError,
)
from edge_runtime.opened_file import OpenedFile
from tests.support.engines import CAPACITY, STEP, Rig, bound, feeds
from tests.support.fake_context import FakeContext
from tests.support.fake_cuda import ILLEGAL_ADDRESS
from tests.support.fake_tensorrt import FakeTensorRT, ILogger
from tests.support.ledger import LEDGER

MEANINGS = {
    1: GraphError,
    2: ResourceError,
    35: BackendUnavailableError,
    100: BackendUnavailableError,
    ILLEGAL_ADDRESS: DeviceLostError,
}
CALLS = ("set_device", "create_stream", "malloc", "host_malloc", "fill", "copy", "synchronize")
IN_STEPS = ("begin_capture", "end_capture", "instantiate", "launch", "destroy_graph")


def use(rig: Rig) -> list[float]:
    """Open, allocate, bind, and run a prompt and steps."""
    binding = bound(rig.open())
    binding.run(feeds(0, 1, 1))
    return [float(binding.run(feeds(row, 1))["total"]) for row in range(2, 6)]


@pytest.mark.parametrize("code", MEANINGS)
@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_fails_is_a_typed_error_and_leaks_nothing(rig: Rig, call: str, code: int) -> None:
    rig.cuda.failing[call] = code
    with pytest.raises(EdgeAsrError, match="as planted") as caught:
        use(rig)
    assert type(caught.value) is MEANINGS[code]
    assert "\n" not in str(caught.value)
    if code != ILLEGAL_ADDRESS:
        del caught
        assert rig.cuda.live() == 0
        assert use(rig) == [3, 4, 5, 6], "another try works"


@pytest.mark.parametrize("code", [2, ILLEGAL_ADDRESS])
@pytest.mark.parametrize("call", IN_STEPS)
def test_a_failure_while_a_step_is_captured_is_a_typed_error(rig: Rig, call: str, code: int) -> None:
    rig.cuda.failing[call] = code
    with pytest.raises(MEANINGS[code], match="as planted"):
        use(rig)
    assert rig.cuda.capturing is None


@pytest.mark.parametrize("call", ["free", "host_free", "destroy_stream", "destroy_executable"])
def test_what_cannot_be_given_back_disturbs_nobody(rig: Rig, call: str) -> None:
    rig.cuda.failing[call] = 1
    assert use(rig) == [3, 4, 5, 6]


def test_nothing_is_done_on_a_lost_gpu_until_the_worker_is_new(rig: Rig) -> None:
    session = rig.open()
    binding = bound(session)
    rig.cuda.failing["synchronize"] = ILLEGAL_ADDRESS
    with pytest.raises(DeviceLostError, match=r"cudaError700.*Restart the worker") as first:
        binding.run(feeds(0, 1))
    rig.cuda.lost = None
    before = rig.cuda.calls.copy()
    for again in (
        lambda: binding.run(feeds(0, 1)),
        lambda: session.bind({}),
        lambda: session.allocate("past_key_0", {"batch": 1, "kv_capacity": 1}),
    ):
        with pytest.raises(DeviceLostError) as later:
            again()
        assert str(later.value) == str(first.value)
    assert rig.cuda.calls == before
    assert use(rig) == [3, 4, 5, 6], "a session opened afterwards works"


REFUSALS = {
    "Runtime": "starting",
    "deserialize": "loading it",
    "create_execution_context": "creating an execution context",
    "set_optimization_profile_async": "choosing profile 0",
    "set_tensor_address": "setting the address of",
    "set_input_shape": r"setting \w+ to",
    "execute_async_v3": "running the engine",
}


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("IExecutionContext::enqueueV3: Error Code 1: Myelin", GraphError),
        ("Cuda Runtime (In ScopedCudaStream ... cudaError 35 ...)", BackendUnavailableError),
        ("Requested amount of GPU memory could not be allocated: out of memory", ResourceError),
        ("CUDA initialization failure with error: 2. Please check your CUDA installation", ResourceError),
        ("CUDA initialization failure with error: 209. Please check", BackendUnavailableError),
        ("CUDA runtime: an illegal memory access was encountered", DeviceLostError),
    ],
)
@pytest.mark.parametrize("call", REFUSALS)
def test_what_tensorrt_refuses_is_reported_in_its_words(
    rig: Rig, call: str, reason: str, kind: type[EdgeAsrError]
) -> None:
    rig.trt.failures[call] = reason
    with pytest.raises(kind, match=rf"TensorRT failed {REFUSALS[call]}.*{reason[:4]}") as caught:
        use(rig)
    assert type(caught.value) is kind
    rig.trt.failures.clear()
    assert use(rig) == [3, 4, 5, 6], "the reason of one failure is not told of the next"


def test_a_refusal_without_a_word_is_still_an_error(rig: Rig) -> None:
    session = rig.open()
    with pytest.raises(GraphError, match=r"no reason given.*rebuild it there with"):
        session.runner.engine.call("doing nothing", lambda: False)


def test_an_error_logged_by_a_call_that_succeeded_is_not_the_reason_of_a_later_one(rig: Rig) -> None:
    binding = bound(rig.open())
    rig.trt.logger.log(ILogger.Severity.ERROR, "out of memory in a tactic that was skipped")
    rig.trt.failures["execute_async_v3"] = "Myelin failed"
    with pytest.raises(GraphError, match=r"running the engine .*: Myelin failed"):
        binding.run(feeds(0, 1))


@pytest.mark.parametrize("content", [b"", b"not a plan"])
def test_a_file_that_is_no_plan_is_a_graph_error_with_its_name(rig: Rig, content: bytes) -> None:
    rig.path.write_bytes(content)
    with pytest.raises(GraphError, match=r"graph\.plan"):
        rig.open()


def test_a_missing_plan_is_a_graph_error(rig: Rig) -> None:
    rig.path.unlink()
    with pytest.raises(GraphError, match=r"graph\.plan cannot be read"):
        rig.open()


def test_a_plan_that_cannot_be_mapped_is_a_graph_error_with_the_systems_words(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: OpenedFile) -> bytes:
        raise OSError(ENODEV, strerror(ENODEV))

    monkeypatch.setattr(OpenedFile, "mapped", refuse)
    with pytest.raises(GraphError, match=rf"graph\.plan cannot be read: .*{strerror(ENODEV)}"):
        rig.open()
    assert rig.cuda.live() == 0


def test_an_engine_that_gives_more_than_its_manifest_says_is_stopped_before_it_writes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_shape = FakeContext.get_tensor_shape

    def larger(context: FakeContext, name: str) -> tuple[int, ...]:
        return (1, 1000) if name == "doubled" else true_shape(context, name)

    binding = rig.open().bind({})
    monkeypatch.setattr(FakeContext, "get_tensor_shape", larger)
    with pytest.raises(GraphError, match=r"'doubled' has the shape \(1, 1000\), 4000 bytes.*allow 1024"):
        binding.run({**feeds(0, 1, 1), "past_key_0": np.zeros((1, 1, CAPACITY, 1), np.float32)})
    assert [context.history for context in rig.trt.contexts] == [[]]


def test_an_input_larger_than_its_place_is_refused_before_it_is_written(rig: Rig) -> None:
    amounts, cache_len, past = LEDGER.inputs
    loose = msgspec.structs.replace(cache_len, shape=("entries",))
    rig.trt.plan = replace(
        rig.trt.plan,
        component=msgspec.structs.replace(LEDGER, inputs=(amounts, loose, past)),
        profiles=({**STEP, "entries": (1, 500)},),
    )
    # The manifest says that both have one batch dimension, of which the engine knows nothing.
    binding = rig.open(LEDGER).bind({})
    lengths = {"cache_len": np.zeros(500, np.int64), "past_key_0": np.zeros((1, 1, CAPACITY, 1), np.float32)}
    with pytest.raises(GraphError, match=r"'cache_len' has the shape \(500,\), 4000 bytes.*allow 16"):
        binding.run({**feeds(0, 1), **lengths})


def test_a_probe_touches_memory_and_starts_the_runtime(rig: Rig) -> None:
    probe_libraries(rig.trt, rig.cuda, 0)
    assert rig.cuda.calls["synchronize"] == 1
    assert rig.trt.logger is not None
    assert rig.cuda.live() == 0


@pytest.mark.parametrize("call", ["set_device", "create_stream", "malloc", "fill", "synchronize"])
def test_a_probe_says_what_is_missing(rig: Rig, call: str) -> None:
    rig.cuda.failing[call] = 35
    with pytest.raises(BackendUnavailableError, match="No usable NVIDIA driver or GPU"):
        probe_libraries(rig.trt, rig.cuda, 0)


def test_a_runtime_that_starts_with_an_error_does_not_pass_the_probe(rig: Rig) -> None:
    class Complaining(FakeTensorRT):
        def Runtime(self, logger: object) -> object:  # type: ignore[override]  # noqa: N802
            made = super().Runtime(logger)
            self.failures["said"] = "CUDA initialization failure with error: 35"
            self.fails_at("said")
            return made

    with pytest.raises(BackendUnavailableError, match="CUDA initialization failure"):
        probe_libraries(Complaining(rig.cuda, rig.trt.plan), rig.cuda, 0)

"""What only a GPU needs of ONNX Runtime: fixed addresses, captured steps, and a graph id for each capture."""

from __future__ import annotations

import gc
import logging
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edge_runtime.arrays import Array
from edge_runtime.backends.ort.binding import OrtBinding
from edge_runtime.backends.ort.library import gpu_options
from edge_runtime.backends.ort.session import OrtSession, open_with
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.specs import Component
from edge_runtime.errors import GraphError
from tests.support.fake_onnxruntime import GRAPH_FILE, FakeOnnxRuntime, InferenceSession, OrtValue, Run
from tests.support.ledger import LEDGER, ledger
from tests.support.legacy_ledger import LEGACY_LEDGER, legacy_ledger

ROWS = 16


@pytest.fixture
def ort() -> FakeOnnxRuntime:
    return FakeOnnxRuntime(LEDGER, ledger)


def open_on_gpu(ort: FakeOnnxRuntime, component: Component = LEDGER) -> OrtSession:
    return open_with(ort, component, GRAPH_FILE, SessionOptions(device_id=1), "ort-cuda")


def bound(session: OrtSession) -> OrtBinding:
    rows = session.allocate("past_key_0", {"batch": 1, "kv_capacity": ROWS})
    return session.bind({"past_key_0": rows, "present_key_0": rows})


def feeds(start: int, *amounts: float) -> dict[str, Array]:
    return {"amounts": np.array([amounts], np.float32), "cache_len": np.array([start], np.int64)}


def graphs(handle: InferenceSession) -> list[tuple[str | None, bool]]:
    return [(run.graph, run.replayed) for run in handle.runs]


def test_a_prompt_is_plain_and_steps_are_captured_after_one_that_is_plain(ort: FakeOnnxRuntime) -> None:
    binding = bound(open_on_gpu(ort))
    totals = [float(binding.run(feeds(0, 1, 2, 3))["total"])]
    totals += [float(binding.run(feeds(3 + row, 10.0**row))["total"]) for row in range(5)]
    assert totals == [6, 7, 17, 117, 1117, 11_117]
    (handle,) = ort.sessions
    plain, captured, replay = ("-1", False), ("1", False), ("1", True)
    assert graphs(handle) == [plain, plain, captured, replay, replay, replay]


def test_replays_go_on_after_other_prompts(ort: FakeOnnxRuntime) -> None:
    binding = bound(open_on_gpu(ort))
    for request in range(3):
        binding.run(feeds(0, *[1.0] * (request + 2)))
        for row in range(request + 2, request + 5):
            assert binding.run(feeds(row, 1))["doubled"].tolist() == [[2]]
    (handle,) = ort.sessions
    assert [run.graph for run in handle.runs if not run.replayed] == ["-1", "-1", "1", "-1", "-1"]


def test_a_prompt_of_one_shape_is_never_captured(ort: FakeOnnxRuntime) -> None:
    binding = bound(open_on_gpu(ort))
    for _ in range(4):
        binding.run(feeds(0, 1, 2))
    assert graphs(ort.sessions[0]) == [("-1", False)] * 4


def test_every_binding_has_graphs_of_its_own_and_gives_them_back(ort: FakeOnnxRuntime) -> None:
    session = open_on_gpu(ort)
    one, other = bound(session), bound(session)
    for binding in (one, other):
        for row in range(3):
            binding.run(feeds(row, 5))
    (handle,) = ort.sessions
    assert [run.graph for run in handle.runs] == ["-1", "1", "1", "-1", "2", "2"]
    assert one.run(feeds(3, 1))["total"] == other.run(feeds(3, 1))["total"] == 16
    del one, binding
    gc.collect()
    assert handle.released == [1]
    assert other.run(feeds(4, 1))["total"] == 17


def test_a_graph_that_cannot_be_captured_is_loaded_without(
    ort: FakeOnnxRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    ort.refuses_capture = True
    with caplog.at_level(logging.WARNING):
        binding = bound(open_on_gpu(ort))
    assert "not recorded as a CUDA graph" in caplog.text
    assert [float(binding.run(feeds(row, 1))["total"]) for row in range(4)] == [1, 2, 3, 4]
    (handle,) = ort.sessions
    assert handle.options["enable_cuda_graph"] == "0"
    assert handle.runs == [Run(None, replayed=False)] * 4


def test_a_step_whose_capture_fails_is_run_again_plainly(
    ort: FakeOnnxRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    ort.cannot_capture = True
    binding = bound(open_on_gpu(ort))
    with caplog.at_level(logging.WARNING):
        assert [float(binding.run(feeds(row, 1))["total"]) for row in range(4)] == [1, 2, 3, 4]
    assert caplog.text.count("not recorded as a CUDA graph") == 1
    assert [run.graph for run in ort.sessions[0].runs] == ["-1", "1", "-1", "-1", "-1"]


def test_an_input_that_the_graph_reads_on_the_host_is_seen_there_and_nothing_is_captured() -> None:
    ort = FakeOnnxRuntime(LEDGER, ledger, on_host=("cache_len",))
    binding = bound(open_on_gpu(ort))
    totals = [float(binding.run(feeds(row, 1))["total"]) for row in range(4)]
    assert totals == [1, 2, 3, 4]
    assert {run.graph for run in ort.sessions[0].runs} == {"-1"}


def test_a_graph_without_a_cache_is_not_captured() -> None:
    plain = Component(
        graph="x.onnx",
        precision="fp32",
        lowering="cuda",
        opset=18,
        inputs=LEDGER.inputs[:1],
        outputs=LEDGER.outputs[1:2],
    )
    ort = FakeOnnxRuntime(plain, lambda inputs: {"doubled": 2 * inputs["amounts"]})
    binding = open_on_gpu(ort, plain).bind({})
    for _ in range(3):
        assert binding.run({"amounts": np.ones((1, 1), np.float32)})["doubled"].tolist() == [[2]]
    assert ort.sessions[0].options["enable_cuda_graph"] == "0"


def test_a_refused_run_costs_the_captures_and_nothing_else(ort: FakeOnnxRuntime) -> None:
    binding = bound(open_on_gpu(ort))
    for row in range(3):
        binding.run(feeds(row, 1))
    with pytest.raises(GraphError):
        binding.run({"amounts": np.ones((1, 1), np.float32)})
    assert binding.run(feeds(3, 1))["total"] == 4


def test_device_memory_is_not_shared_out_and_rows_are_not_appended(ort: FakeOnnxRuntime) -> None:
    session = open_on_gpu(ort)
    rows = session.allocate("past_key_0", {"batch": 2, "kv_capacity": ROWS})
    assert rows.host is None, "no copy of the cache stays on the host"
    with pytest.raises(GraphError, match=r"cannot share out memory of the device.*batch size of 1"):
        session.slice(rows, 0, 1)
    legacy = open_on_gpu(FakeOnnxRuntime(LEGACY_LEDGER, legacy_ledger), LEGACY_LEDGER)
    with pytest.raises(GraphError, match="--target ort-cuda"):
        legacy.bind({}, on_device=["delta"])


def test_float32_means_float32_and_the_device_is_the_callers(ort: FakeOnnxRuntime) -> None:
    open_on_gpu(ort)
    options = ort.sessions[0].options
    assert (options["device_id"], options["enable_cuda_graph"], options["use_tf32"]) == ("1", "1", "0")


def test_no_algorithm_is_searched_for_a_new_shape_and_memory_grows_by_what_is_needed(
    ort: FakeOnnxRuntime,
) -> None:
    open_on_gpu(ort)
    options = ort.sessions[0].options
    assert options["cudnn_conv_algo_search"] == "HEURISTIC"
    assert options["arena_extend_strategy"] == "kSameAsRequested"


def test_cuda_of_pips_packages_is_loaded_first_and_nothing_is_printed(
    ort: FakeOnnxRuntime, capsys: pytest.CaptureFixture[str]
) -> None:
    ort.prints = "Failed to load libcudnn.so.9"
    open_on_gpu(ort)
    assert ort.preloads == 1
    assert capsys.readouterr().out == ""


def test_an_input_is_uploaded_again_where_it_changed(
    ort: FakeOnnxRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads: list[object] = []
    upload = OrtValue.update_inplace

    def watched(value: OrtValue, array: Array) -> None:
        uploads.append(array.item())
        upload(value, array)

    monkeypatch.setattr(OrtValue, "update_inplace", watched)
    binding = bound(open_on_gpu(ort))
    totals = [float(binding.run(feeds(row, amount))["total"]) for row, amount in enumerate((5, 5, 5, 7, 5))]
    assert totals == [5, 10, 15, 22, 27]
    assert sorted(uploads, key=float) == [1, 2, 3, 4, 5, 7], "rows 1 to 4, and the amounts 7 and 5"


def test_the_names_are_those_of_onnx_runtime(tmp_path: Path) -> None:
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("gpu_graph_id", "7")
    assert options.get_run_config_entry("gpu_graph_id") == "7"
    # The class has the same methods without a GPU.
    session, binding = onnxruntime.InferenceSession, onnxruntime.IOBinding
    used = {
        session: ("run_with_iobinding", "io_binding", "get_providers", "get_inputs", "get_outputs"),
        binding: ("bind_ortvalue_input", "bind_ortvalue_output", "bind_output", "get_outputs"),
        onnxruntime.OrtValue: ("ortvalue_from_numpy", "update_inplace", "numpy"),
    }
    assert not [name for owner, names in used.items() for name in names if not hasattr(owner, name)]
    # The runtime uses this where it exists.
    assert hasattr(session, "get_input_memory_infos")


@pytest.mark.skipif(
    onnxruntime.__version__.startswith("1.23."),
    reason="onnxruntime 1.23, the last for Python 3.10, cannot release captured graphs",
)
def test_captured_graphs_can_be_released() -> None:
    assert hasattr(onnxruntime.InferenceSession, "release_captured_graph")


def test_the_provider_options_and_the_refusal_are_in_the_library() -> None:
    library = Path(onnxruntime.capi.onnxruntime_pybind11_state.__file__).read_bytes()
    assert b"cannot use the graph capture feature" in library
    assert b"gpu_graph_id" in library
    unknown = set(gpu_options(0, captures=True)) - {"device_id", "enable_cuda_graph", "use_tf32"}
    assert unknown == {"cudnn_conv_algo_search", "arena_extend_strategy"}, "as in its documentation"

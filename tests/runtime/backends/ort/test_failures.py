"""Whatever ONNX Runtime refuses, or has no memory for, is one typed line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest

from edge_runtime.backends.ort import session as session_ort
from edge_runtime.backends.ort.failures import backend_error, load_error
from edge_runtime.backends.ort.library import OrtDevice
from edge_runtime.backends.ort.session import OrtSession, open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.errors import BackendUnavailableError, GraphError, ResourceError
from tests.support.ledger import CHANGES, LEDGER, ledger_with, mismatch_message, save_ledger
from tests.support.legacy_ledger import LEGACY_LEDGER, save_legacy_ledger
from tests.support.square import save_square


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    return save_ledger(tmp_path / "ledger.onnx")


@pytest.fixture
def session(graph: Path) -> OrtSession:
    return open_session(LEDGER, graph, SessionOptions(threads=1))


@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x08\x0a\x12\x00" * 100])
def test_a_file_that_is_no_graph_is_a_graph_error_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(GraphError, match=r"broken\.onnx") as caught:
        open_session(LEDGER, path, SessionOptions())
    assert "\n" not in str(caught.value)


def test_a_graph_that_was_cut_off_is_a_graph_error(graph: Path) -> None:
    data = graph.read_bytes()
    graph.write_bytes(data[: len(data) // 2])
    with pytest.raises(GraphError):
        open_session(LEDGER, graph, SessionOptions())


def test_a_missing_file_is_a_graph_error(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="absent"):
        open_session(LEDGER, tmp_path / "absent.onnx", SessionOptions())


@pytest.mark.parametrize(("side", "change"), [*CHANGES, ("outputs", {"shape": ("batch",)})])
def test_a_tensor_that_differs_from_the_manifest_is_named(
    graph: Path, side: str, change: dict[str, object]
) -> None:
    with pytest.raises(GraphError, match=mismatch_message(side)):
        open_session(ledger_with(side, change), graph, SessionOptions())


@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_a_tensor_that_the_manifest_lacks_is_named(graph: Path, side: str) -> None:
    fewer = msgspec.structs.replace(LEDGER, **{side: getattr(LEDGER, side)[:-1]})
    with pytest.raises(GraphError, match=r"'(past|present)_key_0'"):
        open_session(fewer, graph, SessionOptions())


def test_a_provider_that_falls_back_to_the_cpu_is_refused(
    monkeypatch: pytest.MonkeyPatch, graph: Path
) -> None:
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(session_ort.onnxruntime, "get_available_providers", lambda: providers)
    loaded = session_ort.onnxruntime.InferenceSession

    def fall_back(model: str, settings: object, providers: list[Any], *, enable_fallback: bool) -> object:
        assert not enable_fallback
        ((name, options),) = providers
        assert (name, options["device_id"]) == ("CUDAExecutionProvider", "1")
        return loaded(model, settings, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(session_ort.onnxruntime, "InferenceSession", fall_back)
    with pytest.raises(BackendUnavailableError, match="CUDAExecutionProvider is installed and does not load"):
        open_session(LEDGER, graph, SessionOptions(device_id=1), "ort-cuda")


def test_a_legacy_graph_is_refused_where_rows_cannot_be_appended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = save_legacy_ledger(tmp_path / "ledger.onnx")
    session = open_session(LEGACY_LEDGER, path, SessionOptions(threads=1))
    monkeypatch.setattr(session.runner, "device", OrtDevice("cuda", "CUDAExecutionProvider", 0))
    with pytest.raises(GraphError, match="'legacy' cannot be run by CUDAExecutionProvider"):
        session.bind({}, on_device=["delta"])


def test_a_cache_that_is_written_beyond_its_end_is_refused_or_dropped_but_never_spills(
    session: OrtSession,
) -> None:
    rows = session.allocate("past_key_0", {"batch": 1, "kv_capacity": 2})
    binding = session.bind({"past_key_0": rows, "present_key_0": rows})
    with pytest.raises(GraphError):
        binding.run({"amounts": np.ones((1, 3), np.float32), "cache_len": np.zeros(1, np.int64)})


def test_a_cache_beyond_all_memory_is_a_resource_error(session: OrtSession) -> None:
    with pytest.raises(ResourceError, match="No memory for past_key_0"):
        session.allocate("past_key_0", {"batch": 1, "kv_capacity": 1 << 50})


def test_a_run_beyond_all_memory_is_a_resource_error(tmp_path: Path) -> None:
    component, path = save_square(tmp_path)
    binding = open_session(component, path, SessionOptions(threads=1)).bind({})
    with pytest.raises(ResourceError, match="Out of memory running the graph"):
        binding.run({"x": np.zeros((50_000_000, 1), np.float32)})
    assert binding.run({"x": np.ones((2, 1), np.float32)})["y"].tolist() == [[2, 2], [2, 2]]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("std::bad_alloc"),
        RuntimeError("Failed to allocate"),
        RuntimeError("CUDA error\nCUDA failure 2: out of memory ; GPU=0"),
        RuntimeError("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED"),
    ],
)
def test_whatever_says_that_memory_ran_out_is_a_resource_error(error: Exception) -> None:
    assert isinstance(backend_error(error, "x"), ResourceError)


def test_a_gpu_that_the_wheel_has_no_kernels_for_is_named_with_the_way_out() -> None:
    text = "CUDA failure 209: no kernel image is available for execution on the device ; GPU=0"
    error = backend_error(RuntimeError(text), "running the graph")
    assert isinstance(error, BackendUnavailableError)
    for part in ("no kernels for this GPU", "x86-64", "On a Jetson", "--target tensorrt"):
        assert part in str(error)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Opset 24 is under development. Current official support for domain ai.onnx is till opset 23.",
            ("opset 24", "1.23.2 runs up to 23", "onnxruntime 1.25 or later", "build the bundle again"),
        ),
        (
            "NOT_IMPLEMENTED : Could not find an implementation for TensorScatter(24) node with name 'n'",
            ("onnxruntime 1.23.2", "TensorScatter(24)", "a newer onnxruntime"),
        ),
    ],
)
def test_an_onnxruntime_that_is_too_old_for_a_graph_is_named_with_both_versions(
    text: str, parts: tuple[str, ...]
) -> None:
    error = load_error(RuntimeError(text), "loading decoder.onnx", "1.23.2")
    assert isinstance(error, BackendUnavailableError)
    assert [part for part in (*parts, "decoder.onnx") if part not in str(error)] == []


def test_a_graph_of_an_opset_to_come_is_refused_with_the_version_installed(tmp_path: Path) -> None:
    component, path = save_square(tmp_path)
    model = onnx.load(path)
    model.opset_import[0].version = 99
    path.write_bytes(model.SerializeToString())
    with pytest.raises(BackendUnavailableError, match=f"opset 99, and onnxruntime {onnxruntime.__version__}"):
        open_session(component, path, SessionOptions(threads=1))


def test_only_the_first_line_of_a_complaint_is_reported() -> None:
    message = str(backend_error(RuntimeError("\nfirst\nsecond\n"), "running the graph"))
    assert "first" in message
    assert "second" not in message

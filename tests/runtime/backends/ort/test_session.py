"""ONNX Runtime behind the seam: what the contract does not require of every session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from edge_runtime.backends.cpu import default_threads
from edge_runtime.backends.ort.library import require_exact_products
from edge_runtime.backends.ort.session import OrtSession, open_session, probe
from edge_runtime.backends.session import SessionOptions
from edge_runtime.errors import BackendUnavailableError
from tests.support.ledger import LEDGER, save_ledger
from tests.support.legacy_ledger import LEGACY_LEDGER, ROWS, save_legacy_ledger

MIB = 1 << 20


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    return save_ledger(tmp_path / "ledger.onnx")


@pytest.fixture
def session(graph: Path) -> OrtSession:
    return open_session(LEDGER, graph, SessionOptions(threads=1))


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_the_cache_is_updated_where_it_lies(session: OrtSession) -> None:
    rows = session.allocate("past_key_0", {"batch": 1, "kv_capacity": 16})
    binding = session.bind({"past_key_0": rows, "present_key_0": rows})
    address = rows.value.data_ptr()
    for row in range(16):
        binding.run({"amounts": np.full((1, 1), row + 1, np.float32), "cache_len": np.full(1, row, np.int64)})
        expected = [*range(1, row + 2), *[0] * (15 - row)]
        np.testing.assert_array_equal(rows.value.numpy().ravel(), expected)
    assert rows.value.data_ptr() == address


def test_steps_do_not_make_memory_grow(session: OrtSession) -> None:
    capacity = 8 * MIB  # rows of 4 bytes: a copy would cost 32 MiB
    rows = session.allocate("past_key_0", {"batch": 1, "kv_capacity": capacity})
    binding = session.bind({"past_key_0": rows, "present_key_0": rows})
    feeds = {"amounts": np.ones((1, 1), np.float32), "cache_len": np.zeros(1, np.int64)}
    binding.run(feeds)
    before = resident_bytes()
    for row in range(20):
        binding.run({**feeds, "cache_len": np.full(1, row, np.int64)})
    assert resident_bytes() - before < 16 * MIB


def test_a_cache_takes_memory_as_its_rows_are_written(session: OrtSession) -> None:
    before = resident_bytes()
    rows = session.allocate("past_key_0", {"batch": 1, "kv_capacity": 64 * MIB})
    assert rows.host is not None
    assert rows.host.nbytes == 256 * MIB
    rows.host[..., ::MIB, :] = 1
    assert rows.value.numpy().sum() == rows.host[..., ::MIB, :].size, "the graph sees what is written"
    assert resident_bytes() - before < 16 * MIB


def test_memory_of_a_prompt_is_given_back_and_that_of_steps_is_kept(
    session: OrtSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrunk: list[bool] = []
    handle = session.runner.handle

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(handle, name)

        def run_with_iobinding(self, binding: Any, options: Any) -> None:
            key = "memory.enable_memory_arena_shrinkage"
            shrunk.append(options is not None and options.get_run_config_entry(key) == "cpu:0")
            handle.run_with_iobinding(binding, options)

    monkeypatch.setattr(session.runner, "handle", Watched())
    rows = session.allocate("past_key_0", {"batch": 1, "kv_capacity": 16})
    binding = session.bind({"past_key_0": rows, "present_key_0": rows})
    for start, count in ((0, 3), (3, 1), (4, 1), (5, 2)):
        binding.run({"amounts": np.ones((1, count), np.float32), "cache_len": np.full(1, start, np.int64)})
    assert shrunk == [True, False, False, True]
    feeds = {"amounts": np.ones((1, 2), np.float32), "cache_len": np.zeros(1, np.int64)}
    binding.run(feeds, more_follow=True)
    binding.run(feeds)
    assert shrunk[4:] == [False, True], "another run like it finds what the first took"


def test_the_number_of_threads_is_the_callers(graph: Path) -> None:
    handle = open_session(LEDGER, graph, SessionOptions(threads=3)).runner.handle
    assert handle.get_session_options().intra_op_num_threads == 3
    chosen = open_session(LEDGER, graph, SessionOptions()).runner.handle
    assert chosen.get_session_options().intra_op_num_threads == default_threads()


def test_threads_that_share_a_run_spin_during_it_and_sleep_when_it_ends(session: OrtSession) -> None:
    settings = session.runner.handle.get_session_options()
    assert settings.get_session_config_entry("session.intra_op.allow_spinning") == "1"
    assert settings.get_session_config_entry("session.force_spinning_stop") == "1"


def test_the_graph_of_the_probe_is_one_negation(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[bytes] = []
    new_session = onnxruntime.InferenceSession

    def watched(model: bytes, *rest: Any, **options: Any) -> Any:
        opened.append(model)
        return new_session(model, *rest, **options)

    monkeypatch.setattr(onnxruntime, "InferenceSession", watched)
    probe("ort-cpu", SessionOptions(threads=1))
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    assert opened == [model.SerializeToString()]


def test_appended_rows_go_into_the_memory_that_is_bound(tmp_path: Path) -> None:
    path = save_legacy_ledger(tmp_path / "ledger.onnx")
    session = open_session(LEGACY_LEDGER, path, SessionOptions(threads=1))
    past = session.allocate_block(ROWS, {"batch": 2, "kv_capacity": 5})
    binding = session.bind(past, on_device=["delta"])
    binding.run({"amounts": np.array([[1, 2], [3, 4]], np.float32), "cache_len": np.zeros(2, np.int64)})
    binding.append_rows("delta", ROWS, [0, 3])
    keys, values = (past[name].value.numpy()[:, 0, :, 0].tolist() for name in ROWS)
    assert keys == [[1, 2, 0, 0, 0], [0, 0, 0, 3, 4]]
    assert values == [[-1, -2, 0, 0, 0], [0, 0, 0, -3, -4]]


@pytest.mark.parametrize(
    ("precision", "version", "saturates", "is_refused"),
    [
        ("int8", "1.23.2", True, True),
        ("int4", "1.29.0", True, True),
        ("int8", "1.30.0", True, False),
        ("int4", "1.32.0.dev20261101", True, False),
        ("int8", "1.23.2", False, False),
        ("fp32", "1.23.2", True, False),
    ],
)
def test_products_that_would_saturate_or_end_the_process_are_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, precision: str, version: str, *, saturates: bool, is_refused: bool
) -> None:
    monkeypatch.setattr("edge_runtime.backends.ort.library.saturates_u8s8", lambda: saturates)
    if not is_refused:
        require_exact_products(precision, Path("encoder.onnx"), version)
        return
    with pytest.raises(BackendUnavailableError, match=r"no eight-bit dot products.*pip install.*>=1\.30"):
        require_exact_products(precision, Path("encoder.onnx"), version)


def test_a_graph_of_codes_is_not_loaded_where_its_products_would_saturate(
    graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_runtime.backends.ort.library.saturates_u8s8", lambda: True)
    monkeypatch.setattr(onnxruntime, "__version__", "1.23.2")
    open_session(LEDGER, graph, SessionOptions(threads=1))
    with pytest.raises(BackendUnavailableError, match=r"onnxruntime 1\.23\.2 cannot run int8 graphs"):
        open_session(msgspec.structs.replace(LEDGER, precision="int8"), graph, SessionOptions(threads=1))

"""Weights of a graph come from files that were hashed, and a graph that names another is not loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge_runtime.backends.graph_file import GraphFile
from edge_runtime.backends.ort import onnx_file
from edge_runtime.backends.ort.onnx_file import read_onnx
from edge_runtime.backends.ort.session import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.specs import Component, TensorSpec
from edge_runtime.errors import BundleError, GraphError
from edge_runtime.opened_file import OpenedFile, open_file
from tests.support.onnx_weights import HOLDERS, in_file, save_table, scaling_graph

SIZE = 2048
COMPONENT = Component(
    graph="scale.onnx",
    precision="fp32",
    lowering="modern",
    opset=23,
    inputs=(TensorSpec(name="x", dtype="float32", shape=("n", SIZE)),),
    outputs=(TensorSpec(name="y", dtype="float32", shape=("n", SIZE)),),
)
X = np.arange(2 * SIZE, dtype=np.float32).reshape(2, SIZE)
SCALES = np.linspace(1, 2, SIZE, dtype=np.float32)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A graph that multiplies by numbers of a file, half of them read in the body of a loop."""
    (tmp_path / "scale.onnx.data").write_bytes(SCALES.tobytes() * 2)
    path = tmp_path / "scale.onnx"
    path.write_bytes(scaling_graph(SIZE).SerializeToString())
    return path


def listed(path: Path, *names: str) -> GraphFile:
    """Return a graph that may name certain files."""

    def open_named(name: str) -> OpenedFile:
        if name not in names:
            raise BundleError(f"lists no file {name!r}")
        return open_file(path.parent / name)

    return GraphFile(open_file(path), open_named)


def run(graph: GraphFile | Path) -> np.ndarray:
    session = open_session(COMPONENT, graph, SessionOptions(threads=1))
    return session.bind({}).run({"x": X})["y"]


def test_weights_of_the_graph_and_of_a_loop_are_those_of_the_file(graph: Path) -> None:
    np.testing.assert_array_equal(run(listed(graph, "scale.onnx.data")), X * SCALES * SCALES)
    np.testing.assert_array_equal(run(graph), X * SCALES * SCALES)


def test_a_file_that_lost_its_name_after_it_was_opened_is_read_all_the_same(graph: Path) -> None:
    data = open_file(graph.with_name("scale.onnx.data"))
    data.path.unlink()
    np.testing.assert_array_equal(run(GraphFile(open_file(graph), lambda _: data)), X * SCALES * SCALES)


def test_weights_are_given_as_memory_where_descriptors_have_no_paths(
    graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "descriptor_path", lambda _: None)
    assert list(read_onnx(GraphFile.at(graph)).files) == ["scale.onnx.data"]
    np.testing.assert_array_equal(run(graph), X * SCALES * SCALES)


def anonymous_mb() -> float:
    """Return the memory of this process that is no file's."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1024


@pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="not Linux: nothing tells what is resident"
)
def test_weights_are_mapped_and_not_copied(tmp_path: Path) -> None:
    component, path = save_table(tmp_path, rows=128 * 1024, width=256)
    before = anonymous_mb()
    session = open_session(component, path, SessionOptions(threads=1))
    assert session.bind({}).run({"row": np.array([5])})["values"].shape == (1, 256)
    # The table has 128 MB.
    assert anonymous_mb() - before < 32


@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
@pytest.mark.parametrize(
    "location", ["secret", "sub/secret", "../secret", "/etc/hostname", "./scale.onnx.data", "proc/self/fd/0"]
)
def test_a_file_that_is_not_listed_is_not_opened_wherever_the_graph_names_it(
    graph: Path,
    monkeypatch: pytest.MonkeyPatch,
    location: str,
    hold: Callable[[TensorProto], onnx.ModelProto],
) -> None:
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *_, **__: pytest.fail("a graph was opened"))
    graph.write_bytes(hold(in_file("w", SIZE, location)).SerializeToString())
    (graph.parent / "secret").write_bytes(SCALES.tobytes())
    with pytest.raises(BundleError, match="lists no file"):
        run(listed(graph, "scale.onnx.data"))


@pytest.mark.parametrize(
    ("offset", "length"), [(1, 16 * 1024), (16 * 1024, 4), (0, 1 << 62), (-4, 4), (0, -4)]
)
@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
def test_bytes_that_a_file_does_not_have_are_refused(
    graph: Path, offset: int, length: int, hold: Callable[[TensorProto], onnx.ModelProto]
) -> None:
    graph.write_bytes(hold(in_file("w", SIZE, "scale.onnx.data", offset, length)).SerializeToString())
    with pytest.raises(GraphError, match=r"'w' (ends behind|has)"):
        read_onnx(listed(graph, "scale.onnx.data"))


def test_a_tensor_in_two_halves_that_a_reader_would_join_is_refused(graph: Path) -> None:
    constant = helper.make_node("Constant", [], ["y"], value=numpy_helper.from_array(SCALES))
    node = constant.SerializeToString()
    half = in_file("w", SIZE, "secret").SerializeToString()
    attribute = constant.attribute[0].SerializeToString() + bytes([0x2A, len(half)]) + half
    model = helper.make_model(helper.make_graph([], "g", [], []))
    data = model.SerializeToString()
    assert attribute not in node
    nested = field(7, field(1, field(5, attribute)))
    graph.write_bytes(data + nested)
    with pytest.raises(GraphError, match="there twice"):
        read_onnx(listed(graph))


def field(number: int, content: bytes) -> bytes:
    """Return a field of the wire format."""
    size = len(content)
    length = bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + content


def test_a_graph_in_a_graph_without_end_is_refused(graph: Path) -> None:
    data = b""
    for _ in range(2000):
        data = field(1, field(5, field(6, data)))
    graph.write_bytes(field(7, data))
    with pytest.raises(GraphError, match="nested deeper"):
        read_onnx(listed(graph))

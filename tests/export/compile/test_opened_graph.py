"""TensorRT gets the graphs that were hashed, whatever lies at their names by then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from edge_export.compile.component import ComponentJob, compile_component
from edge_export.compile.opened_graph import named, verified_files
from edge_export.compile.run import CompileOptions, compile_portable
from edge_runtime.bundle.portable import open_portable
from edge_runtime.errors import ChecksumError
from edge_runtime.opened_file import open_file
from tests.export.compile.device import compiled
from tests.export.compile.portable import FakeBuilderLibrary, add_precision
from tests.export.conftest import Lines


def swapped(path: Path, data: bytes) -> None:
    """Give a file's name to another file, as an attacker who may write to the folder can."""
    other = path.with_name("other")
    other.write_bytes(data)
    other.replace(path)


def test_a_graph_swapped_before_it_is_compiled_is_refused(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    def swap_and_compile(job: ComponentJob, folder: Path, on_line: Callable[[str], None]) -> None:
        swapped(portable / f"{job.component}.onnx.data", b"x" * 100)
        compile_component(job, folder, on_line)

    with pytest.raises(ChecksumError, match=r"decoder\.onnx\.data"):
        compile_portable(CompileOptions(portable), Lines(), swap_and_compile)
    assert library.built == []


def test_a_graph_swapped_after_it_was_hashed_is_never_parsed(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser_of = library.OnnxParser

    def swap_and_parse(network: Any, logger: Any) -> Any:
        for name in ("decoder.onnx", "draft.onnx"):
            swapped(portable / name, b"another graph")
        return parser_of(network, logger)

    monkeypatch.setattr(library, "OnnxParser", swap_and_parse)
    with pytest.raises(ChecksumError, match=r"draft\.onnx"):
        compiled(portable)
    assert [graph for graph, _ in library.built] == [b"graph of decoder"]


def test_nothing_lies_beside_the_graph_but_what_is_asked_for(portable: Path, tmp_path: Path) -> None:
    add_precision(portable, "fp16")
    (other,) = open_portable(portable).alternatives
    files = verified_files(other, ["decoder.onnx", "decoder.onnx.data", "draft.onnx"])
    with named(files, tmp_path) as folder:
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            "decoder.onnx": b"fp16 of decoder",
            "decoder.onnx.data": bytes(50),
            "draft.onnx": b"graph of draft",
        }
    assert list(tmp_path.iterdir()) == [portable]


def test_the_parser_follows_the_names_to_graph_and_weights(tmp_path: Path) -> None:
    library = pytest.importorskip("tensorrt_rtx")
    weight = onnx.numpy_helper.from_array(np.ones((4, 4), np.float32), "weight")
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 4]) for name in "xy"]
    node = onnx.helper.make_node("MatMul", ["x", "weight"], ["y"])
    graph = onnx.helper.make_graph([node], "graph", ends[:1], ends[1:], [weight])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    path = tmp_path / "graph.onnx"
    onnx.save(model, path, save_as_external_data=True, location="graph.onnx.data", size_threshold=0)
    files = {name: open_file(tmp_path / name, is_ours=True) for name in ("graph.onnx", "graph.onnx.data")}
    for file in files.values():
        file.path.unlink()
    builder = library.Builder(library.Logger())
    network = builder.create_network(0)
    with named(files, tmp_path) as folder:
        assert library.OnnxParser(network, library.Logger()).parse_from_file(str(folder / "graph.onnx"))
    assert network.num_layers >= 1

"""A graph names files that may be opened, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_runtime.backends.graph_file import GraphFile
from edge_runtime.errors import BundleError, GraphError


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    (tmp_path / "model.onnx").write_bytes(b"graph")
    (tmp_path / "model.data").write_bytes(b"weights")
    return tmp_path / "model.onnx"


def test_a_graph_of_the_callers_own_may_name_files_beside_it(graph: Path) -> None:
    opened = GraphFile.at(graph)
    assert opened.path == graph
    assert str(opened) == str(graph)
    assert opened.open_named("model.data").read_bytes() == b"weights"


@pytest.mark.parametrize("name", ["../model.data", "weights/model.data", "/etc/hostname", "."])
def test_a_name_that_leads_out_of_the_folder_is_refused(graph: Path, name: str) -> None:
    with pytest.raises(BundleError, match="leads out of its folder"):
        GraphFile.at(graph).open_named(name)


def test_a_graph_that_is_open_already_stays_the_same(graph: Path) -> None:
    opened = GraphFile.at(graph)
    assert GraphFile.at(opened) is opened


def test_a_graph_that_cannot_be_opened_is_an_error_of_the_graph(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"missing\.onnx cannot be read: "):
        GraphFile.at(tmp_path / "missing.onnx")

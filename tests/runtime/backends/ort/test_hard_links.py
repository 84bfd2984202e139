"""Weight files with several hard links, as uv installs them, are loaded from a copy where they are small."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edge_runtime.backends.ort import hard_links
from edge_runtime.backends.ort.session import open_with
from edge_runtime.backends.session import SessionOptions
from edge_runtime.errors import GraphError
from tests.support.square import save_square

MESSAGE = "Data should be stored in square.onnx.data, but it has multiple hard links, a potential attack."


class _RefusesLinks:
    """ONNX Runtime as it is with graphs whose loops read weights, for one that has none."""

    def __init__(self) -> None:
        self.loaded: list[Path] = []

    def __getattr__(self, name: str) -> object:
        return getattr(onnxruntime, name)

    def InferenceSession(self, model: str, *arguments: object, **options: object) -> object:  # noqa: N802
        weights = Path(f"{model}.data")
        if weights.stat().st_nlink > 1:
            raise RuntimeError(MESSAGE)
        assert weights.read_bytes() == b"weights"
        self.loaded.append(Path(model))
        return onnxruntime.InferenceSession(model, *arguments, **options)


@pytest.fixture
def linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A graph beside a weight file with two names; temporary files have a folder of their own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    _, path = save_square(tmp_path)
    Path(f"{path}.data").write_bytes(b"weights")
    os.link(f"{path}.data", tmp_path / "second-name")
    return path


def test_a_small_graph_is_loaded_from_a_copy_that_is_gone_afterwards(linked: Path, tmp_path: Path) -> None:
    component, _ = save_square(tmp_path)
    ort = _RefusesLinks()
    session = open_with(ort, component, linked, SessionOptions(threads=1), "ort-cpu")
    (loaded,) = ort.loaded
    assert loaded.is_relative_to(tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []
    x = np.array([[1.0], [2.0]], np.float32)
    np.testing.assert_array_equal(session.bind({}).run({"x": x})["y"], [[2.0, 3.0], [3.0, 4.0]])


def test_a_large_graph_is_refused_with_what_to_do(
    linked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    component, _ = save_square(tmp_path)
    monkeypatch.setattr("edge_runtime.backends.ort.library.is_small", lambda _: False)
    with pytest.raises(GraphError, match=r"more than one hard link.*Copy the bundle without links"):
        open_with(_RefusesLinks(), component, linked, SessionOptions(threads=1), "ort-cpu")


def test_without_room_for_a_copy_the_refusal_stands(
    linked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    component, _ = save_square(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(GraphError, match="more than one hard link"):
        open_with(_RefusesLinks(), component, linked, SessionOptions(threads=1), "ort-cpu")


def test_small_means_graph_and_weights_together(tmp_path: Path) -> None:
    graph = tmp_path / "decoder.onnx"
    graph.write_bytes(b"graph")
    weights = tmp_path / "decoder.onnx.data"
    for size, small in ((1_000_000, True), (64_000_000, False)):
        with weights.open("wb") as stream:
            stream.truncate(size)
        assert hard_links.is_small(str(graph)) is small

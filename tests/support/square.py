"""A graph whose output is as large as the square of its input: for runs that need much memory or work."""

from __future__ import annotations

from pathlib import Path

from onnx import helper

from edge_runtime.bundle.specs import Component, TensorSpec
from tests.support.graphs import save_graph


def save_square(directory: Path) -> tuple[Component, Path]:
    """Write a graph that adds every pair of its numbers."""
    component = Component(
        graph="square.onnx",
        precision="fp32",
        lowering="modern",
        opset=23,
        inputs=(TensorSpec(name="x", dtype="float32", shape=("n", 1)),),
        outputs=(TensorSpec(name="y", dtype="float32", shape=("n", "n")),),
    )
    nodes = [helper.make_node("Transpose", ["x"], ["row"]), helper.make_node("Add", ["x", "row"], ["y"])]
    return component, save_graph(directory / "square.onnx", component, nodes)

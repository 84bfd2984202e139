"""The tied table: embeddings come from it, and the head's best tokens equal those of the full product."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import onnxruntime as ort
import pytest

from edge_export.quantize.grid import Grid
from edge_export.quantize.quantization import Quantization
from edge_export.quantize.rewrite.token_table import store_half_table, store_table
from edge_export.quantize.rewrite.weight_only import StoredMatrix
from edge_export.quantize.rounding.methods import RoundToNearest
from edge_export.quantize.scheme import QuantizationPlan, Scheme
from edge_runtime.arrays import Array

WIDTH = 256
GRID = Grid(8, 1, 128)


def traced(num_tokens: int, width: int = WIDTH) -> ir.Model:
    """Return a graph that embeds tokens and scores hidden rows with one table, which has no values."""
    ids = ir.Value(name="ids", type=ir.TensorType(ir.DataType.INT64), shape=ir.Shape(("b", "s")))
    hidden = ir.Value(name="hidden", type=ir.TensorType(ir.DataType.FLOAT), shape=ir.Shape(("b", "n", width)))
    table = ir.Value(name="table", type=ir.TensorType(ir.DataType.FLOAT), shape=ir.Shape((num_tokens, width)))
    graph = ir.Graph([ids, hidden], [], nodes=[], opset_imports={"": 23, "com.microsoft": 1}, name="table")
    graph.initializers.add(table)
    gather = ir.Node("", "Gather", [table, ids])
    head = ir.Node("com.microsoft", "FusedMatMul", [hidden, table], [ir.AttrInt64("transB", 1)])
    graph.extend([gather, head])
    for node, name, shape in ((gather, "rows", ("b", "s", width)), (head, "logits", ("b", "n", num_tokens))):
        output = node.outputs[0]
        output.name, output.type, output.shape = name, ir.TensorType(ir.DataType.FLOAT), ir.Shape(shape)
        graph.outputs.append(output)
    return ir.Model(graph, ir_version=10)


def stored_as(storage: str, graph: ir.Graph) -> dict[str, StoredMatrix]:
    """Store the table as `storage` names it."""
    table = graph.initializers["table"]
    return (
        store_half_table(graph, table)
        if storage == "half"
        else store_table(graph, table, GRID, is_on_gpu=storage == "gpu")
    )


def run(storage: str, table: Array, ids: Array, hidden: Array) -> tuple[Array, Array]:
    """Return rows and logits of a table as it is stored."""
    model = traced(len(table))
    stored = stored_as(storage, model.graph)
    matrix = Quantization(QuantizationPlan({"decoder": Scheme("int8")}))
    for names, array in matrix.tensors("table", table, stored):
        for name in names:
            value = model.graph.initializers[name]
            shape = value.shape
            assert shape is not None
            assert value.dtype is not None
            value.const_value = ir.tensor(array.reshape(shape.numpy()).astype(value.dtype.numpy()), name=name)
    session = ort.InferenceSession(ir.to_proto(model).SerializeToString(), providers=["CPUExecutionProvider"])
    rows, logits = session.run(None, {"ids": ids, "hidden": hidden})
    return rows, logits


def stored_table(storage: str, table: Array) -> Array:
    """Return the table as it is stored."""
    if storage == "half":
        return table.astype(np.float16).astype(np.float32)
    return RoundToNearest().quantize("table", table, GRID, np.dtype(np.float32)).dequantize()


@pytest.mark.parametrize("storage", ["codes", "half"])
@pytest.mark.parametrize("num_tokens", [40, 64, 20_000])
def test_the_best_tokens_are_those_of_the_whole_table(storage: str, num_tokens: int) -> None:
    rng = np.random.default_rng(num_tokens)
    table = rng.standard_normal((num_tokens, WIDTH)).astype(np.float32)
    ids = rng.integers(0, num_tokens, (2, 5))
    # Of random rows and columns, where nothing stands out: the hardest there are.
    hidden = rng.standard_normal((2, 250, WIDTH)).astype(np.float32)
    rows, logits = run(storage, table, ids, hidden)
    expected = hidden.astype(np.float64) @ stored_table(storage, table).T.astype(np.float64)
    best = np.argsort(-expected, axis=-1)[..., :2]
    np.testing.assert_array_equal(rows, stored_table(storage, table)[ids])
    np.testing.assert_array_equal(np.argsort(-logits, axis=-1)[..., :2], best)
    np.testing.assert_allclose(
        np.take_along_axis(logits, best, -1), np.take_along_axis(expected, best, -1), atol=1e-4
    )


def test_tokens_that_four_bits_cannot_tell_apart_are_told_apart() -> None:
    rng = np.random.default_rng(1)
    table = rng.standard_normal((5000, WIDTH)).astype(np.float32)
    near = np.float32(1.0) + rng.standard_normal((20, WIDTH)).astype(np.float32) / 50
    table[:20] = table[0] * near
    hidden = np.broadcast_to(table[0], (1, 1, WIDTH)).copy()
    _, logits = run("codes", table, np.zeros((1, 1), np.int64), hidden)
    assert logits.argmax() == (stored_table("codes", table) @ table[0]).argmax()


def test_probabilities_are_nearly_those_of_the_whole_table() -> None:
    rng = np.random.default_rng(2)
    table = rng.standard_normal((20_000, WIDTH)).astype(np.float32)
    hidden = rng.standard_normal((1, 200, WIDTH)).astype(np.float32) / 4
    _, logits = run("half", table, np.zeros((1, 1), np.int64), hidden)
    totals = [np.log(np.exp(each).sum(axis=-1)) for each in (logits, hidden @ table.T)]
    assert np.abs(totals[0] - totals[1]).max() < 0.1


def test_a_gpu_reads_the_table_whole() -> None:
    rng = np.random.default_rng(3)
    table = rng.standard_normal((500, WIDTH)).astype(np.float32)
    hidden = rng.standard_normal((1, 3, WIDTH)).astype(np.float32)
    rows, logits = run("gpu", table, np.array([[7, 8]]), hidden)
    np.testing.assert_array_equal(rows[0], stored_table("gpu", table)[7:9])
    # Rows are rounded to eight bits there.
    np.testing.assert_allclose(logits, hidden @ stored_table("gpu", table).T, atol=0.5)
    names = {storage: set(initializers_of(storage)) for storage in ("gpu", "codes", "half")}
    assert names["gpu"] == {"table", "table.scales", "table.blobs"}
    assert {"table", "table.scales", "table.rough", "table.rough.scales"} <= names["codes"]
    assert {"table", "table.rough", "table.rough.scales"} <= names["half"]


@pytest.mark.parametrize("storage", ["gpu", "codes", "half"])
def test_a_table_without_a_head_has_no_second_copy(storage: str) -> None:
    model = traced(500)
    del model.graph.outputs[1]
    model.graph.remove(model.graph.node(1), safe=True)
    assert set(stored_as(storage, model.graph)) <= {"table"}
    assert set(model.graph.initializers) <= {"table", "table.scales"}


def test_a_table_that_no_block_divides_stays_as_it_is() -> None:
    model = traced(500, width=48)
    assert stored_as("half", model.graph) == {}
    assert [node.op_type for node in model.graph] == ["Gather", "FusedMatMul"]
    assert model.graph.initializers["table"].dtype == ir.DataType.FLOAT


def initializers_of(storage: str) -> list[str]:
    """Return the names of what a graph with a table holds."""
    model = traced(500)
    stored_as(storage, model.graph)
    return [str(name) for name in model.graph.initializers]

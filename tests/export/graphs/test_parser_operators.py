"""Legacy graphs stay inside what TensorRT 10.3's parser documents."""

from __future__ import annotations

import onnx
import onnx_ir as ir
import pytest

from edge_export.graph_spec import INT4_OPSETS, OPSETS, ComputeDtype
from edge_export.graphs.parser_operators import oldest_parser
from edge_runtime.errors import GraphError
from tests.export.support.parser_rules import require_parsed
from tests.export.support.written_graphs import WrittenGraphs


@pytest.mark.parametrize("name", ["encoder", "decoder", "aligner"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_legacy_graphs_give_no_operator_a_dtype_it_does_not_take(
    tiny_graphs: WrittenGraphs, tiny_aligner_graphs: WrittenGraphs, name: str, dtype: ComputeDtype
) -> None:
    source = tiny_aligner_graphs if name == "aligner" else tiny_graphs
    require_parsed(source.path(source.spec(name, "legacy", dtype)))


def test_axes_of_reductions_and_layout_operators_are_constants(tiny_graphs: WrittenGraphs) -> None:
    model = onnx.load(
        tiny_graphs.path(tiny_graphs.spec("decoder", "legacy", "float32")), load_external_data=False
    )
    constants = {tensor.name for tensor in model.graph.initializer}
    constants |= {node.output[0] for node in model.graph.node if node.op_type == "Constant"}
    sizes = {node.output[0] for node in model.graph.node if node.op_type == "Shape"}
    places = {"ReduceMean": 1, "ReduceMax": 1, "ReduceSum": 1, "Squeeze": 1, "Unsqueeze": 1, "Slice": 3}
    checked = [node for node in model.graph.node if node.op_type in places]
    assert {node.op_type for node in checked} == places.keys()
    for node in checked:
        axes = list(node.input)[places[node.op_type] :][:1]
        # Without axes a squeeze needs a static shape, as one size of a tensor has.
        assert set(axes) <= constants if axes else set(node.input) <= sizes, node.op_type


@pytest.mark.parametrize("name", ["encoder", "decoder", "aligner"])
def test_no_two_products_with_weights_have_one_input(
    tiny_graphs: WrittenGraphs, tiny_aligner_graphs: WrittenGraphs, name: str
) -> None:
    # TensorRT 10.13 fuses such products on Thor, and gives wrong sums for a batch of one.
    source = tiny_aligner_graphs if name == "aligner" else tiny_graphs
    path = source.path(source.spec(name, "legacy", "float16"))
    graph = onnx.load(path, load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    products = [set(node.input) for node in graph.node if node.op_type in ("MatMul", "Gemm")]
    inputs = [each - weights for each in products if each & weights]
    assert len(inputs) > 3
    assert len({frozenset(each) for each in inputs}) == len(inputs)


def test_the_list_names_its_source_and_holds_no_operator_of_the_modern_lowering() -> None:
    known = oldest_parser()
    assert known.opsets[0] <= OPSETS["legacy"] < INT4_OPSETS["legacy"] <= known.opsets[1] < OPSETS["modern"]
    modern = {"RMSNormalization", "RotaryEmbedding", "Attention", "TensorScatter"}
    assert not modern & known.dtypes.keys()
    assert known.dtypes["LayerNormalization"] == {"float32", "float16", "bfloat16"}
    assert "int64" not in known.dtypes["Clip"]


def _model(op_type: str, opset: int) -> ir.Model:
    x = ir.Value(name="x")
    graph = ir.Graph([x], [], nodes=[ir.Node("", op_type, [x])], opset_imports={"": opset}, name="toy")
    return ir.Model(graph, ir_version=10)


def test_an_unknown_operator_or_opset_is_refused_with_its_name() -> None:
    oldest_parser().require(_model("MatMul", 18))
    with pytest.raises(GraphError, match=r"The toy graph has Attention, TensorRT 10\.3 reads 1\d\d others"):
        oldest_parser().require(_model("Attention", 18))
    with pytest.raises(GraphError, match=r"has opset 24, TensorRT 10\.3 reads 9 to 21"):
        oldest_parser().require(_model("MatMul", 24))

"""Graphs for ONNX Runtime on a GPU stay inside the list of its kernels, and on the device."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from edge_export.checkpoint.config import Layout
from edge_export.graph_spec import OPSETS
from edge_export.graphs.cuda_operators import cuda_operators
from edge_export.graphs.export_config import ExportConfig, export_config
from edge_export.graphs.trace import trace
from edge_export.graphs.write import write_graph
from edge_export.parity.case import PARITY_NAME
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_export.quantize.plans import CUDA_PRECISIONS
from edge_export.quantize.quantization import Quantization
from edge_runtime import Recognizer
from edge_runtime.backends.device import why_unusable
from edge_runtime.backends.ort.session import OrtSession, open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle, open_bundle
from edge_runtime.bundle.specs import Component
from edge_runtime.errors import BackendUnavailableError, GraphError, UsageError
from edge_runtime.verification.selftest import SelfTest
from tests.export.conftest import Lines
from tests.export.support.written_graphs import WrittenGraphs

ROWS = 16


def written(source: WrittenGraphs, export: ExportConfig, name: str, directory: Path) -> ir.Model:
    spec = export.spec(name, source.config)
    write_graph(spec, source.config, source.weights, directory, Quantization(export.plan))
    return ir.load(directory / spec.file_name)


@pytest.mark.parametrize("name", ["encoder", "decoder", "aligner"])
@pytest.mark.parametrize("precision", CUDA_PRECISIONS)
def test_every_node_has_a_kernel_and_no_value_crosses(
    tiny_graphs: WrittenGraphs, tiny_aligner_graphs: WrittenGraphs, name: str, precision: str, tmp_path: Path
) -> None:
    source = tiny_aligner_graphs if name == "aligner" else tiny_graphs
    model, known = written(source, export_config(precision, "cuda"), name, tmp_path), cuda_operators()
    assert known.missing(model) == []
    assert known.copied(model) == []
    quantized = {node.op_type for node in model.graph} & {"MatMulNBits", "GatherBlockQuantized"}
    expected = name != "encoder" and precision.startswith("int")
    assert ("MatMulNBits" in quantized) == expected


def test_half_precision_reads_valid_rows_alone_and_float32_writes_in_place(
    tiny_graphs: WrittenGraphs, tmp_path: Path
) -> None:
    for precision, attention, other in (
        ("fp16", "GroupQueryAttention", "ScatterElements"),
        ("fp32", "ScatterElements", "GroupQueryAttention"),
    ):
        model = written(tiny_graphs, export_config(precision, "cuda"), "decoder", tmp_path)
        kinds = [node.op_type for node in model.graph]
        assert attention in kinds
        assert other not in kinds


def test_graphs_of_other_lowerings_would_leave_the_device(tiny_graphs: WrittenGraphs) -> None:
    known, config = cuda_operators(), tiny_graphs.config
    modern = trace(export_config("fp32", "modern").spec("decoder", config), config).model
    missing = known.missing(modern)
    # Registered for opset 23 and open-ended, which stands for that version alone.
    assert "Cast of version 24 has no kernel" in missing
    assert "Cos of version 22 has no kernel" in missing
    with pytest.raises(
        GraphError, match=r"The decoder graph would leave the GPU in ONNX Runtime: \w+ of version"
    ):
        known.require(modern)


def test_a_length_that_is_computed_on_the_device_is_found_out(tiny_graphs: WrittenGraphs) -> None:
    spec = export_config("fp16", "cuda").spec("decoder", tiny_graphs.config)
    model = trace(spec, tiny_graphs.config).model
    assert not cuda_operators().copied(model)
    for node in model.graph:
        if node.op_type == "GroupQueryAttention":
            # The longest sequence of the batch, from where the last rows of all are.
            node.replace_input_with(6, node.inputs[5])
    copied = cuda_operators().copied(model)
    assert copied
    assert all(
        "GroupQueryAttention has" in problems and "copied to the host" in problems for problems in copied
    )


def _model(*nodes: ir.Node, inputs: list[ir.Value]) -> ir.Model:
    graph = ir.Graph(inputs, [], nodes=list(nodes), opset_imports={"": OPSETS["cuda"]}, name="toy")
    return ir.Model(graph, ir_version=10)


@pytest.mark.parametrize(
    ("operator", "problem"),
    [
        ("Neg", []),
        ("Log", ["Log has no kernel for int64"]),
        ("Det", ["Det of version 11 has no kernel"]),
    ],
)
def test_what_has_no_kernel_is_named_with_its_type(operator: str, problem: list[str]) -> None:
    x = ir.Value(name="x", type=ir.TensorType(ir.DataType.INT64), shape=ir.Shape((2,)))
    assert cuda_operators().missing(_model(ir.Node("", operator, [x]), inputs=[x])) == problem


def test_sizes_that_become_data_are_copied_to_the_device() -> None:
    x = ir.Value(name="x", type=ir.TensorType(ir.DataType.INT64), shape=ir.Shape((2,)))
    shape = ir.Node("", "Shape", [x])
    shape.outputs[0].name = "size"
    doubled = ir.Node("", "Add", [shape.outputs[0], shape.outputs[0]])
    doubled.outputs[0].name = "twice"
    negated = ir.Node("", "Neg", [x])
    negated.outputs[0].name = "less"
    mixed = ir.Node("", "Add", [doubled.outputs[0], negated.outputs[0]])
    assert cuda_operators().copied(_model(shape, doubled, negated, mixed, inputs=[x])) == [
        "Add has 'twice' copied to the device"
    ]


def test_a_precision_without_kernels_is_refused_with_those_that_have_them() -> None:
    with pytest.raises(UsageError, match=r"precision 'int8-w8a8' .* fp16 or fp32 or int8 or int4\."):
        export_config("int8-w8a8", "cuda")


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_the_cache_is_updated_where_it_lies(
    tiny_graphs: WrittenGraphs, precision: str, tmp_path: Path
) -> None:
    export = export_config(precision, "cuda")
    written(tiny_graphs, export, "decoder", tmp_path)
    component = export.spec("decoder", tiny_graphs.config).component(precision)
    session = open_session(component, tmp_path / component.graph, SessionOptions(threads=1))
    first, whole = _steps(session, component, 5)
    again, parts = _steps(session, component, 1)
    np.testing.assert_array_equal(first, again)
    for name, rows in whole.items():
        assert np.abs(rows[:, :, :5]).min() > 0
        assert not rows[:, :, 5:].any(), "rows that no token has are not touched"
        np.testing.assert_allclose(parts[name], rows, atol=2e-2 if precision == "fp16" else 1e-5)


def _steps(session: OrtSession, component: Component, piece: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Run five tokens in pieces; return the last token and the rows in the bound memory."""
    tensors = {
        spec.name: session.allocate(spec.name, {"batch": 1, "kv_capacity": ROWS})
        for spec in component.inputs
        if spec.name.startswith("past_")
    }
    shared = {f"present_{name.removeprefix('past_')}": tensor for name, tensor in tensors.items()}
    binding = session.bind(tensors | shared)
    ids = np.arange(7, 12)[None]
    for start in range(0, 5, piece):
        part = ids[:, start : start + piece]
        outputs = binding.run(
            {
                "input_ids": part,
                "audio_index": np.full_like(part, -1),
                "audio_embeds": np.zeros((1, component.inputs[2].shape[1]), np.float32),
                "cache_len": np.array([start]),
                "last_index": np.array([[piece - 1]]),
            }
        )
    return outputs["next_token"], {
        name: tensor.host for name, tensor in tensors.items() if tensor.host is not None
    }


@pytest.fixture(scope="module")
def built_for_gpu(tiny_checkpoints: dict[Layout, Path], tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    output = tmp_path_factory.mktemp("gpu") / "tiny"
    options = BuildOptions(model=str(tiny_checkpoints["original"]), output=output, target="ort-cuda")
    assert build(options, Lines()).bundle == output
    return open_bundle(output)


def test_a_bundle_for_the_gpu_is_built_and_proved_without_one(built_for_gpu: Bundle) -> None:
    manifest = built_for_gpu.manifest
    assert (manifest.target, manifest.precision) == ("ort-cuda", "fp16")
    assert {(part.lowering, part.opset) for part in manifest.components.values()} == {
        ("cuda", OPSETS["cuda"]),
        ("numpy", 16),
    }
    assert manifest.limits.encoder_batch == 8, "windows of 8 s at once"
    assert manifest.decoder is not None
    assert manifest.decoder.kv_dtype == "float16"
    parity = json.loads(built_for_gpu.path(PARITY_NAME).read_text("utf-8"))
    assert parity["tokens_identical"] >= 0.9 * parity["tokens_total"]
    assert all(check["passed"] for check in parity["stages"])


def test_a_machine_without_a_gpu_says_what_the_bundle_is_for(built_for_gpu: Bundle) -> None:
    if why_unusable("ort-cuda") is None:
        assert all(result.passed for result in SelfTest(built_for_gpu).run())
        return
    with pytest.raises(BackendUnavailableError, match="'ort-cuda'"):
        Recognizer.load(built_for_gpu.directory)

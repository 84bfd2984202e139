"""Exports for CPUs: blocks, exceptions of the end layers, convolutions, cache, rows of the last layer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx_ir as ir
import pytest

from edge_export.checkpoint.checkpoint import Checkpoint, read_checkpoint
from edge_export.checkpoint.source import HubOptions, resolve
from edge_export.graph_spec import Lowering
from edge_export.graphs.export_config import ExportConfig, export_config
from edge_export.graphs.trace import trace
from edge_export.graphs.write import write_graph
from edge_export.pipeline.quantization import export_digests
from edge_export.quantize.quantization import Quantization
from edge_export.quantize.scheme import Override, Scheme
from edge_runtime.bundle.manifest import Kind
from edge_runtime.errors import UsageError

LAYER = "language_model.layers.{}.{}.weight"
CONVOLUTIONS = ("audio_tower.conv2d2.weight", "audio_tower.conv2d3.weight")


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    """The mini's, of three layers."""
    return read_checkpoint(resolve("mini", HubOptions()))


def written(checkpoint: Checkpoint, export: ExportConfig, folder: Path) -> ir.Graph:
    """Write the decoder's graph and read it again."""
    spec = export.spec("decoder", checkpoint.config)
    write_graph(spec, checkpoint.config, checkpoint.weights, folder, Quantization(export.plan))
    return ir.load(folder / spec.file_name).graph


def test_four_bits_come_in_the_longest_blocks_between_ends_of_eight(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    export = export_config("int4", num_layers=3)
    schemes = [export.plan.scheme("decoder", LAYER.format(layer, "self_attn.o_proj")) for layer in range(3)]
    assert [each.weights for each in schemes] == ["int8", "int4", "int8"]
    blocks = {
        str(node.inputs[1].name): node.attributes["block_size"].as_int()
        for node in written(checkpoint, export, tmp_path)
        if node.op_type == "MatMulNBits"
    }
    # 256 inputs, and 192, which 256 and 128 do not divide.
    assert blocks[LAYER.format(1, "self_attn.o_proj")] == 256
    assert blocks[LAYER.format(1, "self_attn.qkv_proj")] == 64


def test_exceptions_of_a_recipe_come_before_the_longest_blocks() -> None:
    export = export_config("int4")
    shorter = Override("*.o_proj.weight", Scheme("int4"), "for a test alone")
    plan = replace(export, overrides=(shorter, *export.overrides)).plan
    names = [LAYER.format(1, f"self_attn.{name}") for name in ("o_proj", "qkv_proj")]
    assert [plan.scheme("decoder", name).block for name in names] == [128, 256]


@pytest.mark.parametrize(
    ("precision", "kind", "rows"),
    [
        ("int8", "asr", ["float", "int16"]),
        ("int4", "asr", ["float", "int16"]),
        ("int8", "aligner", ["int16"] * 2),
    ],
)
def test_the_second_convolution_has_rows_of_sixteen_bits_in_aligners_alone(
    precision: str, kind: Kind, rows: list[str]
) -> None:
    plan = export_config(precision, kind=kind).plan
    assert [plan.scheme("encoder", name).activations for name in CONVOLUTIONS] == rows


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_a_cache_is_in_half_precision_where_that_is_requested(precision: str, checkpoint: Checkpoint) -> None:
    plain = export_config(precision)
    dtypes = []
    for export in (plain, replace(plain, cache_dtype="float16")):
        spec = export.spec("decoder", checkpoint.config)
        stored = {each.dtype for each in (*spec.inputs, *spec.outputs) if "key" in each.name}
        dtypes.append((export.kv_dtype, stored))
    assert dtypes == [(name, {name}) for name in ("float32", "float16")]
    assert export_digests(plain) != export_digests(export)


@pytest.mark.parametrize(("precision", "lowering"), [("fp32", None), ("int4", "modern")])
def test_a_graph_that_converts_no_cache_refuses_one_of_its_own(
    precision: str, lowering: Lowering | None
) -> None:
    with pytest.raises(UsageError, match="Leave --kv-cache-dtype out"):
        replace(export_config(precision, lowering), cache_dtype="float16")


def test_a_cache_of_the_products_dtype_is_none_of_its_own() -> None:
    plain = export_config("int4")
    assert export_digests(replace(plain, cache_dtype="float32")) == export_digests(plain)
    assert replace(export_config("int4", "cuda"), cache_dtype="float16").kv_dtype == "float16"


def behind_the_choice_of_rows(graph: ir.Graph) -> set[str]:
    """Return the weights of every node that comes after a gather of scored rows."""
    actual, reached = set(), set()
    for node in graph:
        if node.op_type == "GatherND" or reached & set(node.inputs):
            reached |= set(node.outputs)
            actual |= {str(value.name) for value in node.inputs if value and value.is_initializer()}
    return {name for name in actual if name.endswith("proj.weight")}


@pytest.mark.parametrize("lowering", ["ort", "modern"])
def test_the_last_layer_goes_on_with_the_scored_rows_where_nothing_observes_it(
    lowering: Lowering, checkpoint: Checkpoint
) -> None:
    spec = export_config("fp32", lowering).spec("decoder", checkpoint.config)
    actual = behind_the_choice_of_rows(trace(spec, checkpoint.config).model.graph)
    narrowed = ("self_attn.o_proj", "mlp.gate_up_proj", "mlp.down_proj")
    assert actual == ({LAYER.format(2, name) for name in narrowed} if lowering == "ort" else set())

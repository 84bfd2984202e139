"""Every graph in both lowerings and both half precisions, given to TensorRT-RTX's parser and compiler."""

from __future__ import annotations

import onnx
import pytest

from edge_export.graph_spec import ComputeDtype, Lowering
from tests.export.support.rtx import Compiler, tensorrt_rtx
from tests.export.support.written_graphs import WrittenGraphs

pytestmark = pytest.mark.slow

LOWERINGS: tuple[Lowering, ...] = ("modern", "legacy")
CAPACITY = 64


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    tensorrt_rtx()
    return Compiler()


@pytest.mark.parametrize("lowering", LOWERINGS)
@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("encoder", "float16"),
        ("decoder", "float16"),
        ("aligner", "float16"),
        ("encoder", "bfloat16"),
        ("decoder", "bfloat16"),
    ],
)
def test_graphs_compile_for_three_generations(
    compiler: Compiler,
    tiny_graphs: WrittenGraphs,
    tiny_aligner_graphs: WrittenGraphs,
    lowering: Lowering,
    name: str,
    dtype: ComputeDtype,
) -> None:
    # TensorScatter asks for a cache whose rows are fixed; the stacked cache of `legacy` stays dynamic.
    capacity = CAPACITY if lowering == "modern" else "kv_capacity"
    source = tiny_aligner_graphs if name == "aligner" else tiny_graphs
    spec = source.spec(name, lowering, dtype, capacity)
    onnx.checker.check_model(str(source.path(spec)), full_check=True)
    assert compiler.compile(compiler.parse(source.path(spec)), spec, "SM86", "SM89", "SM120")


def test_the_modern_cache_is_updated_in_place(compiler: Compiler, tiny_graphs: WrittenGraphs) -> None:
    spec = tiny_graphs.spec("decoder", "modern", "float16", CAPACITY)
    types = compiler.layer_types(compiler.parse(tiny_graphs.path(spec)))
    layers = tiny_graphs.config.text.num_layers
    assert types.count("KV_CACHE_UPDATE") == 2 * layers
    assert types.count("ATTENTION_INPUT") == layers


def test_float32_compiles_where_attention_may_be_decomposed(
    compiler: Compiler, tiny_graphs: WrittenGraphs
) -> None:
    spec = tiny_graphs.spec("decoder", "modern", "float32", CAPACITY)
    assert compiler.compile(compiler.parse(tiny_graphs.path(spec)), spec, "SM86")

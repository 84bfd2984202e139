"""What a graph multiplies with, how it is timed, and the sum of planted times."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edge_bench.roofline.ceilings import Ceilings, ProductTime, measure_ceilings
from edge_bench.roofline.graph_work import GraphWork, Matrix, read_graph_work
from edge_bench.roofline.position import Decoding, position_of
from edge_bench.roofline.product_graph import chain_graph, product_graph, rows_of
from edge_runtime.bundle.specs import DecoderSpec
from edge_runtime.errors import GraphError

SHIPPED = Path(__file__).parents[3] / "edge_runtime" / "data" / "mini.ort-cpu.int8"
FP32 = Matrix("MatMul", "fp32", 64, 32)
INT8 = Matrix("MatMulIntegerToFloat", "int8", 64, 32)
INT4 = Matrix("MatMulNBits", "int4", 64, 32, 32)
SPEC = DecoderSpec(
    num_layers=2,
    num_heads=4,
    num_kv_heads=2,
    head_dim=64,
    hidden_size=64,
    vocab_size=1000,
    kv_dtype="float32",
    kv_capacity=None,
)


def test_the_products_of_a_bundle_are_read_from_its_graph() -> None:
    work = read_graph_work((SHIPPED / "decoder.onnx").read_bytes())
    assert Counter((one.code, one.inputs, one.outputs) for one in work.matrices) == {
        ("int8", 192, 512): 3,
        ("int8", 256, 192): 3,
        ("int8", 192, 1024): 3,
        ("int8", 512, 192): 3,
        ("int4", 192, 1215): 1,
    }
    assert work.num_others > 100
    with pytest.raises(GraphError, match="Rebuild"):
        read_graph_work(b"\x0anone")


def test_bytes_of_a_matrix_are_codes_and_scales() -> None:
    assert [one.num_bytes for one in (FP32, INT8, INT4)] == [8192, 2048, 1024 + 64 * 4]


@pytest.mark.parametrize("matrix", [FP32, INT8, INT4], ids=lambda matrix: matrix.code)
def test_a_product_alone_is_a_graph_that_runs(matrix: Matrix) -> None:
    session = onnxruntime.InferenceSession(product_graph(matrix))
    (one,) = session.run(None, rows_of(matrix, 1))
    (many,) = session.run(None, rows_of(matrix, 5))
    copies = onnxruntime.InferenceSession(product_graph(matrix, 3)).run(None, rows_of(matrix, 1))
    assert all(np.array_equal(copy, one) for copy in copies)
    assert len(copies) == 3
    assert (one.shape, many.shape) == ((1, 32), (5, 32))
    assert np.abs(one).max() > 0, "random weights"
    assert np.allclose(many[3], one[0], rtol=1e-5)


def test_a_chain_multiplies_so_many_times() -> None:
    session = onnxruntime.InferenceSession(chain_graph(64, 7))
    rows = np.full((1, 64), 3.0, np.float32)
    assert np.array_equal(session.run(None, {"x": rows})[0], rows)


def test_this_machine_is_measured() -> None:
    ceilings = measure_ceilings([INT8, INT4, INT8], 64, threads=1)
    assert {product.matrix for product in ceilings.products} == {INT8, INT4}
    assert 1e8 < ceilings.bandwidth < 1e13
    assert 0 < ceilings.operator_s < ceilings.call_s < 0.1


def test_a_step_is_the_longer_of_bytes_and_arithmetic_and_what_stands_beside() -> None:
    head = Matrix("MatMulNBits", "int8", 64, 1000, 64)
    work = GraphWork((INT8, INT8, head), num_others=100)
    # INT8: 2048 bytes take 2 us from memory and 5 us to compute; the head's 68,000 bytes take 68 us.
    products = (ProductTime(INT8, 5e-6, 128e-6), ProductTime(head, 9e-6, 500e-6))
    ceilings = Ceilings(1e9, products, operator_s=1e-6, call_s=20e-6)
    decoding = Decoding(prompt_tokens=64, cache_rows=10, step_ms=0.25, prefill_ms=0.5)
    position = position_of(work, SPEC, ceilings, decoding, threads=2)
    step, prefill = position.step, position.prefill
    assert step is not None
    assert prefill is not None
    cache = 2 * 2 * 2 * 64 * 4 * 10
    assert step.num_bytes == 2 * 2048 + 68_000 + cache
    assert step.operations == 2 * (2 * 64 * 32 + 64 * 1000)
    assert step.projected_ms == pytest.approx((2 * 5 + 68 + cache / 1e3 + 100 + 20) / 1e3)
    assert step.error == pytest.approx(abs(step.projected_ms / 0.25 - 1))
    # 64 of the 128 rows that were timed, and the head for one.
    assert prefill.projected_ms == pytest.approx((2 * 64 + 68 + 100 + 20) / 1e3)
    assert prefill.operations == 2 * (2 * 64 * 32 * 64 + 64 * 1000)
    assert position.peak_gops == pytest.approx(2 * 64_000 * 128 / 500e-6 / 1e9)

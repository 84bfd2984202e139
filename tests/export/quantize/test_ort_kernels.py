"""Graphs of lowering `ort`: kernels equal numpy, with any other rows in the call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.source import HubOptions, resolve
from edge_export.graph_spec import LOGITS
from edge_export.graphs.export_config import export_config
from edge_export.graphs.session import open_graph, with_logits
from edge_export.graphs.write import write_graph, write_parity_graph
from edge_export.quantize.grid import Grid
from edge_export.quantize.packing import pack_matmul_nbits
from edge_export.quantize.quantization import Quantization
from edge_export.quantize.rewrite.token_table import SHORTLIST_SUFFIX
from edge_export.quantize.rounding.methods import RoundToNearest
from edge_runtime.backends.session import Session
from edge_runtime.decoding.batch_decoder import EXACT_RECHECK_MARGIN
from edge_runtime.model.decoder import RECHECK_MARGIN
from edge_runtime.model.decoder_graph import call_decoder
from edge_runtime.model.kv_batch import KVBatch
from edge_runtime.model.kv_cache import KVCache

TABLE = "language_model.embed_tokens.weight"


@pytest.fixture(
    scope="module", params=[("int8", None), ("int4", None), ("int4", "float16")], ids=["int8", "int4", "half"]
)
def decoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The mini's decoder, with logits."""
    precision, cache = request.param
    folder, export = tmp_path_factory.mktemp("ort"), replace(export_config(precision), cache_dtype=cache)
    checkpoint = read_checkpoint(resolve("mini", HubOptions()))
    spec = export.spec("decoder", checkpoint.config)
    write_graph(spec, checkpoint.config, checkpoint.weights, folder, Quantization(export.plan))
    path = write_parity_graph(spec, folder)
    return open_graph(with_logits(spec.component(precision), checkpoint.config.text.vocab_size), path)


def run(decoder: Session, ids: np.ndarray, num_scored: int, sizes: list[int]) -> np.ndarray:
    """Return the logits of the last tokens, the sequence cut into calls of these sizes."""
    cache = KVCache(decoder, len(ids))
    width = next(spec.shape[1] for spec in decoder.component.inputs if spec.name == "audio_embeds")
    embeds = np.zeros((1, int(width)), np.float32)
    actual = []
    for start, size in zip(np.cumsum([0, *sizes]), sizes, strict=False):
        piece = ids[None, start : start + size]
        outputs = call_decoder(cache, piece, np.full_like(piece, -1), embeds, size)
        actual.append(outputs[LOGITS][0])
    return np.concatenate(actual)[-num_scored:]


def moved(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference of the logits that can decide: beyond the shortlist they are rough."""
    best = np.argsort(-expected, axis=-1)[..., :2]
    change = np.take_along_axis(actual, best, -1) - np.take_along_axis(expected, best, -1)
    return float(np.abs(change).max())


def test_tokens_in_one_call_are_scored_as_one_by_one(decoder: Session) -> None:
    ids = np.random.default_rng(0).integers(0, 500, 24)
    single = run(decoder, ids, 8, [16, *[1] * 8])
    batched = run(decoder, ids, 8, [16, 8])
    # Two logits that move towards each other by half of it each do not change a decision above the margin.
    assert moved(batched, single) < RECHECK_MARGIN / 2
    assert (batched.argmax(-1) == single.argmax(-1)).all()


def test_steps_of_several_sequences_are_those_of_each_alone(decoder: Session) -> None:
    prompts = np.random.default_rng(2).integers(0, 500, (8, 24))
    single = np.stack([run(decoder, ids, 8, [16, *[1] * 8]) for ids in prompts])
    batch = KVBatch(decoder, len(prompts), prompts.shape[1])
    width = next(spec.shape[1] for spec in decoder.component.inputs if spec.name == "audio_embeds")
    embeds = np.zeros((1, int(width)), np.float32)
    for slot, ids in enumerate(prompts):
        call_decoder(batch.slots[slot], ids[None, :16], np.full((1, 16), -1), embeds)
    for step in range(8):
        ids = prompts[:, 16 + step, None]
        cache = batch.bind_active(len(prompts), range(len(prompts)))
        actual = call_decoder(cache, ids, np.full_like(ids, -1), embeds)[LOGITS][:, 0]
        # As in the test above; at eight bits rows are exact sums, and the margin is that of `BatchDecoder`.
        margin = EXACT_RECHECK_MARGIN if decoder.component.precision == "int8" else RECHECK_MARGIN
        assert moved(actual, single[:, step]) < margin / 2


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("axis", [0, 1])
def test_blobs_hold_the_matrix_outputs_first(bits: int, axis: int) -> None:
    matrix = np.random.default_rng(1).standard_normal((64, 64)).astype(np.float32)
    quantized = RoundToNearest().quantize("w", matrix, Grid(bits, axis, 32), np.dtype(np.float32))
    codes, scales = pack_matmul_nbits(quantized)
    if bits == 4:
        codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(64, 64)
    actual = (codes.astype(np.float32) - (1 << (bits - 1))) * np.repeat(scales, 32, axis=1)
    expected = quantized.dequantize()
    np.testing.assert_array_equal(actual, expected if axis == 1 else expected.T)


def test_the_table_is_in_the_file_at_sixteen_bits_and_at_four(tmp_path: Path) -> None:
    export, checkpoint = export_config("int8"), read_checkpoint(resolve("mini", HubOptions()))
    spec = export.spec("decoder", checkpoint.config)
    write_graph(spec, checkpoint.config, checkpoint.weights, tmp_path, Quantization(export.plan))
    text = checkpoint.config.text
    layer = (text.num_heads + 2 * text.num_kv_heads) * text.head_dim * text.hidden_size
    layer += text.num_heads * text.head_dim * text.hidden_size + 3 * text.hidden_size * text.intermediate_size
    codes = 2.5 * text.vocab_size * text.hidden_size + text.num_layers * layer
    assert (tmp_path / spec.data_name).stat().st_size < 1.15 * codes


@pytest.mark.parametrize(("precision", "dtype"), [("int8", ir.DataType.FLOAT16), ("int4", ir.DataType.UINT8)])
def test_the_head_multiplies_with_nothing_but_the_rough_copy(
    precision: str, dtype: ir.DataType, tmp_path: Path
) -> None:
    export, checkpoint = export_config(precision), read_checkpoint(resolve("mini", HubOptions()))
    spec = export.spec("decoder", checkpoint.config)
    write_graph(spec, checkpoint.config, checkpoint.weights, tmp_path, Quantization(export.plan))
    graph = ir.load(tmp_path / spec.file_name).graph
    initializers = graph.initializers
    table, rough = initializers[TABLE], initializers[f"{TABLE}{SHORTLIST_SUFFIX}"]
    assert table.dtype == dtype
    assert {node.op_type for node, _ in table.uses()} <= {"Gather", "GatherBlockQuantized"}
    assert [node.op_type for node, _ in rough.uses()] == ["MatMulNBits"]
    # One search through the rough logits, the best tokens among those that were scored again.
    sources = {node.inputs[0].producer().op_type for node in graph if node.op_type == "TopK"}
    assert sources == {"MatMulNBits", "Squeeze"}


def test_the_token_and_its_margin_are_those_of_the_logits(decoder: Session) -> None:
    ids = np.random.default_rng(4).integers(0, 500, (1, 24))
    width = next(spec.shape[1] for spec in decoder.component.inputs if spec.name == "audio_embeds")
    outputs = call_decoder(
        KVCache(decoder, 24), ids, np.full_like(ids, -1), np.zeros((1, int(width)), np.float32), 8
    )
    logits = outputs[LOGITS][0]
    best = np.sort(logits, axis=-1)[:, -2:]
    np.testing.assert_array_equal(outputs["next_token"][0], logits.argmax(axis=-1))
    np.testing.assert_allclose(outputs["margin"][0], best[:, 1] - best[:, 0], rtol=0, atol=1e-6)

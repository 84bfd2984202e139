"""Graphs in float16 and bfloat16: what stays float32, and how far outputs may differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx.helper import tensor_dtype_to_np_dtype

from edge_export.graph_spec import ComputeDtype, Lowering
from edge_export.graphs.parameters import parameter
from edge_export.modules.encoder import Encoder, EncoderLayer
from edge_export.modules.legacy import Legacy
from tests.export.support.clip_logits import ClipLogits
from tests.export.support.written_graphs import WrittenGraphs

LOWERINGS: tuple[Lowering, ...] = ("modern", "legacy")
ROUNDINGS = 8
"""In series through one layer: input, weight, sum and result of attention, and the same of the MLP."""
MINI = Path(__file__).parents[3] / "engines" / "checkpoints" / "mini"


def _bound(dtype: torch.dtype, num_layers: int) -> float:
    """Return a bound on the relative root-mean-square error.

    One rounding to nearest errs by up to half an epsilon, by 1 / sqrt(3) of that in the root mean square;
    independent ones add in quadrature. The bound adds all of them in series and ignores the dilution by the
    residual stream, so it is too high: the mini checkpoint errs by an eighth to a quarter of the bound.
    """
    return torch.finfo(dtype).eps / 2 / 3**0.5 * (ROUNDINGS * num_layers) ** 0.5


def _error(actual: np.ndarray, expected: np.ndarray) -> float:
    difference = actual.astype(np.float64) - expected
    return float(np.sqrt((difference**2).mean() / (expected.astype(np.float64) ** 2).mean()))


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> WrittenGraphs:
    return WrittenGraphs(MINI, tmp_path_factory.mktemp("mini-graphs"))


@pytest.fixture(scope="module")
def clips(mini: WrittenGraphs) -> ClipLogits:
    return ClipLogits(mini, MINI, count=8)


@pytest.mark.parametrize("lowering", [*LOWERINGS, "cuda"])
def test_float16_says_what_float32_says(mini: WrittenGraphs, clips: ClipLogits, lowering: Lowering) -> None:
    audio_layers, text_layers = mini.config.audio.num_layers, mini.config.text.num_layers
    for actual, expected in zip(clips.encode(lowering, "float16"), clips.embeds, strict=True):
        assert 0 < _error(actual, expected) < _bound(torch.float16, audio_layers)
    tokens = clips.logits.argmax(axis=-1)
    logits = clips.decode(lowering, "float16", forced=tokens)
    assert 0 < _error(logits, clips.logits) < _bound(torch.float16, audio_layers + text_layers)
    np.testing.assert_array_equal(logits.argmax(axis=-1), tokens)


@torch.inference_mode()
def test_a_bfloat16_encoder_errs_as_its_eight_bits_let_it(mini: WrittenGraphs, clips: ClipLogits) -> None:
    # ONNX Runtime lacks these kernels on a CPU; the legacy operators are plain torch and run there.
    encoder = Encoder(mini.config.audio, Legacy(torch.bfloat16))
    for name, value in encoder.named_parameters():
        value.copy_(parameter(encoder, name, mini.weights, mini.config))
    mel = clips.mels[0]
    frames = mel.shape[1] // 100 * 100
    windows = torch.from_numpy(mel[None, :, :frames])
    actual = encoder(windows, torch.ones(1, 13 * frames // 100, dtype=torch.bool))[0]
    feeds = {"mel_windows": windows.numpy(), "key_mask": np.ones(actual.shape[:1], bool)[None]}
    (expected,) = mini.session("encoder", "legacy").run(None, feeds)
    assert 0 < _error(actual.numpy(), expected[0]) < _bound(torch.bfloat16, mini.config.audio.num_layers)


def _typed(path: Path) -> tuple[onnx.GraphProto, dict[str, str]]:
    model = onnx.load(path, load_external_data=False)
    graph = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
    typed = {
        value.name: value.type.tensor_type.elem_type
        for value in (*graph.input, *graph.output, *graph.value_info)
    }
    typed |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    return graph, {name: tensor_dtype_to_np_dtype(dtype).name for name, dtype in typed.items()}


ISLANDS = {
    "RMSNormalization",
    "RotaryEmbedding",
    "LayerNormalization",
    "Softmax",
    "ReduceMean",
    "Sqrt",
    "Reciprocal",
    "Cos",
    "Sin",
    "Exp",
    "Log",
    "ReduceSum",
}


@pytest.mark.parametrize("lowering", LOWERINGS)
@pytest.mark.parametrize("name", ["encoder", "decoder"])
def test_products_are_half_and_statistics_are_not(
    tiny_graphs: WrittenGraphs, lowering: Lowering, name: str
) -> None:
    graph, dtypes = _typed(tiny_graphs.path(tiny_graphs.spec(name, lowering, "float16")))
    for node in graph.node:
        if node.op_type in {"MatMul", "Conv", "Attention", "TensorScatter"}:
            assert dtypes[node.output[0]] == "float16", node.name
        if node.op_type in ISLANDS:
            assert dtypes[node.output[0]] == "float32", node.name
    constants = [onnx.numpy_helper.to_array(t) for t in graph.initializer if not t.external_data]
    assert all(np.isfinite(value).all() for value in constants if value.dtype.kind == "f")


@pytest.mark.parametrize("lowering", LOWERINGS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_weights_are_stored_in_the_compute_dtype_and_the_embedding_once(
    tiny_graphs: WrittenGraphs, lowering: Lowering, dtype: ComputeDtype
) -> None:
    spec, text = tiny_graphs.spec("decoder", lowering, dtype), tiny_graphs.config.text
    graph, dtypes = _typed(tiny_graphs.path(spec))
    weights = [tensor for tensor in graph.initializer if tensor.external_data]
    for tensor in weights:
        assert dtypes[tensor.name] == (dtype if len(tensor.dims) == 2 else "float32"), tensor.name
    tables = [tensor for tensor in weights if text.vocab_size in tensor.dims]
    assert [list(tensor.dims) for tensor in tables] == [[text.vocab_size, text.hidden_size]]
    cache = [t for t in (*spec.inputs, *spec.outputs) if t.name.startswith(("past", "present", "delta"))]
    assert {tensor.dtype for tensor in cache} == {dtype}


def test_a_float16_encoder_layer_is_clamped_as_in_transformers(tiny_graphs: WrittenGraphs) -> None:
    for dtype, largest in ((torch.float16, 64_504.0), (torch.float32, 1e6)):
        layer = EncoderLayer(tiny_graphs.config.audio, Legacy(dtype)).eval()
        with torch.no_grad():
            for value in layer.parameters():
                value.zero_()
            x = torch.full((1, 13, tiny_graphs.config.audio.d_model), 1e6)
            mapped = layer(x, torch.ones(1, 1, 13, 13, dtype=torch.bool))
        assert mapped.dtype == torch.float32
        assert mapped.max() == largest

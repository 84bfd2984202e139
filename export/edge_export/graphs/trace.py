"""Torch modules to ONNX graphs without weights: traced on fake tensors, which take no memory."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import onnxscript.optimizer
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from torch._subclasses.fake_tensor import FakeTensorMode

from edge_export.graphs.parser_operators import oldest_parser
from edge_export.modules.aligner import Aligner
from edge_export.modules.cuda import Cuda
from edge_export.modules.decoder import Decoder
from edge_export.modules.encoder import Encoder
from edge_export.modules.legacy import Legacy
from edge_export.modules.modern import Modern
from edge_export.modules.ort import Ort

if TYPE_CHECKING:
    import onnx_ir

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.graph_spec import GraphSpec, Lowering
    from edge_export.modules.operators import Operators
    from edge_runtime.bundle.specs import TensorSpec

_DTYPES: Final = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int64": torch.int64,
    "bool": torch.bool,
}
_EXAMPLE_CHUNKS: Final = 3
_NOISY_LOGGERS: Final = (
    # Reports that torchvision is not installed.
    "torch.onnx._internal.exporter._registration",
    # Reports every weight, because weights are filled in after tracing.
    "onnx_ir.passes.common.initializer_deduplication",
)


@dataclass(frozen=True, slots=True)
class TracedGraph:
    """A graph whose weights have names and shapes but no values yet.

    Attributes:
        model: the graph.
        module: the module it came from; its parameters are fake.
        parameters: names of the graph's weights, in the order of the module.
    """

    model: onnx_ir.Model
    module: torch.nn.Module
    parameters: tuple[str, ...]


def trace(spec: GraphSpec, config: ModelConfig) -> TracedGraph:
    """Trace the module of a graph.

    Args:
        spec: lowering, names, dtypes and dimensions; a number fixes a dimension that the module leaves open.
        config: geometry.

    Raises:
        GraphError: a `legacy` graph has an operator that TensorRT 10.3 does not know.
    """
    sizes, dims = _example_sizes(config), _dynamic_dims(config)
    with FakeTensorMode(), torch.no_grad():
        operators = _OPERATORS[spec.lowering](_DTYPES[spec.dtype])
        module = _MODULES[spec.name](config, operators).eval()
        tensors = [_example(tensor, sizes) for tensor in spec.inputs]
        shapes = [_dynamic(tensor, dims) for tensor in spec.inputs]
        model = _export(module, _as_arguments(spec, tensors), _as_arguments(spec, shapes), spec.opset)
    finalized = _finalize(model, spec)
    if spec.lowering == "legacy":
        oldest_parser().require(finalized)
    return TracedGraph(finalized, module, tuple(name for name, _ in module.named_parameters()))


def parameter_names(component: str, config: ModelConfig) -> tuple[str, ...]:
    """Return the names of a graph's weights; they are the same in every lowering and dtype."""
    with FakeTensorMode():
        module = _MODULES[component](config, Modern(torch.float32))
    return tuple(name for name, _ in module.named_parameters())


def _aligner(config: ModelConfig, operators: Operators) -> Aligner:
    assert config.aligner is not None, "only the configuration of an aligner leads here"
    return Aligner(config.text, config.aligner.num_classes, operators)


_OPERATORS: Final[Mapping[Lowering, Callable[[torch.dtype], Operators]]] = {
    "modern": Modern,
    "legacy": Legacy,
    "ort": Ort,
    "cuda": Cuda,
}
_MODULES: Final[Mapping[str, Callable[[ModelConfig, Operators], torch.nn.Module]]] = {
    "encoder": lambda config, operators: Encoder(config.audio, operators),
    "decoder": lambda config, operators: Decoder(config.text, operators),
    "aligner": _aligner,
}


def _example_sizes(config: ModelConfig) -> Mapping[str, int]:
    """Return a size for each dynamic dimension; all differ and none is 1, which torch would take as fixed."""
    return {
        "windows": 2,
        "frames": _EXAMPLE_CHUNKS * config.audio.chunk_frames,
        "tokens": _EXAMPLE_CHUNKS * config.audio.chunk_tokens,
        "batch": 2,
        "sequence": 5,
        "audio_tokens": 7,
        "kv_capacity": 11,
        "slots": 3,
        "scored": 4,
    }


def _dynamic_dims(config: ModelConfig) -> Mapping[str, Any]:
    # The example has to fit; a window of fewer chunks is in the range as well.
    chunks = torch.export.Dim("chunks", min=1, max=max(config.audio.window_chunks, _EXAMPLE_CHUNKS))
    free = ("windows", "batch", "sequence", "audio_tokens", "kv_capacity", "slots", "scored")
    tied = {"frames": config.audio.chunk_frames * chunks, "tokens": config.audio.chunk_tokens * chunks}
    return tied | {name: torch.export.Dim(name) for name in free}


def _example(tensor: TensorSpec, sizes: Mapping[str, int]) -> torch.Tensor:
    shape = [sizes[size] if isinstance(size, str) else size for size in tensor.shape]
    return torch.zeros(shape, dtype=_DTYPES[tensor.dtype])


def _dynamic(tensor: TensorSpec, dims: Mapping[str, Any]) -> dict[int, Any]:
    return {axis: dims[size] for axis, size in enumerate(tensor.shape) if isinstance(size, str)}


def _as_arguments(spec: GraphSpec, values: Sequence[Any]) -> tuple[Any, ...]:
    """Arrange one value per input as the module's arguments: a cache of many tensors comes as one list."""
    is_cache = [tensor.name.startswith("past_") for tensor in spec.inputs]
    if not any(is_cache):
        return tuple(values)
    first, count = is_cache.index(True), sum(is_cache)
    return (*values[:first], list(values[first : first + count]), *values[first + count :])


def _export(
    module: torch.nn.Module, arguments: tuple[Any, ...], shapes: tuple[Any, ...], opset: int
) -> onnx_ir.Model:
    with _quiet():
        program = torch.onnx.export(
            module,
            arguments,
            dynamo=True,
            opset_version=opset,
            dynamic_shapes=shapes,
            optimize=False,
            verbose=False,
        )
        assert program is not None, "torch.onnx.export returns a program when it is given no file"
        model = program.model
        # Fake weights have no values: remove them so that constant folding skips them.
        for initializer in model.graph.initializers.values():
            initializer.const_value = None
        onnxscript.optimizer.optimize_ir(model)
    return model


def _finalize(model: onnx_ir.Model, spec: GraphSpec) -> onnx_ir.Model:
    """Give inputs and outputs their names and shapes; drop everything that describes the tracing machine."""
    graph = model.graph
    _set_signature(graph.inputs, spec.inputs)
    for value, name in zip(graph.outputs[len(spec.outputs) :], spec.inner, strict=True):
        value.name = name
    del graph.outputs[len(spec.outputs) :]
    _set_signature(graph.outputs, spec.outputs)
    ClearMetadataAndDocStringPass()(model)
    _clear_inner_shapes(graph)
    graph.name = spec.name
    model.producer_name = "edge-asr"
    model.producer_version = None
    return model


def _set_signature(values: Sequence[onnx_ir.Value], tensors: Sequence[TensorSpec]) -> None:
    import onnx_ir as ir  # noqa: PLC0415 - annotations alone need it elsewhere

    for value, tensor in zip(values, tensors, strict=True):
        value.name = tensor.name
        value.shape = ir.Shape(tensor.shape)


def _clear_inner_shapes(graph: onnx_ir.Graph) -> None:
    """Drop inferred shapes of inner values: their dimension names are torch's private counters."""
    borders = {id(value) for value in (*graph.inputs, *graph.outputs)}
    for node in graph:
        for value in node.outputs:
            if id(value) not in borders:
                value.shape = None
                value.type = None


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence reports of tracing that a user cannot act on."""
    loggers = [logging.getLogger(name) for name in _NOISY_LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, message=".*LeafSpec.*")
            warnings.filterwarnings("ignore", category=UserWarning, message=".*axis name.*")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)

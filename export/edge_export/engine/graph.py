"""The graphs that engines are built from: signature and files, by precision and lowering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_export import graphs
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.checkpoint import Checkpoint
    from edge_export.config import ModelConfig
    from edge_export.engine.lowering import EngineLowering
    from edge_export.engine.recipe import GraphPrecision
    from edge_export.graphs import GraphSpec


def engine_spec(
    component: str,
    config: ModelConfig,
    precision: GraphPrecision,
    lowering: EngineLowering,
    kv_capacity: int | None = None,
) -> GraphSpec:
    """Return the signature of a graph for an engine; its cache rows are fixed, as in-place updates demand.

    Raises:
        UsageError: this precision or lowering is not built.
    """
    if (precision, lowering) != ("fp32", "modern"):
        raise UsageError(
            f"The {component} graph in {precision}, lowering {lowering}, is not built by this version; "
            f"choose --precision fp32 and a TensorRT that takes the modern lowering."
        )
    if component == "encoder":
        return graphs.encoder_spec(config.audio)
    if component == "aligner":
        return graphs.aligner_spec(config.text)
    assert kv_capacity is not None, "a recipe for a decoder states its cache rows"
    return graphs.decoder_spec(config.text, kv_capacity)


def write_engine_graph(spec: GraphSpec, checkpoint: Checkpoint, folder: Path) -> None:
    """Write a graph and its weights."""
    from edge_export.to_onnx import write_graph  # noqa: PLC0415 - finished stages cost no import of torch

    write_graph(spec, checkpoint.config, checkpoint.weights, folder)

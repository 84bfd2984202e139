"""How far an engine may be from its graph, case by case: three times what half precision costs the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec.structs import replace

if TYPE_CHECKING:
    from pathlib import Path

    from edge_runtime.arrays import Array
    from edge_runtime.bundle.specs import Component, TensorSpec

Outputs = Mapping[str, "Array"]
RunCases = Callable[["Component", "Path"], Mapping[str, Outputs]]
"""Runs all cases of a graph: description, file → case → outputs."""

MIN_TOLERANCES: Final[Mapping[str, tuple[float, float]]] = {
    "fp32": (2e-4, 2e-3),
    "fp16": (0.02, 0.05),
    "bf16": (0.15, 0.4),
    "int8": (0.02, 0.05),
    "int8-w8a8": (0.3, 0.5),
    "int4": (0.02, 0.05),
}
"""Precision of a graph → smallest tolerance: of embeddings, over the largest, and of log-probabilities.

Engine and graph compute the same products from the same codes, so they differ by sums in half precision and,
with quantised activations, by values between two codes. A kernel that reads a wrong row errs by far more.
"""
SPREAD_FACTOR: Final = 3.0
"""Tolerance over spread: an engine rounds at other places, and may err to the other side of float32."""


def case_tolerance(precision: str, expected: Outputs, spread: float) -> float:
    """Return the tolerance of a case.

    Args:
        precision: of the graph.
        expected: outputs of the graph.
        spread: of the graph on the case, see `spreads`.
    """
    embeddings, logprobs = MIN_TOLERANCES[precision]
    if "audio_embeds" in expected:
        embeddings *= float(np.abs(expected["audio_embeds"]).max())
        return max(embeddings, SPREAD_FACTOR * spread)
    return max(logprobs, SPREAD_FACTOR * spread)


def spreads(spec: Component, graph: Path, run_cases: RunCases) -> dict[str, float]:
    """Return case → how far the outputs of a graph in half precision are from its outputs without rounding.

    Codes, scales and weights are those of the graph in both.
    """
    exact, rounded = (_float32_outputs(spec, graph, run_cases, rounds=rounds) for rounds in (False, True))
    return {name: _difference(rounded[name], exact[name]) for name in exact}


def _float32_outputs(
    spec: Component, graph: Path, run_cases: RunCases, *, rounds: bool
) -> Mapping[str, Outputs]:
    from edge_export.graphs.widen import write_float32_graph  # noqa: PLC0415 - a finished stage needs no onnx_ir

    wide = graph.with_name(f"{graph.stem}.float32.onnx")
    write_float32_graph(graph, wide, rounds=rounds)
    try:
        return run_cases(_in_float32(spec), wide)
    finally:
        wide.unlink()


def _difference(actual: Outputs, expected: Outputs) -> float:
    """Return the largest difference of embeddings or log-probabilities."""
    values = [name for name, array in expected.items() if array.dtype.kind == "f"]
    return max(float(np.abs(actual[name] - expected[name]).max(initial=0.0)) for name in values)


def _in_float32(spec: Component) -> Component:
    return replace(spec, inputs=tuple(map(_widened, spec.inputs)), outputs=tuple(map(_widened, spec.outputs)))


def _widened(tensor: TensorSpec) -> TensorSpec:
    return replace(tensor, dtype="float32") if tensor.dtype in ("float16", "bfloat16") else tensor

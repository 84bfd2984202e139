"""GPTQ of every matrix of a plan, in groups whose Hessians fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge_export.quantize.rounding.gptq import Gptq
from edge_export.quantize.rounding.hessian import hessian_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from edge_export.calibration.observed_graphs import ObservedGraphs
    from edge_export.calibration.recordings import Recording
    from edge_export.quantize.activation_scales import Calibration
    from edge_export.quantize.rounding.stored import StoredRounding
    from edge_export.quantize.scheme import QuantizationPlan
    from edge_runtime.arrays import Array

_MEMORY: Final = 2_000_000_000
"""Bytes of Hessians at a time: all 28 layers of the 0.6B decoder. More take another pass of recordings."""
_TABLE: Final = "language_model.embed_tokens.weight"
_EMBEDDING: Final = 0.5
"""Of the mean variance, added to every input of the table: its rows are embeddings too, where all inputs
count alike. On the mini checkpoint it takes back three quarters of what GPTQ adds to the error of the rows,
and the logits are no further off on speech that was not calibrated on."""


def run_gptq(
    graphs: ObservedGraphs,
    recordings: Sequence[Recording],
    calibration: Calibration,
    targets: Sequence[tuple[QuantizationPlan, StoredRounding]],
    dtype: Callable[[str], np.dtype[Any]],
) -> None:
    """Round matrices for one or several plans and store them.

    Args:
        graphs: float graphs; the matrices they observe are rounded.
        recordings: to run through them.
        calibration: smoothing that the matrices get; empty for weights alone.
        targets: plans, and where to store the codes chosen for each.
        dtype: component → type of the scales in its graph.
    """
    for group in memory_groups(graphs.inputs, _MEMORY):
        for name, hessian in graphs.hessians(recordings, group).items():
            matrix = graphs.matrices[name]
            weighted = regularized_hessian(hessian) if name == _TABLE else hessian
            rounding = Gptq({name: smoothed_hessian(weighted, calibration.smoothing.get(name))})
            value = calibration.smoothed(name, matrix.value())
            for plan, store in targets:
                grid = matrix.grid(plan)
                if grid is not None:
                    store.save(name, rounding.quantize(name, value, grid, dtype(matrix.component)))


def regularized_hessian(hessian: Array) -> Array:
    """Return the Hessian of a table that is head and embedding."""
    added = _EMBEDDING * np.diagonal(hessian).mean()
    regularized: Array = hessian + added * np.eye(len(hessian), dtype=hessian.dtype)
    return regularized


def smoothed_hessian(hessian: Array, factors: Array | None) -> Array:
    """Return the Hessian of inputs that a norm has divided by these factors."""
    if factors is None:
        return hessian
    divided: Array = hessian / np.multiply.outer(factors, factors)
    return divided


def memory_groups(inputs: Mapping[str, int], memory: int) -> Iterator[list[str]]:
    """Split matrices, in their order, into groups of one or more whose Hessians fit into memory.

    Args:
        inputs: matrix name → number of its inputs.
        memory: bytes.
    """
    group: list[str] = []
    group_bytes = 0
    for name, num_inputs in inputs.items():
        need = hessian_bytes(num_inputs)
        if group and group_bytes + need > memory:
            yield group
            group, group_bytes = [], 0
        group.append(name)
        group_bytes += need
    if group:
        yield group

"""The ledger that gives back the amounts at the places that are picked, one or several a call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
from onnx import helper

from edge_runtime.arrays import Array
from edge_runtime.bundle.specs import Component, TensorSpec
from tests.support.graphs import TENSOR_SCATTER_OPSET, append_rows, save_graph

_CACHE = ("batch", 1, "kv_capacity", 1)
SCORING_LEDGER = Component(
    graph="ledger.onnx",
    precision="fp32",
    lowering="modern",
    opset=23,
    inputs=(
        TensorSpec(name="amounts", dtype="float32", shape=("batch", "sequence")),
        TensorSpec(name="cache_len", dtype="int64", shape=("batch",)),
        TensorSpec(name="last_index", dtype="int64", shape=("batch", "scored")),
        TensorSpec(name="past_key_0", dtype="float32", shape=_CACHE),
    ),
    outputs=(
        TensorSpec(name="picked", dtype="float32", shape=("batch", "scored")),
        TensorSpec(name="present_key_0", dtype="float32", shape=_CACHE),
    ),
)
"""Writes amounts into the cache from row `cache_len`; gives those at `last_index`."""
ENGINE_SCORING_LEDGER = msgspec.structs.replace(SCORING_LEDGER, opset=TENSOR_SCATTER_OPSET)
"""The same for TensorRT, which updates a cache in place by TensorScatter alone."""


def scoring_ledger(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    """Compute the graph in numpy."""
    amounts, start = inputs["amounts"], int(inputs["cache_len"][0])
    rows = inputs["past_key_0"].copy()
    rows[0, 0, start : start + amounts.shape[1], 0] = amounts[0]
    return {"picked": np.take_along_axis(amounts, inputs["last_index"], 1), "present_key_0": rows}


def save_scoring_ledger(path: Path, component: Component = SCORING_LEDGER) -> Path:
    """Write the graph as ONNX; `component` may fix sizes that `SCORING_LEDGER` leaves open."""
    nodes = [
        helper.make_node("Unsqueeze", ["amounts", "axes"], ["rows"]),
        *append_rows(component.opset, "past_key_0", "rows", "present_key_0"),
        helper.make_node("GatherElements", ["amounts", "last_index"], ["picked"], axis=1),
    ]
    return save_graph(path, component, nodes, {"axes": np.array([1, 3])})

"""A small graph with a cache, once as ONNX and once in numpy, for whatever must hold of every session."""

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
LEDGER = Component(
    graph="ledger.onnx",
    precision="fp32",
    lowering="modern",
    opset=23,
    inputs=(
        TensorSpec(name="amounts", dtype="float32", shape=("batch", "sequence")),
        TensorSpec(name="cache_len", dtype="int64", shape=("batch",)),
        TensorSpec(name="past_key_0", dtype="float32", shape=_CACHE),
    ),
    outputs=(
        TensorSpec(name="total", dtype="float32", shape=()),
        TensorSpec(name="doubled", dtype="float32", shape=("batch", "sequence")),
        TensorSpec(name="present_key_0", dtype="float32", shape=_CACHE),
    ),
)
"""Writes amounts into the cache from row `cache_len`; gives the total of all rows, and twice the amounts."""
ENGINE_LEDGER = msgspec.structs.replace(LEDGER, opset=TENSOR_SCATTER_OPSET)
"""The same for TensorRT, which updates a cache in place by TensorScatter alone."""

CHANGES: tuple[tuple[str, dict[str, object]], ...] = (
    ("inputs", {"name": "sums"}),
    ("inputs", {"dtype": "float16"}),
    ("inputs", {"shape": ("batch",)}),
    ("outputs", {"name": "sum"}),
    ("outputs", {"dtype": "int64"}),
)
"""What a manifest may say of the first tensor of a side that the graph does not."""


def ledger_with(side: str, change: dict[str, object]) -> Component:
    """Describe the graph with its first input or output changed."""
    specs: tuple[TensorSpec, ...] = getattr(LEDGER, side)
    changed = (msgspec.structs.replace(specs[0], **change), *specs[1:])
    return msgspec.structs.replace(LEDGER, **{side: changed})


def mismatch_message(side: str) -> str:
    """Return the pattern of the message that refuses a changed graph by the tensor's name."""
    return f"{side} are not those of the manifest .*'{'amounts|total|sums?'}'"


def ledger(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    """Compute the graph in numpy."""
    amounts, start = inputs["amounts"], int(inputs["cache_len"][0])
    rows = inputs["past_key_0"].copy()
    rows[0, 0, start : start + amounts.shape[1], 0] = amounts[0]
    return {"total": np.float32(rows.sum()), "doubled": 2 * amounts, "present_key_0": rows}


def save_ledger(path: Path, component: Component = LEDGER) -> Path:
    """Write the graph as ONNX; `component` may fix sizes that `LEDGER` leaves open."""
    nodes = [
        helper.make_node("Unsqueeze", ["amounts", "axes"], ["rows"]),
        *append_rows(component.opset, "past_key_0", "rows", "present_key_0"),
        helper.make_node("ReduceSum", ["present_key_0"], ["total"], keepdims=0),
        helper.make_node("Add", ["amounts", "amounts"], ["doubled"]),
    ]
    return save_graph(path, component, nodes, {"axes": np.array([1, 3])})

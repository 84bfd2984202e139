"""The ledger without a cache of its own: it gives new rows, which somebody appends to the old ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import helper

from edge_runtime.arrays import Array
from edge_runtime.backends.session import Binding, Session
from edge_runtime.bundle.specs import Component, TensorSpec
from tests.support.graphs import save_graph

LEGACY_LEDGER = Component(
    graph="ledger.onnx",
    precision="fp32",
    lowering="legacy",
    opset=20,
    inputs=(
        TensorSpec(name="amounts", dtype="float32", shape=("batch", "sequence")),
        TensorSpec(name="cache_len", dtype="int64", shape=("batch",)),
        TensorSpec(name="past_key_0", dtype="float32", shape=("batch", 1, "kv_capacity", 1)),
        TensorSpec(name="past_value_0", dtype="float32", shape=("batch", 1, "kv_capacity", 1)),
    ),
    outputs=(
        TensorSpec(name="totals", dtype="float32", shape=("batch", 2, 1, 1)),
        TensorSpec(name="delta", dtype="float32", shape=("batch", 2, "sequence", 1)),
    ),
)
"""Two rows for each amount, itself and its negative; gives the totals of both, over `cache_len` old and all
new rows."""
ROWS = ("past_key_0", "past_value_0")
"""Inputs that new rows are appended to."""


def bind_legacy(session: Session, batch: int, capacity: int) -> Binding:
    """Bind rows for some sequences."""
    rows = session.allocate_block(ROWS, {"batch": batch, "kv_capacity": capacity})
    return session.bind(rows, on_device=["delta"])


def legacy_ledger(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    """Compute the graph in numpy."""
    amounts, past = inputs["amounts"], np.concatenate([inputs[name] for name in ROWS], axis=1)
    delta = np.stack([amounts, -amounts], axis=1)[..., None]
    is_valid = np.arange(past.shape[2]) < inputs["cache_len"][:, None]
    valid = np.where(is_valid[:, None, :, None], past, 0)
    totals = valid.sum(2, keepdims=True) + delta.sum(2, keepdims=True)
    return {"totals": totals, "delta": delta}


def save_legacy_ledger(path: Path, component: Component = LEGACY_LEDGER) -> Path:
    """Write the graph as ONNX; `component` may fix sizes that `LEGACY_LEDGER` leaves open."""
    node = helper.make_node
    nodes = [
        node("Unsqueeze", ["amounts", "axes_1_3"], ["rows"]),
        node("Neg", ["rows"], ["negative"]),
        node("Concat", ["rows", "negative"], ["delta"], axis=1),
        node("Concat", [*ROWS], ["past"], axis=1),
        node("Shape", ["past"], ["length"], start=2, end=3),
        node("Squeeze", ["length"], ["limit"]),
        node("Range", ["zero", "limit", "one"], ["positions"]),
        node("Unsqueeze", ["cache_len", "axis_1"], ["valid_len"]),
        node("Less", ["positions", "valid_len"], ["is_valid"]),
        node("Unsqueeze", ["is_valid", "axes_1_3"], ["mask"]),
        node("Where", ["mask", "past", "nothing"], ["valid"]),
        node("ReduceSum", ["valid", "axis_2"], ["before"]),
        node("ReduceSum", ["delta", "axis_2"], ["now"]),
        node("Add", ["before", "now"], ["totals"]),
    ]
    constants = {
        "axes_1_3": np.array([1, 3]),
        "axis_1": np.array([1]),
        "axis_2": np.array([2]),
        "zero": np.array(0),
        "one": np.array(1),
        "nothing": np.zeros((), np.float32),
    }
    return save_graph(path, component, nodes, constants)

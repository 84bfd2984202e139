"""Operators of `com.microsoft` in numpy, from ONNX Runtime's documentation (docs/ContribOperators.md)."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx.reference.op_run import OpRun

from edge_runtime.arrays import Array


class QuantizeLinear(OpRun):
    """y = saturate(round(x / y_scale) + y_zero_point), one scale, ties to even."""

    op_domain = "com.microsoft"

    def _run(self, x: Array, scale: Array, zero: Array, **_: Any) -> tuple[Array]:
        limits = np.iinfo(zero.dtype)
        codes = np.rint(x / scale) + zero.astype(np.float32)
        return (np.clip(codes, limits.min, limits.max).astype(zero.dtype),)


class DequantizeLinear(OpRun):
    """y = (x - x_zero_point) * x_scale, one scale."""

    op_domain = "com.microsoft"

    def _run(self, x: Array, scale: Array, zero: Array, **_: Any) -> tuple[Array]:
        return ((x.astype(np.int32) - zero.astype(np.int32)).astype(scale.dtype) * scale,)


class MatMulIntegerToFloat(OpRun):
    """Y = (A - a_zero_point) (B - b_zero_point) * a_scale * b_scale, the integers summed exactly."""

    op_domain = "com.microsoft"

    def _run(
        self, a: Array, b: Array, a_scale: Array, b_scale: Array, a_zero: Array, *rest: Array, **_: Any
    ) -> tuple[Array]:
        assert not rest, "neither a zero point of B nor a bias is used"
        product = np.matmul(a.astype(np.int32) - a_zero.astype(np.int32), b.astype(np.int32))
        return (product.astype(np.float32) * (a_scale * b_scale),)


class FusedMatMul(OpRun):
    """Y = A B, with B transposed."""

    op_domain = "com.microsoft"

    def _run(self, a: Array, b: Array, transB: int = 0, **_: Any) -> tuple[Array]:  # noqa: N803 - ONNX
        return (np.matmul(a, b.T if transB else b),)


class MatMulNBits(OpRun):
    """Y = A dequantised(B)ᵀ; B (N, blocks, bytes) of codes whose middle is zero.

    At accuracy level 4 each block of a row of A is rounded to eight bits first.
    """

    op_domain = "com.microsoft"

    def _run(self, a: Array, b: Array, scales: Array, **attributes: int) -> tuple[Array]:
        bits, block, outputs = (attributes[name] for name in ("bits", "block_size", "N"))
        weights = _codes(b.reshape(outputs, -1), bits).reshape(outputs, -1, block).astype(np.float32)
        weights *= scales.reshape(outputs, -1, 1).astype(np.float32)
        rows = a.astype(np.float32)
        if attributes["accuracy_level"] == 4:
            blocks = rows.reshape(*rows.shape[:-1], -1, block)
            step = np.abs(blocks).max(axis=-1, keepdims=True) / 127
            step = np.where(step > 0, step, 1)
            rows = (np.rint(blocks / step) * step).reshape(rows.shape)
        return (np.matmul(rows, weights.reshape(outputs, -1).T).astype(a.dtype),)


class GatherBlockQuantized(OpRun):
    """Rows of a table of codes whose middle is zero, dequantised with a scale for each block."""

    op_domain = "com.microsoft"

    def _run(self, data: Array, indices: Array, scales: Array, **attributes: int) -> tuple[Array]:
        assert attributes["gather_axis"] == 0
        assert attributes["quantize_axis"] == 1
        codes = _codes(data, attributes["bits"])[indices].astype(scales.dtype)
        return (codes * np.repeat(scales[indices], attributes["block_size"], axis=-1),)


class GroupQueryAttention(OpRun):
    """Causal attention of new rows to a cache, which they join behind the valid rows.

    seqlens_k is the last valid row of each sequence after the call; each adds as many rows.
    """

    op_domain = "com.microsoft"

    def _run(
        self,
        query: Array,
        key: Array,
        value: Array,
        past_key: Array,
        past_value: Array,
        last_rows: Array,
        _total: Array,
        **attributes: int,
    ) -> tuple[Array, Array, Array]:
        num_heads, num_kv_heads = attributes["num_heads"], attributes["kv_num_heads"]
        keys, values = past_key.copy(), past_value.copy()
        y = np.empty_like(query)
        count, size = query.shape[1], query.shape[2] // num_heads
        for sequence, last_row in enumerate(last_rows.tolist()):
            end = last_row + 1
            keys[sequence, :, end - count : end] = _heads(key[sequence], num_kv_heads)
            values[sequence, :, end - count : end] = _heads(value[sequence], num_kv_heads)
            seen = np.arange(end) <= np.arange(end - count, end)[:, None]
            for head, q in enumerate(_heads(query[sequence], num_heads)):
                group = head // (num_heads // num_kv_heads)
                scores = np.matmul(q.astype(np.float32), keys[sequence, group, :end].astype(np.float32).T)
                scores = np.where(seen, scores / np.sqrt(size), -np.inf)
                weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
                weights /= weights.sum(axis=-1, keepdims=True)
                attended = np.matmul(weights, values[sequence, group, :end].astype(np.float32))
                y[sequence, :, head * size : (head + 1) * size] = attended
        return y, keys, values


class GatherElements(OpRun):
    """The standard operator; that of onnx 1.23 takes no negative axis."""

    op_domain = ""

    def _run(self, data: Array, indices: Array, axis: int = 0, **_: Any) -> tuple[Array]:
        return (np.take_along_axis(data, indices, axis),)


class ScatterElements(OpRun):
    """The standard operator; that of onnx 1.23 takes no negative axis."""

    op_domain = ""

    def _run(self, data: Array, indices: Array, updates: Array, axis: int = 0, **_: Any) -> tuple[Array]:
        result = data.copy()
        np.put_along_axis(result, indices, updates, axis)
        return (result,)


def _heads(rows: Array, num_heads: int) -> Array:
    """Map (S, heads × D) to (heads, S, D)."""
    return rows.reshape(len(rows), num_heads, -1).transpose(1, 0, 2)


def _codes(packed: Array, bits: int) -> Array:
    """Map bytes (N, K × bits / 8) to signed codes int16 (N, K)."""
    codes = packed.astype(np.int16)
    if bits == 4:
        codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(len(codes), -1)
    return codes - (1 << (bits - 1))


REFERENCE_OPERATORS = [
    QuantizeLinear,
    DequantizeLinear,
    MatMulIntegerToFloat,
    FusedMatMul,
    MatMulNBits,
    GatherBlockQuantized,
    GroupQueryAttention,
    GatherElements,
    ScatterElements,
]

"""About how much memory a bundle takes to run, from its manifest alone."""

from __future__ import annotations

from typing import Final

from edge_runtime.bundle.manifest import Manifest
from edge_runtime.model.io_memory import io_bytes, mirror_bytes

_GPU_BASE: Final = 0.6e9
"""CUDA context, TensorRT, activations of a short call."""
_CPU_BASE: Final = 0.25e9
"""Interpreter, ONNX Runtime, activations of a call."""
_CPU_WEIGHTS: Final = 1.1
"""Packed matrices beside those of the file."""
_ROWS: Final = 60 * (13 + 8)
"""Cache rows of a minute of speech and its text, where the graph does not fix them."""
_BYTES: Final = {"float32": 4, "float16": 2, "bfloat16": 2}


def memory_need(manifest: Manifest, *, shares_memory: bool = False) -> int:
    """Return bytes for weights, cache, buffers and libraries; an estimate, for recordings up to a minute.

    Args:
        manifest: of the bundle.
        shares_memory: whether the GPU uses the host's memory, which then holds the pinned mirrors too.
    """
    graphs = sum(
        entry.bytes
        for name, entry in manifest.files.items()
        if any(name.startswith(component.graph) for component in manifest.components.values())
    )
    if manifest.target == "ort-cpu":
        return round(_CPU_BASE + _CPU_WEIGHTS * graphs + _cache_bytes(manifest))
    buffers = _buffer_bytes(manifest, shares_memory=shares_memory)
    return round(_GPU_BASE + graphs + _cache_bytes(manifest) + buffers)


def _buffer_bytes(manifest: Manifest, *, shares_memory: bool) -> int:
    """Return inputs and outputs of the engines, which are allocated at the largest shapes."""
    total = 0
    for component in manifest.components.values():
        if component.engine is not None and component.engine.profiles:
            tensors, profiles = (*component.inputs, *component.outputs), component.engine.profiles
            total += io_bytes(tensors, profiles)
            total += mirror_bytes(tensors, profiles) if shares_memory else 0
    return total


def _cache_bytes(manifest: Manifest) -> int:
    """Return keys and values of all sequences that are decoded together."""
    decoder = manifest.decoder
    if decoder is None:
        return 0
    row = 2 * decoder.num_layers * decoder.num_kv_heads * decoder.head_dim * _BYTES[decoder.kv_dtype]
    return row * (decoder.kv_capacity or _ROWS) * _max_batch(manifest)


def _max_batch(manifest: Manifest) -> int:
    """Return how many sequences an engine holds; 1 for graphs, whose batch the caller chooses."""
    component = manifest.components.get("decoder")
    profiles = component.engine.profiles if component is not None and component.engine is not None else ()
    return max((profile.dims["batch"].max for profile in profiles if "batch" in profile.dims), default=1)

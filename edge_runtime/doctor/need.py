"""About how much memory a bundle takes to run, from its manifest alone."""

from __future__ import annotations

from typing import Final

from edge_runtime.bundle.manifest import Manifest

_GPU_BASE: Final = 0.6e9
"""CUDA context, TensorRT, activations of a short call."""
_CPU_BASE: Final = 0.25e9
"""Interpreter, ONNX Runtime, activations of a call."""
_CPU_WEIGHTS: Final = 1.1
"""Packed matrices beside those of the file."""
_ROWS: Final = 60 * (13 + 8)
"""Cache rows of a minute of speech and its text, where the graph does not fix them."""
_BYTES: Final = {"float32": 4, "float16": 2, "bfloat16": 2}


def memory_need(manifest: Manifest) -> int:
    """Return bytes for weights, a cache and the libraries; an estimate, for recordings up to a minute."""
    graphs = sum(
        entry.bytes
        for name, entry in manifest.files.items()
        if any(name.startswith(component.graph) for component in manifest.components.values())
    )
    if manifest.target == "ort-cpu":
        return round(_CPU_BASE + _CPU_WEIGHTS * graphs + _cache_bytes(manifest))
    return round(_GPU_BASE + graphs + _cache_bytes(manifest))


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

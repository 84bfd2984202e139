"""Memory of a build, estimated before it starts, and of the engines at run time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from edge_export.checkpoint.tensor_names import expected_shapes
from edge_export.engine.recipes.profiles import engine_profiles
from edge_runtime.model.io_memory import io_bytes, mirror_bytes

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.engine.builder.lowering import EngineLowering
    from edge_export.engine.recipes.recipe import ModelRecipe, Recipe
    from edge_export.graphs.export_config import ExportConfig
    from edge_export.quantize.plans import GraphPrecision
    from edge_runtime.backends.cuda.runtime import CudaDevice

BYTES_PER_WEIGHT: Final[Mapping[GraphPrecision, float]] = {
    "fp32": 4.0,
    "fp16": 2.0,
    "bf16": 2.0,
    "int8": 1.0,
    "int8-w8a8": 1.0,
    # Half a byte, and a 16-bit scale for each block of 128.
    "int4": 0.5 + 2 / 128,
}

_BUILD_BASE: Final = 1.0e9
_BUILD_FACTOR: Final = 3.5
"""Peak of a builder: the least line over six builds of TensorRT-RTX 1.7.1 for one GPU.

Weights → peak in GB: 0.31 → 1.9, 0.60 → 2.7, 1.19 → 5.1 and, streamed, 4.0, 1.72 → 6.2, 3.44 → 11.0.
"""
_INTEGRATED: Final = frozenset({"7.2", "8.7", "11.0", "12.1"})
"""Compute capabilities of Xavier, Orin, Thor and GB10."""
CONTEXT_BYTES: Final = 0.5e9
"""CUDA context, kernels and the library itself; once a process."""
_KERNELS: Final = 1.05
"""Engine over its weights: 1231 MB for 1192 MB of 0.6B in fp16, with two profiles."""
_PROFILE: Final = 18e6
"""Kernels of a further profile, at most: 18 MB between prompts and steps of 28 layers, 4 to 5 between steps
that read other numbers of rows (`bench/results/step-bytes-2026-11-30.md`). Activations are not in it: all
contexts of a stream share the scratch memory of the largest profile."""


def weights_per_component(config: ModelConfig) -> Mapping[str, int]:
    """Return how many weights the graphs of a checkpoint hold."""
    head = "decoder" if config.kind == "asr" else "aligner"
    counts: Counter[str] = Counter()
    for name, shape in expected_shapes(config).items():
        is_audio = ".audio_tower." in name or ".multi_modal_projector." in name
        counts["encoder" if is_audio else head] += math.prod(shape)
    return counts


def graph_bytes(
    config: ModelConfig, precisions: Mapping[str, GraphPrecision], lowering: EngineLowering = "modern"
) -> Mapping[str, int]:
    """Return the approximate size of the weight file of each component."""
    counts = weights_per_component(config)
    sizes = {name: count * BYTES_PER_WEIGHT[precisions[name]] for name, count in counts.items()}
    if lowering == "legacy":
        # The table of tokens keeps eight bits there (`legacy_overrides`).
        table = config.text.vocab_size * config.text.hidden_size
        for name in (each for each in counts if precisions[each] == "int4"):
            sizes[name] += table * (BYTES_PER_WEIGHT["int8"] - BYTES_PER_WEIGHT["int4"])
    return {name: round(size) for name, size in sizes.items()}


def build_memory(
    config: ModelConfig, precisions: Mapping[str, GraphPrecision], lowering: EngineLowering = "modern"
) -> int:
    """Return the bytes that building needs at its peak; components are built one after the other."""
    return round(_BUILD_BASE + _BUILD_FACTOR * max(graph_bytes(config, precisions, lowering).values()))


def has_shared_memory(gpu: CudaDevice) -> bool:
    """Return whether a GPU uses the host's memory, so that a build takes from the same bytes as engines."""
    return gpu.compute_capability in _INTEGRATED


def run_memory(
    config: ModelConfig, chosen: ModelRecipe, export: ExportConfig, *, shares_memory: bool = False
) -> int:
    """Return about how many bytes the engines need at run time.

    Weights, kernels, cache, activations, inputs and outputs, and the CUDA context.

    Args:
        config: geometry of the checkpoint.
        chosen: the recipe's part for the model.
        export: of the graphs.
        shares_memory: whether the GPU uses the host's memory, which then holds the pinned mirrors too.
    """
    weights = _KERNELS * sum(graph_bytes(config, export.components, _lowering(export)).values())
    kernels = _profile_bytes(config, chosen)
    buffers = buffer_bytes(config, chosen, export, shares_memory=shares_memory)
    working = _activation_bytes(config, chosen, export)
    return round(weights + kernels + _cache_bytes(config, chosen) + working + buffers + CONTEXT_BYTES)


def buffer_bytes(
    config: ModelConfig, chosen: ModelRecipe, export: ExportConfig, *, shares_memory: bool = False
) -> int:
    """Return the bytes of all engines' inputs and outputs; see `run_memory`."""
    total = 0
    for component in chosen.profiles:
        spec = export.spec(component, config)
        profiles = engine_profiles(component, chosen, config)
        tensors = (*spec.inputs, *spec.outputs)
        total += io_bytes(tensors, profiles) + (mirror_bytes(tensors, profiles) if shares_memory else 0)
    return total


def together(needs: Sequence[int]) -> int:
    """Return the bytes that several models need in one process, which has one CUDA context for all."""
    return sum(needs) - (len(needs) - 1) * round(CONTEXT_BYTES)


def available(recipe: Recipe) -> int:
    """Return the bytes of a device class that engines may use."""
    return round((recipe.memory_gb - recipe.reserved_gb) * 1e9)


def cache_row_bytes(config: ModelConfig) -> int:
    """Return the bytes of keys and values of one token in 16 bits, over all layers."""
    return 2 * config.text.num_layers * config.text.num_kv_heads * config.text.head_dim * 2


def _profile_bytes(config: ModelConfig, chosen: ModelRecipe) -> float:
    """Kernels of a decoder's profiles beyond the two that `_KERNELS` has."""
    if config.kind != "asr":
        return 0.0
    profiles = engine_profiles("decoder", chosen, config)
    return _PROFILE * max(0, len(profiles) - 2)


def _cache_bytes(config: ModelConfig, chosen: ModelRecipe) -> int:
    """Keys and values of the largest batch, allocated for the largest bucket."""
    batches = (profile.batch[2] for profile in chosen.profiles.get("decoder", {}).values() if profile.batch)
    return cache_row_bytes(config) * (chosen.kv_capacity or 0) * max(batches, default=0)


def _activation_bytes(config: ModelConfig, chosen: ModelRecipe, export: ExportConfig) -> int:
    """Working sets of the engines: each session keeps its own from one call to the next."""
    head = "decoder" if config.kind == "asr" else "aligner"
    return _encoder_bytes(config, chosen, export) + _text_bytes(config, chosen, head)


def _encoder_bytes(config: ModelConfig, chosen: ModelRecipe, export: ExportConfig) -> int:
    audio, width = config.audio, 2 if export.dtype("encoder") == "float16" else 4
    peaks = [0]
    for profile in chosen.profiles["encoder"].values():
        assert profile.windows is not None, "checked by recipe_check"
        assert profile.frames is not None, "as above"
        # The first convolution halves mel bins and frames; its input and output are alive together with it.
        pixels = profile.frames[2] * audio.num_mel_bins // 4
        peaks.append(width * 2 * profile.windows[2] * audio.conv_channels * pixels)
    return max(peaks)


def _text_bytes(config: ModelConfig, chosen: ModelRecipe, head: str) -> int:
    """Return the largest working set if the scores of every head are in memory, in float32."""
    text = config.text
    peaks = [0]
    for profile in chosen.profiles[head].values():
        assert profile.batch is not None, "checked by recipe_check"
        assert profile.sequence is not None, "as above"
        rows = profile.batch[2] * profile.sequence[2]
        keys = chosen.kv_capacity or profile.sequence[2]
        per_row = 2 * text.num_heads * keys + 4 * text.intermediate_size + 4 * text.hidden_size
        scored = profile.batch[2] * (profile.scored or (1, 1, 1))[2]
        peaks.append(4 * rows * per_row + 4 * 2 * scored * text.vocab_size)
    return max(peaks)


def _lowering(export: ExportConfig) -> EngineLowering:
    return "legacy" if export.lowering == "legacy" else "modern"

"""Lower bounds of times from the bytes to read and the operations to do: projected, not measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from edge_bench.roofline.device_spec import DeviceSpec
from edge_bench.roofline.model_shape import TOKENS_PER_S, ModelShape
from edge_runtime.arrays import Milliseconds, Seconds

Precision = Literal["fp16", "int8", "int8-w8a8", "int4"]

PROMPT_TOKENS: Final = 15
"""Tokens of the prompt around the audio."""

_CACHE_BYTES: Final = 2
_SCALE_BITS: Final = 16
_BLOCK: Final = 128
_WEIGHT_BITS: Final[Mapping[Precision, float]] = {
    "fp16": 16,
    "int8": 8,
    "int8-w8a8": 8,
    "int4": 4 + _SCALE_BITS / _BLOCK,
}


@dataclass(frozen=True, slots=True)
class Workload:
    """The recording, its transcript, and the KV cache.

    Attributes:
        audio_s: length of the recording.
        num_tokens: length of its transcript.
        kv_capacity: cache rows that a step reads, used or not: those of the engine's bucket.
    """

    audio_s: Seconds
    num_tokens: int
    kv_capacity: int


@dataclass(frozen=True, slots=True)
class Efficiency:
    """The share of a device's ceilings that is reached."""

    bandwidth: float = 1.0
    compute: float = 1.0


@dataclass(frozen=True, slots=True)
class Projection:
    """Projected times.

    Attributes:
        encoder_ms: all windows of the recording.
        prefill_ms: the whole prompt.
        step_ms: one token.
        rtf: encoder, prefill and steps / length of the recording, without decoding, features and copies.
    """

    encoder_ms: Milliseconds
    prefill_ms: Milliseconds
    step_ms: Milliseconds
    rtf: float


def project(
    model: ModelShape, gpu: DeviceSpec, precision: Precision, work: Workload, efficiency: Efficiency
) -> Projection:
    """Project the times of one recording; every stage is bound by memory or by arithmetic."""
    read_s = 1 / (gpu.bandwidth_gb_s * 1e9 * efficiency.bandwidth)
    operations = gpu.int8_tops if precision == "int8-w8a8" else gpu.fp16_tflops
    half_s, compute_s = (1 / (rate * 1e12 * efficiency.compute) for rate in (gpu.fp16_tflops, operations))
    # Recipes keep the encoder in half precision, whatever the precision of the decoder.
    encoder_s = model.encoder.operations_per_s() * work.audio_s * half_s
    decoder = model.decoder
    weights_s = step_bytes(model, precision, 0) * read_s
    prompt = TOKENS_PER_S * work.audio_s + PROMPT_TOKENS
    prefill_s = max(weights_s, 2 * decoder.layer_weights() * prompt * compute_s)
    step_s = step_bytes(model, precision, work.kv_capacity) * read_s
    total_s = encoder_s + prefill_s + work.num_tokens * step_s
    return Projection(1e3 * encoder_s, 1e3 * prefill_s, 1e3 * step_s, total_s / work.audio_s)


def step_bytes(model: ModelShape, precision: Precision, kv_capacity: int) -> float:
    """Return how many bytes one decoding step reads: every weight, and every row of the cache."""
    decoder = model.decoder
    weights = decoder.layer_weights() + decoder.table_weights()
    cache = decoder.cache_row_values() * kv_capacity * _CACHE_BYTES
    return weights * _WEIGHT_BITS[precision] / 8 + cache

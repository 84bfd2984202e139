"""What the manifest says of a checkpoint's graphs: components, geometry, limits of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from edge_runtime.bundle.manifest import Limits, Target
from edge_runtime.bundle.specs import Component, DecoderSpec, EncoderSpec

if TYPE_CHECKING:
    from edge_export.checkpoint.config import AudioConfig, ModelConfig, TextConfig
    from edge_export.graphs.export_config import ExportConfig

MAX_AUDIO_S: Final = 1200.0
"""Longest clip the official package feeds in one piece."""
MAX_ALIGNED_S: Final = 10_800.0
"""Longest recording the aligner takes, window by window; its samples, 64 kB a second, stay in memory."""
PREFILL_CHUNK: Final = 256
"""As fast as longer pieces on two cores (0.6B shapes, 60 s of audio), at less memory."""
ENCODER_BATCH: Final = 1
"""Windows of 8 s at once: four are no faster on two cores and take 300 MB more. Engines have profiles."""
_ENCODER_BATCHES: Final[Mapping[Target, int]] = {"ort-cuda": 8}
"""On a GPU: 20 minutes are 150 windows, and one alone does not fill it."""


def components(config: ModelConfig, export: ExportConfig) -> dict[str, Component]:
    """Describe the graphs."""
    return {spec.name: spec.component(export.components[spec.name]) for spec in export.specs(config)}


def limits(config: ModelConfig, target: Target = "ort-cpu") -> Limits:
    """Return the limits of one request on a target; engines are bounded by their profiles besides.

    As many tokens can be generated as the decoder has positions for, the prompt's taken off. The official
    package's default, 4096, would end twenty minutes of Greek after six.
    """
    transcribes = config.kind == "asr"
    return Limits(
        max_audio_s=MAX_AUDIO_S if transcribes else MAX_ALIGNED_S,
        max_positions=config.text.max_positions,
        max_new_tokens=config.text.max_positions if transcribes else 0,
        prefill_chunk=PREFILL_CHUNK if transcribes else 0,
        encoder_batch=_ENCODER_BATCHES.get(target, ENCODER_BATCH),
    )


def encoder_geometry(audio: AudioConfig) -> EncoderSpec:
    """Describe the encoder to the runtime."""
    return EncoderSpec(
        chunk_frames=audio.chunk_frames,
        chunk_tokens=audio.chunk_tokens,
        window_frames=audio.window_frames,
        hidden_size=audio.d_model,
        output_size=audio.output_dim,
    )


def decoder_geometry(text: TextConfig, export: ExportConfig) -> DecoderSpec:
    """Describe the decoder and its cache to the runtime."""
    return DecoderSpec(
        num_layers=text.num_layers,
        num_heads=text.num_heads,
        num_kv_heads=text.num_kv_heads,
        head_dim=text.head_dim,
        hidden_size=text.hidden_size,
        vocab_size=text.vocab_size,
        kv_dtype=export.kv_dtype,
        kv_capacity=export.kv_capacity if isinstance(export.kv_capacity, int) else None,
    )

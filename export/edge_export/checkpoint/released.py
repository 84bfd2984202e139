"""Geometry of the released models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from edge_export.checkpoint.config import AlignerConfig, AudioConfig, ModelConfig, TextConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT_06B: Final = TextConfig(
    hidden_size=1024,
    num_layers=28,
    num_heads=16,
    num_kv_heads=8,
    head_dim=128,
    intermediate_size=3072,
    vocab_size=151936,
    max_positions=65536,
    rope_theta=1_000_000.0,
    rms_norm_eps=1e-6,
)
_AUDIO_06B: Final = AudioConfig(
    d_model=896,
    num_layers=18,
    num_heads=14,
    ffn_dim=3584,
    output_dim=1024,
    num_mel_bins=128,
    conv_channels=480,
    chunk_frames=100,
    window_frames=800,
)
RELEASED: Final[Mapping[str, tuple[AudioConfig, TextConfig]]] = {
    "0.6b": (_AUDIO_06B, _TEXT_06B),
    "1.7b": (
        replace(_AUDIO_06B, d_model=1024, num_layers=24, num_heads=16, ffn_dim=4096, output_dim=2048),
        replace(_TEXT_06B, hidden_size=2048, intermediate_size=6144),
    ),
    # The large encoder with a narrow output, and an embedding that is not tied to the head.
    "aligner": (
        replace(_AUDIO_06B, d_model=1024, num_layers=24, num_heads=16, ffn_dim=4096),
        replace(_TEXT_06B, vocab_size=152064, max_positions=8192),
    ),
}
RELEASED_CLASSES: Final = 5000
_BIN_MS: Final = 80.0


def released_config(name: str) -> ModelConfig:
    """Return the configuration of a released model, as far as its geometry goes; its ids are left out."""
    audio, text = RELEASED[name]
    is_aligner = name == "aligner"
    return ModelConfig(
        layout="hf",
        kind="aligner" if is_aligner else "asr",
        architecture="released",
        audio=audio,
        text=text,
        audio_token_id=0,
        eos_ids=(),
        languages=(),
        aligner=AlignerConfig(RELEASED_CLASSES, _BIN_MS, None) if is_aligner else None,
    )

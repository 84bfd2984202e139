"""Numbers of weights and operations of the released models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TOKENS_PER_S: Final = 13
_FRAMES_PER_S: Final = 100
_KERNEL: Final = 9
_WINDOW_TOKENS: Final = 104
_MEL_BINS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderShape:
    """The audio encoder; names as in the checkpoint's `audio_config`."""

    d_model: int
    encoder_layers: int
    encoder_ffn_dim: int
    downsample_hidden_size: int
    output_dim: int

    def operations_per_s(self) -> float:
        """Return multiplications and additions for one second of audio; 9.03e9 for 0.6B."""
        return self._stem_operations() + 2 * TOKENS_PER_S * (self._matrix_weights() + self._attention())

    def _stem_operations(self) -> float:
        """Count three convolutions, each of which halves frequency and time, rounding up."""
        bins, frames, inputs, total = _MEL_BINS, _FRAMES_PER_S, 1, 0.0
        for _ in range(3):
            bins, frames = -(-bins // 2), -(-frames // 2)
            total += 2.0 * bins * frames * _KERNEL * inputs * self.downsample_hidden_size
            inputs = self.downsample_hidden_size
        return total

    def _matrix_weights(self) -> int:
        width = self.d_model
        stem = self.downsample_hidden_size * _MEL_BINS // 8 * width
        layers = self.encoder_layers * (4 * width**2 + 2 * width * self.encoder_ffn_dim)
        return stem + layers + width**2 + width * self.output_dim

    def _attention(self) -> int:
        return 2 * self.encoder_layers * _WINDOW_TOKENS * self.d_model


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderShape:
    """The text decoder; names as in the checkpoint's `text_config`."""

    hidden_size: int
    num_hidden_layers: int
    intermediate_size: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    vocab_size: int

    def layer_weights(self) -> int:
        """Return the number of weights of all layers; every token takes two operations with each."""
        heads = 2 * self.num_attention_heads + 2 * self.num_key_value_heads
        layer = self.hidden_size * (heads * self.head_dim + 3 * self.intermediate_size)
        return self.num_hidden_layers * layer

    def table_weights(self) -> int:
        """Return the number of weights of the embedding table, which is the head as well."""
        return self.vocab_size * self.hidden_size

    def cache_row_values(self) -> int:
        """Return the number of values in one row of the KV cache, over all layers."""
        return 2 * self.num_hidden_layers * self.num_key_value_heads * self.head_dim


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Encoder and decoder of one model."""

    encoder: EncoderShape
    decoder: DecoderShape


MODELS: Final[Mapping[str, ModelShape]] = {
    "0.6b": ModelShape(
        EncoderShape(
            d_model=896,
            encoder_layers=18,
            encoder_ffn_dim=3584,
            downsample_hidden_size=480,
            output_dim=1024,
        ),
        DecoderShape(
            hidden_size=1024,
            num_hidden_layers=28,
            intermediate_size=3072,
            num_attention_heads=16,
            num_key_value_heads=8,
            head_dim=128,
            vocab_size=151_936,
        ),
    ),
    "1.7b": ModelShape(
        EncoderShape(
            d_model=1024,
            encoder_layers=24,
            encoder_ffn_dim=4096,
            downsample_hidden_size=480,
            output_dim=2048,
        ),
        DecoderShape(
            hidden_size=2048,
            num_hidden_layers=28,
            intermediate_size=6144,
            num_attention_heads=16,
            num_key_value_heads=8,
            head_dim=128,
            vocab_size=151_936,
        ),
    ),
}
"""Source: `config.json` of Qwen3-ASR-0.6B-hf and Qwen3-ASR-1.7B-hf."""

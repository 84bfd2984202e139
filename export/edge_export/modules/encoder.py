"""The audio encoder as a batch of independent windows.

Attention never leaves an 8 s window, so windows are a batch dimension and one key mask replaces a T × T mask.

Source: `Qwen3ASREncoder` and `Qwen3ASRMultiModalProjector` of transformers 5.23.0 (windowed semantics, last
chunk zero-padded, exact GELU).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import nn
from torch.nn import functional

from edge_export.modules.linear import Linear

if TYPE_CHECKING:
    from edge_export.checkpoint.config import AudioConfig
    from edge_export.modules.operators import Operators

_MAX_FLOAT16: Final = torch.finfo(torch.float16).max - 1000
"""Bound of a layer's results in float16.

Source: `Qwen3ASRAudioEncoderLayer.forward` of transformers 5.23.0.
"""


class EncoderAttention(nn.Module):
    """Bidirectional attention inside a window; queries, keys and values from one product."""

    def __init__(self, config: AudioConfig, operators: Operators) -> None:
        super().__init__()
        self.operators = operators
        self.num_heads = config.num_heads
        self.head_dim = config.head_dim
        self.qkv_proj = Linear(config.d_model, 3 * config.d_model, bias=True, dtype=operators.dtype)
        self.out_proj = Linear(config.d_model, config.d_model, bias=True, dtype=operators.dtype)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Attend; x (W, N, d_model), mask (W, 1, N, N) bool, True where a key counts."""
        num_windows, num_tokens, _ = x.shape
        qkv = self.qkv_proj(x).reshape(num_windows, num_tokens, 3 * self.num_heads, self.head_dim)
        q, k, v = qkv.split(self.num_heads, dim=2)
        attended: torch.Tensor = self.out_proj(self.operators.attend(q, k, v, mask))
        return attended


class EncoderLayer(nn.Module):
    """Pre-norm transformer layer; residual sums are float32."""

    def __init__(self, config: AudioConfig, operators: Operators) -> None:
        super().__init__()
        self.self_attn_layer_norm = nn.LayerNorm(config.d_model)
        self.self_attn = EncoderAttention(config, operators)
        self.final_layer_norm = nn.LayerNorm(config.d_model)
        self.fc1 = Linear(config.d_model, config.ffn_dim, bias=True, dtype=operators.dtype)
        self.fc2 = Linear(config.ffn_dim, config.d_model, bias=True, dtype=operators.dtype)
        self.clamps = operators.dtype == torch.float16

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Map (W, N, d_model), float32, to the same shape and dtype."""
        x = x + self.self_attn(self.self_attn_layer_norm(x), mask).to(x.dtype)
        mapped: torch.Tensor = self.fc2(functional.gelu(self.fc1(self.final_layer_norm(x))))
        x = x + mapped.to(x.dtype)
        return x.clamp(-_MAX_FLOAT16, _MAX_FLOAT16) if self.clamps else x


class AudioTower(nn.Module):
    """Convolutions per chunk, then the transformer over windows."""

    def __init__(self, config: AudioConfig, operators: Operators) -> None:
        super().__init__()
        channels, dtype = config.conv_channels, operators.conv_dtype
        self.config = config
        self.conv2d1 = nn.Conv2d(1, channels, 3, 2, padding=1, dtype=dtype)
        self.conv2d2 = nn.Conv2d(channels, channels, 3, 2, padding=1, dtype=dtype)
        self.conv2d3 = nn.Conv2d(channels, channels, 3, 2, padding=1, dtype=dtype)
        self.conv_out = Linear(config.conv_features, config.d_model, bias=False, dtype=operators.dtype)
        self.positions = nn.Parameter(torch.empty(config.chunk_tokens, config.d_model))
        self.layers = nn.ModuleList(EncoderLayer(config, operators) for _ in range(config.num_layers))
        self.ln_post = nn.LayerNorm(config.d_model)

    def forward(self, mel_windows: torch.Tensor, key_mask: torch.Tensor) -> torch.Tensor:
        """Map mel windows (W, F, T) to (W, N, d_model), float32."""
        num_windows, num_tokens = key_mask.shape
        x = self._convolve(mel_windows.to(self.conv2d1.weight.dtype)).to(torch.float32)
        # Positions restart in every chunk: the encoder knows no position beyond one second.
        x = (x + self.positions).reshape(num_windows, num_tokens, self.config.d_model)
        mask = key_mask[:, None, None, :].expand(num_windows, 1, num_tokens, num_tokens)
        for layer in self.layers:
            x = layer(x, mask)
        normed: torch.Tensor = self.ln_post(x)
        return normed

    def _convolve(self, mel_windows: torch.Tensor) -> torch.Tensor:
        """Map (W, F, T) to one row per token, chunk by chunk: (W × chunks, chunk_tokens, d_model)."""
        num_windows, num_bins, num_frames = mel_windows.shape
        chunk_frames = self.config.chunk_frames
        chunks = mel_windows.reshape(num_windows, num_bins, num_frames // chunk_frames, chunk_frames)
        x = chunks.transpose(1, 2).reshape(-1, 1, num_bins, chunk_frames)
        for conv in (self.conv2d1, self.conv2d2, self.conv2d3):
            x = functional.gelu(conv(x))
        # Features are flattened channel-major, as the checkpoint's projection expects.
        x = x.permute(0, 3, 1, 2).reshape(-1, self.config.chunk_tokens, self.config.conv_features)
        projected: torch.Tensor = self.conv_out(x)
        return projected


class Projector(nn.Module):
    """Encoder width to decoder width."""

    def __init__(self, config: AudioConfig, operators: Operators) -> None:
        super().__init__()
        self.linear_1 = Linear(config.d_model, config.d_model, bias=True, dtype=operators.dtype)
        self.linear_2 = Linear(config.d_model, config.output_dim, bias=True, dtype=operators.dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (…, d_model) to (…, output_dim)."""
        projected: torch.Tensor = self.linear_2(functional.gelu(self.linear_1(x)))
        return projected


class Encoder(nn.Module):
    """The whole encoder graph."""

    def __init__(self, config: AudioConfig, operators: Operators) -> None:
        super().__init__()
        self.audio_tower = AudioTower(config, operators)
        self.multi_modal_projector = Projector(config, operators)

    def forward(self, mel_windows: torch.Tensor, key_mask: torch.Tensor) -> torch.Tensor:
        """Encode windows.

        Args:
            mel_windows: log-mel, shape (W, F, T), T a multiple of the chunk, zero-padded.
            key_mask: True for tokens of audio, shape (W, N), N = chunk_tokens × T / chunk_frames.

        Returns:
            Audio embeddings, shape (W, N, H), float32; rows whose key_mask is False mean nothing.
        """
        embeddings: torch.Tensor = self.multi_modal_projector(self.audio_tower(mel_windows, key_mask))
        # The decoder's residual stream begins with them, and it is float32 in every compute dtype.
        return embeddings.to(torch.float32)

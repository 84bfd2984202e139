"""Which checkpoint tensors make a graph parameter: fused, transposed, or computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from edge_export.checkpoint.tensor_names import CLASSIFIER, HEAD
from edge_export.modules.linear import Linear

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.weights import Weights

_FUSED: Final[Mapping[str, tuple[str, ...]]] = {
    "qkv_proj": ("q_proj", "k_proj", "v_proj"),
    "gate_up_proj": ("gate_proj", "up_proj"),
}
_MAX_TIMESCALE: Final = 10_000.0


def parameter(module: torch.nn.Module, name: str, weights: Weights, config: ModelConfig) -> torch.Tensor:
    """Return the float32 value of one graph parameter; reads only the tensors behind it."""
    if name in _COMPUTED:
        return _COMPUTED[name](config)
    owner, _, leaf = name.rpartition(".")
    tensors = [weights.read(source).to(torch.float32) for source in sources(name)]
    value = tensors[0] if len(tensors) == 1 else torch.cat(tensors)
    transposed = leaf == "weight" and isinstance(module.get_submodule(owner), Linear)
    return value.t().contiguous() if transposed else value.contiguous()


def sources(name: str) -> tuple[str, ...]:
    """Return the -hf names of the checkpoint tensors behind a graph parameter, in stacking order."""
    if name in (CLASSIFIER, HEAD):
        return (name,)
    for fused, parts in _FUSED.items():
        if f".{fused}." in name:
            return tuple("model." + name.replace(f".{fused}.", f".{part}.") for part in parts)
    return () if name in _COMPUTED else ("model." + name,)


def _sinusoids(config: ModelConfig) -> torch.Tensor:
    """Return the encoder's positions, shape (chunk_tokens, d_model): sines, then cosines.

    Source: `SinusoidsPositionEmbedding` of transformers 5.23.0, to the bit.
    """
    half = config.audio.d_model // 2
    increment = float(np.log(_MAX_TIMESCALE)) / (half - 1)
    timescales = torch.exp(-increment * torch.arange(half).float())
    angles = torch.arange(config.audio.chunk_tokens)[:, None] * timescales[None, :]
    return torch.cat([torch.sin(angles), torch.cos(angles)], dim=1)


def _inverse_frequencies(config: ModelConfig) -> torch.Tensor:
    """Return the rotary frequencies, shape (head_dim / 2).

    Source: `Qwen3RotaryEmbedding` of transformers 5.23.0, to the bit.
    """
    size = config.text.head_dim
    exponents = torch.arange(0, size, 2, dtype=torch.float32) / size
    inverse: torch.Tensor = 1.0 / (config.text.rope_theta**exponents)
    return inverse


_COMPUTED: Final[Mapping[str, Callable[[ModelConfig], torch.Tensor]]] = {
    "audio_tower.positions": _sinusoids,
    "language_model.inv_freq": _inverse_frequencies,
}

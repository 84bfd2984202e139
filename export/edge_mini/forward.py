"""The library's forward pass, batched for training.

transformers loops over attention windows in Python; here 8 s windows are rows of one batch. The parameters
are the library's own, and `assert_equal_to_library` compares the results.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from edge_mini.model import MiniModel

_CHUNK_FRAMES = 100
_CHUNK_TOKENS = 13
_WINDOW_CHUNKS = 8
_TOLERANCE = 1e-4


def token_counts(frames: Tensor) -> Tensor:
    """Encoder outputs for each frame count, shape (batch,)."""
    return _CHUNK_TOKENS * (frames // _CHUNK_FRAMES) + (frames % _CHUNK_FRAMES + 7) // 8


def audio_embeds(model: MiniModel, mel: Tensor, frames: Tensor) -> Tensor:
    """Encode and project a padded batch.

    Args:
        model: the library's model.
        mel: log-mel, (batch, 100 x chunks, 128), zero beyond each clip's frames.
        frames: valid frames of each clip, (batch,).

    Returns:
        Embeddings, (batch, tokens, hidden), of which each clip's first `token_counts` are meaningful.
    """
    tower = model.model.audio_tower
    batch, time, _ = mel.shape
    tokens = time // _CHUNK_FRAMES * _CHUNK_TOKENS
    rows, mask = _windows(_convolve(tower, mel).reshape(batch, tokens, -1), token_counts(frames))
    for layer in tower.layers:
        rows = rows + _attend(layer.self_attn, layer.self_attn_layer_norm(rows), mask)
        rows = rows + layer.fc2(functional.gelu(layer.fc1(layer.final_layer_norm(rows))))
    embeds: Tensor = model.model.multi_modal_projector(tower.ln_post(rows))
    return embeds.reshape(batch, -1, embeds.shape[-1])[:, :tokens]


def packed(padded: Tensor, frames: Tensor) -> Tensor:
    """Drop the padding: (batch, tokens, size) to (sum of token counts, size)."""
    return padded[torch.arange(padded.shape[1]) < token_counts(frames)[:, None]]


def _convolve(tower: Any, mel: Tensor) -> Tensor:
    """Downsample every 1 s chunk on its own: (batch, time, 128) to (chunks, 13, d)."""
    chunks = mel.reshape(-1, _CHUNK_FRAMES, mel.shape[-1]).transpose(1, 2).unsqueeze(1)
    hidden = chunks.contiguous(memory_format=torch.channels_last)
    for conv in (tower.conv2d1, tower.conv2d2, tower.conv2d3):
        hidden = functional.gelu(conv(hidden))
    projected = tower.conv_out(hidden.permute(0, 3, 1, 2).flatten(2))
    positions = tower.positional_embedding.positional_embedding[:_CHUNK_TOKENS]
    result: Tensor = projected + positions
    return result


def _windows(hidden: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Cut (batch, tokens, d) into windows (windows, width, d) with key masks (windows, 1, 1, width)."""
    length, size = hidden.shape[1:]
    width = min(length, _WINDOW_CHUNKS * _CHUNK_TOKENS)
    hidden = functional.pad(hidden, (0, 0, 0, -length % width))
    valid = torch.arange(hidden.shape[1]) < counts[:, None]
    # Windows beyond a clip's end keep one key: a softmax over none is NaN, and dropping them would
    # make every batch a new shape, for which oneDNN compiles new kernels.
    valid[:, ::width] = True
    return hidden.reshape(-1, width, size), valid.reshape(-1, 1, 1, width)


def _attend(attention: Any, rows: Tensor, mask: Tensor) -> Tensor:
    heads = (rows.shape[0], rows.shape[1], attention.num_heads, attention.head_dim)
    query, key, value = (
        projection(rows).view(heads).transpose(1, 2)
        for projection in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    output: Tensor = attention.out_proj(mixed.transpose(1, 2).flatten(2))
    return output


def decoder_states(model: MiniModel, input_ids: Tensor, audio: Tensor) -> Tensor:
    """Run the decoder over right-padded prompts and targets, (batch, length) to (batch, length, hidden).

    `audio` holds the clips' embeddings one after the other, (sum of token counts, hidden).

    Causality alone hides the padding: it is to the right of everything that is read.
    """
    embeds = model.model.language_model.embed_tokens(input_ids)
    slots = (input_ids == model.config.audio_token_id).unsqueeze(-1)
    embeds = embeds.masked_scatter(slots, audio.to(embeds.dtype))
    states: Tensor = model.model.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state
    return states


@torch.no_grad()
def assert_equal_to_library(model: MiniModel) -> None:
    """Compare the encoder with transformers' on clips of one partial, one exact and several windows."""
    frames = torch.tensor([57, 800, 1733])
    time = 1800
    mel = torch.randn(3, time, 128, generator=torch.Generator().manual_seed(0))
    mask = torch.arange(time) < frames[:, None]
    mel = mel * mask[:, :, None]
    ours = packed(audio_embeds(model, mel, frames), frames)
    library: Any = model
    theirs = library.get_audio_features(mel.transpose(1, 2).contiguous(), mask.long()).pooler_output
    worst = float((ours - theirs).abs().max())
    assert worst < _TOLERANCE, f"batched encoder differs from the library's by {worst}"

"""Which norm feeds which matrix, by the names of the modules."""

from __future__ import annotations

import re
from typing import Final

_FEEDS: Final = (
    (r"(language_model\.layers\.\d+)\.input_layernorm", r"\1.self_attn.qkv_proj"),
    (r"(language_model\.layers\.\d+)\.post_attention_layernorm", r"\1.mlp.gate_up_proj"),
    (r"(audio_tower\.layers\.\d+)\.self_attn_layer_norm", r"\1.self_attn.qkv_proj"),
    (r"(audio_tower\.layers\.\d+)\.final_layer_norm", r"\1.fc1"),
    (r"audio_tower\.ln_post", "multi_modal_projector.linear_1"),
)
"""Norm → the only matrix that reads its output."""
_FED: Final = (
    r"language_model\.layers\.\d+\.(self_attn\.qkv_proj|mlp\.gate_up_proj)\.weight",
    r"audio_tower\.layers\.\d+\.(self_attn\.qkv_proj|fc1)\.weight",
    r"multi_modal_projector\.linear_1\.weight",
)
"""The matrices on the right of `_FEEDS`."""


def is_fed_by_norm(name: str) -> bool:
    """Tell whether a matrix reads a norm that nothing else reads."""
    return any(re.fullmatch(pattern, name) for pattern in _FED)


def normed_by(name: str) -> str | None:
    """Return the matrix fed by the norm that this weight or bias is of, None where it is of no such norm."""
    owner = name.rpartition(".")[0]
    for norm, matrix in _FEEDS:
        found = re.fullmatch(norm, owner)
        if found:
            return found.expand(matrix) + ".weight"
    return None

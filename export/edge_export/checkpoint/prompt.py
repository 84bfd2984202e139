"""The prompt's fixed parts and the languages, as ids of the checkpoint's own tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge_export.checkpoint.languages import language_codes
from edge_runtime.bundle.manifest import Language
from edge_runtime.bundle.specs import AlignerSpec, PromptSpec
from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.tokenizer import CheckpointTokenizer

_BEFORE_CONTEXT: Final = "<|im_start|>system\n"
_BEFORE_AUDIO: Final = "<|im_end|>\n<|im_start|>user\n<|audio_start|>"
_AUDIO: Final = "<|audio_pad|>"
_AFTER_AUDIO: Final = "<|audio_end|><|im_end|>\n<|im_start|>assistant\n"
_TEXT_TAG: Final = "<asr_text>"
_STOPS: Final = ("<|endoftext|>", "<|im_end|>")
_AUDIO_START: Final = "<|audio_start|>"
_AUDIO_END: Final = "<|audio_end|>"
_MARKERS: Final = ("<|im_start|>", _AUDIO_START, _AUDIO_END)
_SLOT: Final = "<timestamp>"
_MAX_PASS_S: Final = 300.0
"""Longest audio that the aligner was trained on (technical report of Qwen3-ASR)."""


def derive_prompt(tokenizer: CheckpointTokenizer, config: ModelConfig) -> PromptSpec:
    """Turn the prompt's text into ids.

    Raises:
        CheckpointError: the tokenizer lacks a marker, or disagrees with config.json about the audio token.
    """
    for marker in _MARKERS:
        tokenizer.id_of(marker)
    audio_id = _checked_id(tokenizer, _AUDIO, "audio_token_id", config.audio_token_id)
    return PromptSpec(
        before_context=tokenizer.encode(_BEFORE_CONTEXT),
        before_audio=tokenizer.encode(_BEFORE_AUDIO),
        audio_id=audio_id,
        after_audio=tokenizer.encode(_AFTER_AUDIO),
        text_tag=_TEXT_TAG,
        text_tag_id=tokenizer.id_of(_TEXT_TAG),
        eos_ids=config.eos_ids or tuple(tokenizer.id_of(token) for token in _STOPS),
        special_ids=tokenizer.special_ids(),
    )


def derive_aligner(tokenizer: CheckpointTokenizer, config: ModelConfig) -> AlignerSpec:
    """Describe the aligner and the ids of its prompt, which is bare: no chat markers.

    Raises:
        CheckpointError: the tokenizer lacks a marker, or disagrees with config.json about one.
    """
    assert config.aligner is not None, "only the configuration of an aligner leads here"
    return AlignerSpec(
        num_classes=config.aligner.num_classes,
        bin_ms=config.aligner.bin_ms,
        audio_start_id=tokenizer.id_of(_AUDIO_START),
        audio_id=_checked_id(tokenizer, _AUDIO, "audio_token_id", config.audio_token_id),
        audio_end_id=tokenizer.id_of(_AUDIO_END),
        slot_id=_checked_id(tokenizer, _SLOT, "timestamp_token_id", config.aligner.slot_id),
        hidden_size=config.text.hidden_size,
        max_positions=config.text.max_positions,
        max_audio_s=min(_MAX_PASS_S, config.aligner.num_classes * config.aligner.bin_ms / 1000),
    )


def _checked_id(tokenizer: CheckpointTokenizer, token: str, key: str, stated: int | None) -> int:
    """Return the id of a token; config.json, where it states one, must state the same."""
    token_id = tokenizer.id_of(token)
    if stated not in (None, token_id):
        raise CheckpointError(
            f"config.json says {key} is {stated}, the tokenizer gives {token} the "
            f"id {token_id}. The tokenizer belongs to another checkpoint."
        )
    return token_id


def derive_languages(tokenizer: CheckpointTokenizer, config: ModelConfig) -> tuple[Language, ...]:
    """Return the checkpoint's languages with the ids that force each; an aligner takes no language."""
    can_force = config.kind == "asr"
    return tuple(
        Language(
            name=name,
            code=code,
            force_ids=tokenizer.encode(f"language {name}{_TEXT_TAG}") if can_force else (),
        )
        for name, code in language_codes(config.languages, config.kind).items()
    )

"""The prompt's fixed parts and the languages, as ids of the checkpoint's own tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge_export.languages import language_codes
from edge_runtime.errors import CheckpointError
from edge_runtime.manifest import Language, PromptSpec

if TYPE_CHECKING:
    from edge_export.config import ModelConfig
    from edge_export.tokenizer import CheckpointTokenizer

_BEFORE_CONTEXT: Final = "<|im_start|>system\n"
_BEFORE_AUDIO: Final = "<|im_end|>\n<|im_start|>user\n<|audio_start|>"
_AUDIO: Final = "<|audio_pad|>"
_AFTER_AUDIO: Final = "<|audio_end|><|im_end|>\n<|im_start|>assistant\n"
_TEXT_TAG: Final = "<asr_text>"
_STOPS: Final = ("<|endoftext|>", "<|im_end|>")
_MARKERS: Final = ("<|im_start|>", "<|audio_start|>", "<|audio_end|>")


def derive_prompt(tokenizer: CheckpointTokenizer, config: ModelConfig) -> PromptSpec:
    """Turn the prompt's text into ids.

    Raises:
        CheckpointError: the tokenizer lacks a marker, or disagrees with config.json about the audio token.
    """
    for marker in _MARKERS:
        tokenizer.id_of(marker)
    audio_id = tokenizer.id_of(_AUDIO)
    if audio_id != config.audio_token_id:
        raise CheckpointError(
            f"config.json says audio_token_id is {config.audio_token_id}, the tokenizer gives {_AUDIO} the "
            f"id {audio_id}. The tokenizer belongs to another checkpoint."
        )
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


def derive_languages(tokenizer: CheckpointTokenizer, config: ModelConfig) -> tuple[Language, ...]:
    """Return the checkpoint's languages with the ids that force each."""
    return tuple(
        Language(name=name, code=code, force_ids=tokenizer.encode(f"language {name}{_TEXT_TAG}"))
        for name, code in language_codes(config.languages).items()
    )

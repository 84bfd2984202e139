"""The ASR prompt and its target as token ids (the released models' format, this tokenizer's ids)."""

from __future__ import annotations

from tokenizers import Tokenizer

AUDIO_PAD = "<|audio_pad|>"
END = "<|im_end|>"


def prompt_text(audio_tokens: int, context: str = "") -> str:
    """Write the prompt for one clip of `audio_tokens` encoder outputs."""
    return (
        f"<|im_start|>system\n{context}{END}\n<|im_start|>user\n<|audio_start|>{AUDIO_PAD * audio_tokens}"
        f"<|audio_end|>{END}\n<|im_start|>assistant\n"
    )


def target_text(language: str, text: str) -> str:
    """Write the answer, end of turn included; language ``None`` means that nobody speaks."""
    return f"language {language}<asr_text>{text}{END}"


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """Tokenise with added tokens recognised by name."""
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def audio_token_count(frames: int) -> int:
    """Encoder outputs for a number of 10 ms frames: 13 per second, the tail rounded up to 8 frames."""
    return 13 * (frames // 100) + -(-(frames % 100) // 8)

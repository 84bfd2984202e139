"""Token budget: the most tokens to generate for a recording."""

from __future__ import annotations

from math import ceil
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.decoding.token_rates import budget_tokens_per_s
from edge_runtime.errors import AudioTooLongError, UsageError

_MIN_TOKENS: Final = 64
RESERVED_TOKENS_PER_S: Final = 8
"""What fast speech of most languages needs: a recording fits a cache of fixed capacity that has so many rows
for its text."""


def token_budget(
    manifest: Manifest,
    prompt_len: int,
    duration_s: Seconds,
    requested: int | None,
    *,
    language: str | None = None,
) -> int:
    """Return the most tokens to generate.

    Args:
        manifest: the bundle's limits.
        prompt_len: tokens of the prompt, audio included.
        duration_s: length of the audio.
        requested: the caller's own budget, or None for one proportional to the audio.
        language: name of the language that the caller forced.

    Returns:
        `budget_tokens_per_s` for the audio where the decoder has room for them, at least
        `RESERVED_TOKENS_PER_S`.

    Raises:
        UsageError: the caller's budget is not within the bundle's limits.
        AudioTooLongError: prompt and output do not fit the decoder's positions.
    """
    max_tokens = manifest.limits.max_new_tokens
    if requested is not None and not 1 <= requested <= max_tokens:
        raise UsageError(f"max_new_tokens is {requested}; this bundle takes 1 to {max_tokens}.")
    tokens_per_s = budget_tokens_per_s(language, [known.name for known in manifest.languages])
    wanted, needed = (
        requested or min(max_tokens, _MIN_TOKENS + ceil(rate * duration_s))
        for rate in (tokens_per_s, min(tokens_per_s, RESERVED_TOKENS_PER_S))
    )
    positions = manifest.limits.max_positions
    capacity = min(positions, manifest.require_asr().decoder.kv_capacity or positions)
    if prompt_len + needed > capacity:
        advice = "Give shorter audio or context" + (", or a smaller max_new_tokens." if requested else ".")
        raise AudioTooLongError(
            f"{prompt_len} prompt tokens ({duration_s:.1f} s of audio and the context) and up to {needed} "
            f"generated ones exceed the {capacity} positions of this bundle. {advice}"
        )
    return min(wanted, capacity - prompt_len)

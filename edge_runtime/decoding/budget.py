"""Token budget: the most tokens to generate for a recording."""

from __future__ import annotations

from math import ceil
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.errors import AudioTooLongError, UsageError

_MIN_TOKENS: Final = 64
TOKENS_PER_S: Final = 16
"""Twice what fast speech needs, so that only a decoder that loops meets the limit."""
RESERVED_TOKENS_PER_S: Final = 8
"""What fast speech needs: a recording fits a cache of fixed capacity that has so many rows for its text."""


def token_budget(manifest: Manifest, prompt_len: int, duration_s: Seconds, requested: int | None) -> int:
    """Return the most tokens to generate.

    Args:
        manifest: the bundle's limits.
        prompt_len: tokens of the prompt, audio included.
        duration_s: length of the audio.
        requested: the caller's own budget, or None for one proportional to the audio.

    Returns:
        `TOKENS_PER_S` for the audio where there is room for them, at least `RESERVED_TOKENS_PER_S`.

    Raises:
        UsageError: the caller's budget is not within the bundle's limits.
        AudioTooLongError: prompt and output do not fit the decoder's positions.
    """
    max_tokens = manifest.limits.max_new_tokens
    if requested is not None and not 1 <= requested <= max_tokens:
        raise UsageError(f"max_new_tokens is {requested}; this bundle takes 1 to {max_tokens}.")
    wanted, needed = (
        requested or min(max_tokens, _MIN_TOKENS + ceil(rate * duration_s))
        for rate in (TOKENS_PER_S, RESERVED_TOKENS_PER_S)
    )
    positions = manifest.limits.max_positions
    capacity = min(positions, manifest.require_asr().decoder.kv_capacity or positions)
    if prompt_len + needed > capacity:
        raise AudioTooLongError(
            f"{prompt_len} prompt tokens ({duration_s:.1f} s of audio and the context) and up to {needed} "
            f"generated ones exceed the {capacity} positions of this bundle. Give shorter audio or context."
        )
    return min(wanted, capacity - prompt_len)

"""How much audio, with its share of the text, fits the aligner's positions."""

from __future__ import annotations

from math import ceil
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.bundle.specs import AlignerSpec
from edge_runtime.errors import UsageError

_TEXT_SURPLUS: Final = 1.25
"""A window gets this many times the text that is expected in it: `_UNIT_SURPLUS` of `windows.py`."""
_POSITION_MARGIN: Final = 0.8
"""Share of the positions that a window is planned with: the pace of speech varies."""
_MIN_WINDOW_S: Final = 10.0


def max_window_s(
    spec: AlignerSpec, *, audio_tokens_per_s: float, text_tokens: int, duration_s: Seconds, speech_s: Seconds
) -> Seconds:
    """Return the longest piece to align in one pass.

    Args:
        spec: positions and longest audio of the model.
        audio_tokens_per_s: audio tokens that the encoder makes of a second.
        text_tokens: token ids and timestamp slots of the whole text.
        duration_s: length of the recording.
        speech_s: seconds of speech in it, above 0.

    Raises:
        UsageError: the text is so long that no window can hold its share.
    """
    max_tokens = spec.max_positions - 2
    if duration_s <= spec.max_audio_s and ceil(audio_tokens_per_s * duration_s) + text_tokens <= max_tokens:
        return spec.max_audio_s
    tokens_per_s = audio_tokens_per_s + _TEXT_SURPLUS * text_tokens / speech_s
    max_s = min(spec.max_audio_s, _POSITION_MARGIN * max_tokens / tokens_per_s)
    if max_s < min(_MIN_WINDOW_S, duration_s):
        raise UsageError(
            f"The text is {text_tokens} tokens long, {text_tokens / speech_s:.0f} for each second of speech: "
            f"more than the {spec.max_positions} positions of this aligner hold. "
            f"Give the text that is spoken in the recording."
        )
    return max_s


def require_positions(spec: AlignerSpec, num_tokens: int, duration_s: Seconds, num_units: int) -> None:
    """Refuse a prompt that does not fit the model's positions.

    Raises:
        UsageError: the prompt is longer.
    """
    if num_tokens > spec.max_positions:
        raise UsageError(
            f"{num_tokens} prompt tokens ({duration_s:.1f} s of audio with {num_units} words or characters) "
            f"exceed the {spec.max_positions} positions of this aligner. "
            f"Give the text that is spoken in the recording, or shorter recordings."
        )

"""How much audio one pass takes."""

from __future__ import annotations

import pytest

from edge_runtime.alignment.capacity import max_window_s, require_positions
from edge_runtime.errors import UsageError
from tests.support.tiny_aligner import aligner_spec

RELEASED = aligner_spec(max_positions=8192, max_audio_s=300.0)


def plan(text_tokens: int, duration_s: float, speech_s: float | None = None) -> float:
    return max_window_s(
        RELEASED,
        audio_tokens_per_s=13,
        text_tokens=text_tokens,
        duration_s=duration_s,
        speech_s=speech_s or duration_s,
    )


def test_what_fits_one_pass_is_one_pass() -> None:
    assert plan(3500, 290) == 300
    assert plan(4290, 300) == 300


def test_a_dense_text_shortens_the_window() -> None:
    assert 100 < plan(6000, 300) < 300


def test_a_long_recording_of_ordinary_speech_uses_long_windows() -> None:
    assert plan(11 * 3600, 3600) > 200


def test_a_hopeless_text_is_refused() -> None:
    with pytest.raises(UsageError, match="8192 positions"):
        plan(100_000, 60)


def test_a_prompt_of_exactly_all_positions_is_accepted() -> None:
    require_positions(RELEASED, 8192, 300, 1000)
    with pytest.raises(UsageError, match="8193 prompt tokens"):
        require_positions(RELEASED, 8193, 300, 1000)

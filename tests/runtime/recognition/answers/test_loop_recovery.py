"""Halves of a recording, and repeats in a text."""

from __future__ import annotations

import numpy as np
import pytest

from edge_runtime.audio.load import Audio
from edge_runtime.recognition.answers.loop_recovery import halves, num_repeats

RATE = 16_000


def sound(seconds: float, speech_s: float | None = None) -> Audio:
    return Audio(np.full(int(seconds * RATE), 0.5, np.float32), RATE, RATE, 1, speech_s=speech_s)


@pytest.mark.parametrize("seconds", [1.0, 1.7, 30.0])
def test_halves_are_the_whole_and_neither_is_much_shorter(seconds: float) -> None:
    audio = sound(seconds)
    first, second = halves(audio)
    assert np.concatenate([first.waveform, second.waveform]).tobytes() == audio.waveform.tobytes()
    assert min(first.duration_s, second.duration_s) >= 0.33 * seconds


def test_the_cut_lies_in_the_pause() -> None:
    audio = sound(9.0)
    audio.waveform[4 * RATE : 5 * RATE] = 0
    assert 4.0 < halves(audio)[0].duration_s < 5.0


def test_what_is_shorter_than_a_second_has_no_halves() -> None:
    assert halves(sound(0.99)) == ()


def test_all_speech_may_be_in_one_half_but_no_more_than_it_is_long() -> None:
    assert {half.speech_s for half in halves(sound(9.0))} == {None}
    assert [half.speech_s for half in halves(sound(9.0, 1.5))] == [1.5, 1.5]
    assert sum(half.speech_s or 0 for half in halves(sound(9.0, 8.0))) == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("text", "cycle", "expected"),
    [
        ("Open the door. Open the door. Open the door.", " Open the door.", 3),
        ("Open the door. Open the door. Open the door.", " the door. Open", 3),
        ("Five, five, five!", ", five", 3),
        ("对对对，对。", "对，", 4),
        ("nothing of the kind", " five", 0),
        ("... ... ...", " ...", 0),
        ("", "x", 0),
    ],
)
def test_repeats_count_wherever_they_begin_and_however_they_are_spelt(
    text: str, cycle: str, expected: int
) -> None:
    assert num_repeats(text, cycle) == expected

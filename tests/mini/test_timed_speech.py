"""Speech with known times: the engine's own sound, and times that agree with it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from edge_mini.synthesis import SAMPLE_RATE, Prosody, audible, speak
from edge_mini.timed_speech import Span, UntimedWordError, speak_timed
from edge_mini.variants import data_folder_with, variant_text
from edge_mini.voices import Voice
from edge_runtime.text.units import split_units

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")

PLAIN = Prosody(tempo=1.0, pitch=50)


@pytest.mark.parametrize("voice", ["en-us+f3", "en-gb+r31337", "en-029+m7", "en-us+r1"])
def test_the_sound_is_that_of_the_command_line(voice: str) -> None:
    text, prosody = "Turn on the lamp in the kitchen.", Prosody(tempo=1.2, pitch=30)
    one = Voice("espeak-ng", voice)
    assert np.array_equal(
        speak_timed(text, "English", one, prosody).samples, speak(text, "English", one, prosody)
    )


@pytest.mark.parametrize(
    ("text", "language", "voice"),
    [
        ("Put the green box next to the dishwasher in the garage.", "English", "en-us+r7"),
        ("把餐厅的夜灯调成橙色，不用了。", "Chinese", "cmn-latn-pinyin+r7"),
    ],
)
def test_every_unit_has_a_span_in_order(text: str, language: str, voice: str) -> None:
    speech = speak_timed(text, language, Voice("espeak-ng", voice), PLAIN)  # type: ignore[arg-type]
    assert len(speech.spans) == len(split_units(text, language))
    times = [time for span in speech.spans for time in (span.start, span.end)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= speech.samples.size / SAMPLE_RATE
    assert min(span.end - span.start for span in speech.spans) > 0.02


def test_spans_agree_with_the_sound() -> None:
    """Between words that stand alone there is silence; its edges are found in the samples."""
    speech = speak_timed("Stop, seven, moon, lamp.", "English", Voice("espeak-ng", "en-us+m3"), PLAIN)
    actual = [_audible_span(speech.samples, span, later) for span, later in _neighbors(speech.spans)]
    for span, (start, end) in zip(speech.spans, actual, strict=True):
        assert span.start == pytest.approx(start, abs=0.03)
        assert span.end == pytest.approx(end, abs=0.06)


def test_a_word_without_a_mark_is_an_error() -> None:
    with pytest.raises(UntimedWordError):
        speak_timed("There are people.", "English", Voice("espeak-ng", "en-us"), PLAIN)


def test_a_random_variant_is_the_same_every_time_and_changes_the_voice() -> None:
    assert variant_text("r12") == variant_text("r12") != variant_text("r13")
    assert (data_folder_with("r12") / "voices/!v/r12").read_text("ascii") == variant_text("r12")
    sounds = [
        speak("Hello.", "English", Voice("espeak-ng", f"en-us+{name}"), PLAIN) for name in ("r12", "r13")
    ]
    assert sounds[0].size != sounds[1].size or not np.array_equal(*sounds)


def _neighbors(spans: tuple[Span, ...]) -> list[tuple[Span, float]]:
    return [(span, later.start) for span, later in zip(spans, (*spans[1:], Span(1e9, 1e9)), strict=True)]


def _audible_span(samples: np.ndarray, span: Span, later_s: float) -> tuple[float, float]:
    """Return when the sound around a span begins and ends, from 40 ms before it to the next one."""
    first = max(0, round((span.start - 0.04) * SAMPLE_RATE))
    last = min(samples.size, round((later_s - 0.04) * SAMPLE_RATE))
    kept = audible(samples[first:last], floor=0.03)
    return (first + kept.start) / SAMPLE_RATE + 0.01, (first + kept.stop) / SAMPLE_RATE - 0.01

"""What is known to hold no speech is not decoded, and what nobody is heard to speak is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_runtime import Recognizer
from edge_runtime.audio.load import Audio
from edge_runtime.recognition.answers.answer import Answer, AnswerReader
from edge_runtime.recognition.recording import DecodedRecording
from tests.support.tiny_bundle import SPEECH_TEXT, tone

RATE = 16_000
SILENCE = Audio(np.zeros(RATE, np.float32), RATE, RATE, 1)
SOUND = Audio(tone(RATE), RATE, RATE, 1)


@pytest.fixture(scope="module")
def recognizer(tiny_bundle: Path) -> Recognizer:
    return Recognizer.load(tiny_bundle)


@pytest.mark.parametrize("options", [{"language": "en"}, {"context": "Zürich"}, {}])
def test_silence_gives_no_text_whatever_is_asked_for(recognizer: Recognizer, options: dict[str, str]) -> None:
    for actual in (
        recognizer.transcribe(SILENCE, **options),
        recognizer.transcribe_batch([SOUND, SILENCE, SOUND], **options)[1],
    ):
        assert (actual.text, actual.status, actual.language, actual.segments) == ("", "no_speech", None, ())


@pytest.mark.parametrize("options", [{"language": "en"}, {}])
def test_where_a_vad_heard_nobody_nothing_quiet_is_decoded(
    recognizer: Recognizer, options: dict[str, str]
) -> None:
    actual = recognizer.transcribe(replace(SILENCE, speech_s=0.0), **options)
    assert (actual.text, actual.status, actual.num_tokens) == ("", "no_speech", 0)
    assert (actual.timing.encoder_ms, actual.covered_s) == (0, 0)
    assert recognizer.transcribe(replace(SILENCE, speech_s=0.5), **options).num_tokens > 0


def test_where_a_vad_heard_nobody_no_language_is_forced(recognizer: Recognizer) -> None:
    actual = recognizer.transcribe(replace(SOUND, speech_s=0.0), language="en", context="Zürich")
    assert (actual.text, actual.language_forced, actual.covered_s) == (SPEECH_TEXT, False, 1.0)


@pytest.mark.parametrize(
    ("speech_s", "language", "alone", "logprob", "is_kept"),
    [
        (0.0, "en", "Noise.", -0.2, False),
        (0.0, None, "Noise.", -0.2, False),
        (0.0, "en", "Noise.", -0.05, True),
        (0.5, "en", "", -0.2, True),
        (None, "en", "", -0.2, False),
        (None, "en", "", -0.05, True),
        (None, "en", "Noise.", -0.2, True),
        (None, None, "Noise.", -0.2, True),
    ],
)
def test_a_doubtful_text_stands_where_somebody_is_heard(
    recognizer: Recognizer,
    monkeypatch: pytest.MonkeyPatch,
    speech_s: float | None,
    language: str | None,
    alone: str,
    logprob: float,
    *,
    is_kept: bool,
) -> None:
    def planted(_reader: AnswerReader, decoded: DecodedRecording) -> Answer:
        text = "Noise." if decoded.prepared.forced_language else alone
        return Answer(text=text, language="English", status="low_confidence", logprobs=(logprob,))

    monkeypatch.setattr(AnswerReader, "read", planted)
    sound = replace(SOUND, speech_s=speech_s)
    for actual in (
        recognizer.transcribe(sound, language=language),
        recognizer.transcribe_batch([sound] * 2, language=language)[1],
    ):
        (warning,) = actual.warnings
        if is_kept:
            assert (actual.text, actual.status, warning.code) == (
                "Noise.",
                "low_confidence",
                "low_confidence",
            )
        else:
            assert (actual.text, actual.language, actual.segments) == ("", None, ())
            assert (actual.status, warning.code) == ("no_speech", "no_speech")
            assert "(mean log-probability -0.20) was left out" in warning.message
            assert actual.avg_logprob == logprob

"""What is known to hold no speech is not decoded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_runtime import Recognizer
from edge_runtime.audio.load import Audio
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
def test_where_a_vad_heard_nobody_nothing_is_decoded(recognizer: Recognizer, options: dict[str, str]) -> None:
    actual = recognizer.transcribe(replace(SOUND, speech_s=0.0), **options)
    assert (actual.text, actual.status, actual.num_tokens) == ("", "no_speech", 0)
    assert actual.timing.encoder_ms == 0
    spoken = recognizer.transcribe(replace(SOUND, speech_s=0.5), **options)
    assert (spoken.text, spoken.status) == (SPEECH_TEXT, "ok")

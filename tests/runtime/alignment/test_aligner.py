"""From audio and text to times, on a bundle whose answers are planted."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile

from edge_runtime.alignment.align_options import AlignOptions
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.arrays import Waveform
from edge_runtime.errors import AudioTooLongError, UsageError
from edge_runtime.writers import alignment_json
from tests.support.tiny_aligner import LOGPROB, planted_ms, write_tiny_aligner
from tests.support.tiny_bundle import tone

RATE = 16_000
# Audio before the first sound: half a second, and what the energy gate adds before speech.
LEAD_S = 0.6
PARITY = AlignOptions(parity=True)


@pytest.fixture(scope="module")
def aligner(tiny_aligner_bundle: Path) -> Aligner:
    return Aligner.load(tiny_aligner_bundle)


def silence(seconds: float) -> Waveform:
    return np.zeros(round(seconds * RATE), np.float32)


def speech(seconds: float) -> Waveform:
    """Syllables: bursts of sound with short pauses, as the energy gate expects of speech."""
    samples = tone(round(seconds * RATE))
    samples[(np.arange(samples.size) // 2400) % 2 == 1] *= 0.001
    return samples


def test_words_come_back_as_written_with_the_times_of_the_classes(aligner: Aligner) -> None:
    waveform = np.concatenate([silence(LEAD_S), speech(4)])
    actual = aligner.align(waveform, 'Hello,  "tiny"\nworld.', "en", sample_rate=RATE)
    assert [word.text for word in actual.words] == ["Hello,", '"tiny"', "world."]
    assert [word.start for word in actual.words] == [planted_ms(2 * k) / 1000 for k in range(3)]
    assert [word.end for word in actual.words] == [planted_ms(2 * k + 1) / 1000 for k in range(3)]
    assert {word.confidence for word in actual.words} == {round(float(np.exp(LOGPROB)), 4)}
    assert (actual.language, actual.status, actual.warnings, actual.duration_s) == ("English", "ok", (), 4.6)
    assert actual.timing.align_ms > 0


def test_the_json_fits_the_published_schema(aligner: Aligner) -> None:
    text = aligner.align(speech(3), "one two", "English", sample_rate=RATE).to_json()
    document = json.loads(text)
    jsonschema.Draft202012Validator(alignment_json.json_schema()).validate(document)
    assert (document["status"], document["engine"]["name"]) == ("ok", "tiny-aligner")


def test_long_silence_before_the_speech_is_not_seen_and_added_back(aligner: Aligner) -> None:
    alignment = aligner.align(np.concatenate([silence(10), speech(3)]), "one two", "en", sample_rate=RATE)
    offset = alignment.words[0].start - planted_ms(0) / 1000
    assert offset == pytest.approx(10 - LEAD_S)
    assert alignment.words[-1].flags == ()


def test_parity_shows_the_model_everything(aligner: Aligner) -> None:
    waveform = np.concatenate([silence(10), speech(3)])
    actual = aligner.align(waveform, "one two", "en", sample_rate=RATE, options=PARITY)
    assert actual.words[0].start == planted_ms(0) / 1000


@pytest.mark.parametrize("lead_s", [0.0, 0.1, 0.9, 5.0])
def test_times_follow_the_speech_wherever_it_begins(aligner: Aligner, lead_s: float) -> None:
    waveform = np.concatenate([silence(lead_s), speech(3)])
    words = aligner.align(waveform, "one two three", "en", sample_rate=RATE).words
    assert words[2].start == pytest.approx(lead_s + planted_ms(4) / 1000 - LEAD_S)


def test_times_behind_the_end_are_moved_to_it_and_flagged(aligner: Aligner) -> None:
    actual = aligner.align(speech(1), "one two three four", "en", sample_rate=RATE)
    assert actual.words[-1].end == 1.0
    assert "repaired" in actual.words[-1].flags


def test_silence_is_reported_and_every_word_is_flagged(aligner: Aligner) -> None:
    actual = aligner.align(silence(5), "one two", "en", sample_rate=RATE)
    assert actual.status == "no_speech"
    assert [warning.code for warning in actual.warnings] == ["no_speech"]
    assert all("outside_speech" in word.flags for word in actual.words)


@pytest.mark.parametrize("text", ["", "   ", "?! ...", "—"])
def test_a_text_without_letters_is_refused_but_not_in_parity(aligner: Aligner, text: str) -> None:
    with pytest.raises(UsageError, match="no letter or digit"):
        aligner.align(speech(1), text, "en", sample_rate=RATE)
    assert aligner.align(speech(1), text, "en", sample_rate=RATE, options=PARITY).words == ()


@pytest.mark.parametrize("language", ["Klingon", "auto", "sv"])
def test_a_language_that_is_not_aligned_is_refused_with_those_that_are(
    aligner: Aligner, language: str
) -> None:
    with pytest.raises(UsageError, match=r"Chinese \(zh\), English \(en\), Korean \(ko\)"):
        aligner.align(speech(1), "one", language, sample_rate=RATE)


def test_korean_words_split_by_dictionary_or_not_at_all(aligner: Aligner) -> None:
    text, whole = "학교에서 공부합니다", AlignOptions(korean="eojeol")
    split = aligner.align(speech(3), text, "ko", sample_rate=RATE)
    assert len(split.words) > len(aligner.align(speech(3), text, "ko", sample_rate=RATE, options=whole).words)


def test_units_are_those_of_the_upstream_that_is_named(aligner: Aligner) -> None:
    counts = [
        len(aligner.align(speech(3), "a\U0002f800b", "zh", sample_rate=RATE, options=options).words)
        for options in (AlignOptions(), AlignOptions(reference="transformers"))
    ]
    assert counts == [1, 3]


def test_a_text_that_nobody_can_say_in_the_time_is_reported(aligner: Aligner) -> None:
    actual = aligner.align(speech(1), "incomprehensibilities " * 4, "en", sample_rate=RATE)
    assert "text_longer_than_audio" in {warning.code for warning in actual.warnings}


def test_a_text_beyond_all_positions_is_refused_with_the_figures(aligner: Aligner) -> None:
    with pytest.raises(UsageError, match="800 positions"):
        aligner.align(speech(3), "word " * 400, "en", sample_rate=RATE)
    with pytest.raises(UsageError, match="800 positions"):
        aligner.align(speech(3), "word " * 400, "en", sample_rate=RATE, options=PARITY)


def test_audio_longer_than_one_pass_is_aligned_window_by_window(aligner: Aligner) -> None:
    words = "one two three four five six seven eight " * 10
    actual = aligner.align(speech(50), words, "en", sample_rate=RATE)
    starts = [word.start for word in actual.words]
    assert len(starts) == 80
    assert starts == sorted(starts)
    assert starts[-1] > 20


def test_audio_beyond_the_bundle_is_refused(aligner: Aligner) -> None:
    with pytest.raises(AudioTooLongError):
        aligner.align(speech(121), "one", "en", sample_rate=RATE)


def test_a_dense_text_makes_windows_shorter_instead_of_failing(tmp_path: Path) -> None:
    aligner = Aligner.load(write_tiny_aligner(tmp_path / "small", max_positions=400))
    text = "one two three four five six seven eight nine ten " * 3
    actual = aligner.align(speech(18), text, "en", sample_rate=RATE)
    assert len(actual.words) == 30


def test_classes_are_the_models_own_over_the_whole_recording(aligner: Aligner, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "late.wav", np.concatenate([silence(10), speech(3)]), RATE)
    actual = aligner.classify(tmp_path / "late.wav", "one two", "English")
    assert actual.class_ids.tolist() == [1, 4, 7, 10]
    assert actual.logprobs.tolist() == [LOGPROB] * 4


def test_classes_are_refused_where_one_pass_does_not_do(aligner: Aligner, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", silence(21), RATE)
    with pytest.raises(
        AudioTooLongError, match=r"21\.0 s of audio are more than one pass of this aligner, 20 s"
    ):
        aligner.classify(tmp_path / "long.wav", "one", "English")
    with pytest.raises(UsageError, match="no letter or digit"):
        aligner.classify(tmp_path / "long.wav", "…", "English")

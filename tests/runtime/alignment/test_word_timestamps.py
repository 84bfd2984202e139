"""Transcripts with the times of their words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.alignment.align_options import AlignOptions
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.alignment.word_timestamps import add_word_timestamps, to_document
from edge_runtime.audio.load import Audio, from_array
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.transcript import Transcript
from edge_runtime.text.units import Korean
from edge_runtime.writers import WriterOptions, find_writer
from tests.support.tiny_bundle import SPEECH_TEXT, tone

RATE = 16_000


@pytest.fixture(scope="module")
def audio() -> Audio:
    samples = tone(4 * RATE)
    samples[(np.arange(samples.size) // 2400) % 2 == 1] *= 0.001
    return from_array(samples, RATE, RATE, 30.0)


@pytest.fixture(scope="module")
def transcript(tiny_bundle: Path, audio: Audio) -> Transcript:
    return Recognizer.load(tiny_bundle).transcribe(audio)


@pytest.fixture(scope="module")
def aligner(tiny_aligner_bundle: Path) -> Aligner:
    return Aligner.load(tiny_aligner_bundle)


def test_words_get_times_and_segments_become_sentences(
    transcript: Transcript, aligner: Aligner, audio: Audio
) -> None:
    timed = add_word_timestamps(transcript, aligner, audio)
    assert timed.words is not None
    assert [word.text for word in timed.words] == SPEECH_TEXT.split()
    (segment,) = timed.segments
    assert (segment.start, segment.end) == (timed.words[0].start, timed.words[-1].end)


def test_formats_have_what_is_known_of_a_transcript(
    transcript: Transcript, aligner: Aligner, audio: Audio
) -> None:
    cut = replace(transcript, status="truncated", warnings=(ResultWarning("truncated", "It was cut."),))
    timed = add_word_timestamps(cut, aligner, audio)
    for granularity in ("segment", "word", "char"):
        document = to_document(timed, granularity)
        assert {segment.avg_logprob for segment in document.segments} == {transcript.avg_logprob}
        for name in ("json", "verbose_json"):
            written = json.loads(find_writer(name).render(document, WriterOptions()))
            assert (written["status"], written["warnings"][0]["code"]) == ("truncated", "truncated")
            assert written["segments"][0]["avg_logprob"] == transcript.avg_logprob


def test_words_of_a_divided_transcript_are_timed_in_their_segments(
    transcript: Transcript, aligner: Aligner, tmp_path: Path
) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(tone(4 * RATE), 3), RATE)
    segments = tuple(
        replace(transcript.segments[0], start=start, end=start + 3.0, language=language)
        for start, language in ((0.5, "English"), (4.25, "Swedish"), (8.0, "English"))
    )
    text = " ".join([SPEECH_TEXT] * 3)
    divided = replace(transcript, text=text, segments=segments)
    timed = add_word_timestamps(divided, aligner, path)
    assert timed.words is not None
    assert [word.text for word in timed.words] == [*SPEECH_TEXT.split(), SPEECH_TEXT, *SPEECH_TEXT.split()]
    first, middle, last = timed.words[:3], timed.words[3], timed.words[4:]
    assert (middle.start, middle.end, middle.flags) == (4.25, 7.25, ("repaired",))
    for before, behind in zip(first, last, strict=True):
        assert behind.start - before.start == pytest.approx(7.5, abs=2e-3)
        assert behind.end - before.end == pytest.approx(7.5, abs=2e-3)
    (warning,) = (warning for warning in timed.warnings if warning.code == "not_aligned")
    assert warning.message.startswith("4.2-7.2 s: ")
    assert to_document(timed, "word").text == text


def test_a_language_that_is_not_aligned_leaves_the_transcript_and_a_warning(
    transcript: Transcript, aligner: Aligner, audio: Audio
) -> None:
    for language in ("Swedish", "Chinese,english", None):
        timed = add_word_timestamps(replace(transcript, language=language), aligner, audio)
        assert (timed.words, timed.segments) == (None, transcript.segments)
        assert timed.warnings[-1].code == "not_aligned"


def test_a_text_without_letters_leaves_the_transcript_and_a_warning(
    transcript: Transcript, aligner: Aligner, audio: Audio
) -> None:
    assert (
        add_word_timestamps(replace(transcript, text="?"), aligner, audio).warnings[-1].code == "not_aligned"
    )


@pytest.mark.parametrize(("korean", "count"), [("dictionary", 3), ("eojeol", 2)])
def test_korean_words_of_a_transcript_split_as_requested(
    transcript: Transcript, aligner: Aligner, audio: Audio, korean: Korean, count: int
) -> None:
    korean_transcript = replace(transcript, text="학교에서 갑니다.", language="Korean")
    timed = add_word_timestamps(korean_transcript, aligner, audio, AlignOptions(korean=korean))
    assert len(timed.words or ()) == count


def test_silence_stays_as_it_is(transcript: Transcript, aligner: Aligner, audio: Audio) -> None:
    empty = replace(transcript, text="", segments=())
    assert add_word_timestamps(empty, aligner, audio) is empty


def test_documents_are_at_the_requested_granularity(
    transcript: Transcript, aligner: Aligner, audio: Audio
) -> None:
    timed = add_word_timestamps(transcript, aligner, audio)
    counts = {
        granularity: sum(len(segment.words) for segment in to_document(timed, granularity).segments)
        for granularity in ("segment", "word", "char")
    }
    assert counts == {"segment": 0, "word": 3, "char": 14}
    assert to_document(transcript, "word").text == SPEECH_TEXT

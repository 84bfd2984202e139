"""Transcripts with the times of their words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.alignment.aligner import Aligner, AlignOptions
from edge_runtime.alignment.word_timestamps import add_word_timestamps, to_document
from edge_runtime.audio.load import Audio, from_array
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript
from edge_runtime.text.units import Korean
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

"""Words of a final come as an event of their own, on the stream's clock."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.streaming.events import Final, StreamEvent, Words
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.streaming.stream import Stream
from edge_runtime.streaming.word_times import word_times
from tests.support.spoken_numbers import NumberRecognizer, silence, spoken


@pytest.fixture(scope="module")
def aligner(tiny_aligner_bundle: Path) -> Aligner:
    return Aligner.load(tiny_aligner_bundle, device="cpu")


def played(aligner: Aligner, recognizer: NumberRecognizer) -> list[StreamEvent]:
    parts = replace(recognizer.parts(), align=partial(word_times, aligner=aligner))
    with Stream(parts, StreamOptions()) as stream:
        stream.feed(np.concatenate([silence(5), spoken(1, 2, 3, 4), silence(1)]))
    return list(stream.events())


def test_words_follow_their_final_and_their_times_are_the_streams(aligner: Aligner) -> None:
    events = played(aligner, NumberRecognizer())
    at = next(index for index, event in enumerate(events) if isinstance(event, Final))
    final, words = events[at : at + 2]
    assert isinstance(final, Final)
    assert isinstance(words, Words)
    assert [word.text for word in words.words] == ["w1", "w2", "w3", "w4"]
    assert words.problem is None
    assert all(final.start <= word.start <= word.end <= final.end + 0.001 for word in words.words)


def test_a_text_that_cannot_be_aligned_says_why(aligner: Aligner) -> None:
    recognizer = NumberRecognizer()
    recognizer.language = "Klingon"
    (words,) = [event for event in played(aligner, recognizer) if isinstance(event, Words)]
    assert words.words == ()
    assert "Klingon" in str(words.problem)

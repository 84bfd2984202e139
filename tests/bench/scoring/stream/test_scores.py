"""Scores of streams, on events whose answers were worked out by hand."""

from __future__ import annotations

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_bench.corpus import UnitSpan
from edge_bench.scoring.stream.latency import commit_latencies, first_text_latencies
from edge_bench.scoring.stream.log import SegmentLog, segments_of
from edge_bench.scoring.stream.scores import DEFINITIONS, StreamScores
from edge_bench.scoring.stream.text import count_text, edits_to_prefix, live_text
from edge_runtime.streaming.commit.words import continuation
from edge_runtime.streaming.events import Endpoint, Partial, SpeechStart, Stats
from tests.support.fake_stream import final

SPOKEN = [
    UnitSpan("turn", 0.2, 0.4),
    UnitSpan("off", 0.4, 0.7),
    UnitSpan("the", 0.7, 0.8),
    UnitSpan("lamp", 0.8, 1.2),
]
REFERENCE = "Turn off the lamp."


def partial(audio_s: float, stable: str, draft: str) -> Partial:
    return Partial(stable_added=stable, draft=draft, audio_s=audio_s, lag_ms=0.0)


def segment(text: str, *partials: Partial) -> SegmentLog:
    events = [
        SpeechStart(start=0.0, audio_s=0.2),
        *partials,
        Endpoint(end=1.4, reason="silence", audio_s=1.7),
        final(text, end=1.4),
        Stats(audio_s=2.0),
    ]
    (only,) = segments_of(events)
    return only


RIGHT = segment(
    "Turn off the lamp.",
    partial(0.7, "", ""),
    partial(1.0, "Turn", " of"),
    partial(1.5, " off", " the lamb"),
)
WRONG = segment("Turn on the lamp.", partial(1.0, "Turn off", ""))


def test_what_was_written_and_taken_away_again_is_counted_in_characters() -> None:
    # "Turn of" 7, "f the lamb" 10, "p." 2 of which "b" went.
    counts = count_text(RIGHT)
    assert (counts.shown, counts.removed) == (19, 1)
    # "Turn off" 8, then "ff" goes and "n the lamp." 11 come.
    assert (count_text(WRONG).shown, count_text(WRONG).removed) == (19, 2)


def test_stable_words_that_the_final_contradicts_are_counted() -> None:
    assert (count_text(RIGHT).stable, count_text(RIGHT).taken_back) == (2, 0)
    assert (count_text(WRONG).stable, count_text(WRONG).taken_back) == (2, 1)
    assert live_text(WRONG) == "Turn off the lamp."


def test_a_word_is_committed_where_it_became_stable_or_with_the_final() -> None:
    # "turn" at 1.0, "off" at 1.5, the others with the final at 1.7.
    assert commit_latencies([RIGHT], SPOKEN) == pytest.approx([0.6, 0.8, 0.9, 0.5])
    # "off" was never written in a final, "on" never spoken.
    assert commit_latencies([WRONG], SPOKEN) == pytest.approx([0.6, 0.9, 0.5])
    assert first_text_latencies([RIGHT]) == pytest.approx([0.8]), "an empty partial shows nothing"


def test_the_scores_of_recordings_are_pooled() -> None:
    scores = StreamScores()
    scores.add([RIGHT], REFERENCE, SPOKEN)
    scores.add([WRONG], REFERENCE, SPOKEN)
    scores.compare("Turn off the lamp.", "Turn off the lamp.")
    scores.compare("Turn on the lamp.", "Turn on the lamp")
    figures = scores.figures()
    assert figures.keys() <= DEFINITIONS.keys()
    assert figures["exact"] == 50
    # The live text has no error of 8 words, the finals have one.
    assert figures["live_gap"] == pytest.approx(-12.5)
    assert figures["taken_back"] == 25
    assert figures["rewrite"] == pytest.approx(3 / 38)
    assert figures["commit_p50_s"] == pytest.approx(0.6)


def test_a_stream_that_said_nothing_has_few_scores() -> None:
    scores = StreamScores()
    scores.add([], "", [])
    assert scores.figures() == {"taken_back": 0, "rewrite": 0}


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=7)


@given(WORDS, WORDS)
def test_edits_are_those_of_independent_programs(stable: list[str], text: list[str]) -> None:
    ends = range(len(text) + 1)
    by_jiwer = min(_edits_by_jiwer(" ".join(stable), " ".join(text[:end])) for end in ends)
    assert edits_to_prefix(stable, text) == by_jiwer
    assert continuation(" ".join(stable), " ".join(text))[1] == by_jiwer


def _edits_by_jiwer(reference: str, hypothesis: str) -> int:
    if not reference:
        return len(hypothesis.split())
    counts = jiwer.process_words(reference, hypothesis)
    return counts.substitutions + counts.deletions + counts.insertions

"""Scores of a voice activity detector: planted spans, and silero on the committed clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_mini.timed_speech import Span
from edge_mini.vad_scene import Scene, join, quiet_behind_loud, read_timed
from edge_mini.vad_scores import VadScores, score
from edge_mini.vad_trial import detector
from tests.support.silero import silero_vad

CLIPS = read_timed(Path("tests/aligned_clips"))
WORDS = ((Span(1.0, 1.5), Span(1.5, 2.0)), (Span(6.0, 6.4), Span(6.4, 7.0)))
SCENE = Scene(np.zeros(10 * 16_000, np.float32), WORDS)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([Span(1.0, 2.0), Span(6.0, 7.0)], VadScores(0.0, 0.0, 0.0)),
        ([Span(0.7, 2.3), Span(5.7, 7.3)], VadScores(0.0, 0.0, 0.0)),
        ([Span(1.0, 2.0)], VadScores(50.0, 50.0, 0.0)),
        ([Span(1.6, 2.0), Span(6.3, 7.0)], VadScores(50.0, 50.0, 0.0)),
        ([Span(0.0, 10.0)], VadScores(0.0, 0.0, 100.0)),
        ([], VadScores(100.0, 100.0, 0.0)),
    ],
)
def test_scores_are_those_of_planted_spans(spans: list[Span], expected: VadScores) -> None:
    assert score(SCENE, spans) == expected


@pytest.mark.parametrize("snr_db", [None, 20.0])
def test_speech_between_pauses_is_found(snr_db: float | None) -> None:
    scene = join(np.random.default_rng(2), CLIPS * 2, snr_db)
    scores = score(scene, detector(silero_vad())(scene))
    assert scores.late == 0
    assert scores.missed <= 0.5
    assert scores.false <= 10


def test_a_quiet_clip_behind_a_loud_one_is_found() -> None:
    scene = quiet_behind_loud(np.random.default_rng(3), CLIPS[0], CLIPS[1])
    scores = score(Scene(scene.samples, scene.clips[1:]), detector(silero_vad())(scene))
    assert (scores.late, scores.missed) == (0, 0)

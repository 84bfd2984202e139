"""A long recording against its clips: what is counted where, and what the joined recording is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_bench.corpus import Clip
from edge_bench.scoring.long_recording import Gaps, Placed, write_long_recording
from edge_bench.scoring.long_scores import score_alone, score_joined
from edge_runtime.results.transcript import Segment
from tests.bench.support.transcripts import make_transcript
from tests.support.tiny_bundle import tone

RATE = 16_000
CLIPS = [
    Clip(id="en", audio="en.wav", text="Turn on the lamp.", language="English"),
    Clip(id="zh", audio="zh.wav", text="打开灯。", language="Chinese"),
]
PLACED = [Placed(CLIPS[0], 0.0, 2.0), Placed(CLIPS[1], 5.0, 6.0), Placed(CLIPS[0], 9.0, 11.0)]


def score(*segments: tuple[float, float, str]) -> tuple[int, int]:
    result = replace(make_transcript(""), segments=tuple(Segment(*one) for one in segments))
    actual = score_joined(PLACED, result)
    assert (actual.num_units, actual.num_clips) == (11, 3)
    return actual.errors, actual.last_words_lost


RIGHT = [(0.0, 2.0, "turn on the lamp"), (5.0, 6.0, "打开灯"), (9.0, 11.0, "Turn on the lamp.")]


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        (RIGHT, (0, 0)),
        ([(0.0, 6.0, "turn on the lamp 打开灯"), RIGHT[2]], (0, 0)),
        ([RIGHT[0], (4.9, 6.0, "打开"), RIGHT[2]], (1, 1)),
        ([RIGHT[0], RIGHT[1]], (4, 1)),
        ([RIGHT[0], (2.5, 3.0, "hum"), *RIGHT[1:]], (1, 0)),
        ([(0.0, 0.7, "turn"), (1.0, 2.0, "on the lamp"), *RIGHT[1:]], (0, 0)),
        ([], (11, 3)),
    ],
    ids=["right", "two in one", "cut", "the last is missing", "invented", "one in two", "nothing"],
)
def test_errors_are_counted_where_they_are(
    segments: list[tuple[float, float, str]], expected: tuple[int, int]
) -> None:
    assert score(*segments) == expected


def test_clips_alone_count_as_often_as_they_were_placed() -> None:
    actual = score_alone(PLACED, {"en": "turn off the lamp", "zh": "打开灯"})
    assert (actual.errors, actual.num_units, actual.num_clips) == (2, 11, 3)
    assert actual.error_percent == pytest.approx(18.18, abs=0.01)


def test_clips_stand_in_the_recording_where_it_is_said(tmp_path: Path) -> None:
    for clip, seconds in zip(CLIPS, (2, 1), strict=True):
        soundfile.write(tmp_path / clip.audio, tone(seconds * RATE), RATE)
    path = tmp_path / "long.flac"
    placed = write_long_recording(path, CLIPS, tmp_path, 20, Gaps(), seed=1)
    assert placed == write_long_recording(path, CLIPS, tmp_path, 20, Gaps(), seed=1)
    samples = soundfile.read(path)[0]
    assert len(samples) >= 20 * RATE
    loud = np.zeros(len(samples), np.bool_)
    for one in placed:
        loud[round(one.start * RATE) : round(one.end * RATE)] = True
    assert np.abs(samples[~loud]).max() == 0
    write_long_recording(path, CLIPS, tmp_path, 20, Gaps(noise=True), seed=1)
    noisy = soundfile.read(path)[0]
    assert 0.01 < np.sqrt(np.mean(noisy[~loud] ** 2)) < 0.5

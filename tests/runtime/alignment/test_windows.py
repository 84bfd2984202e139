"""Long audio, aligned window by window: the times are those that a planted aligner knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_runtime.alignment.times import UnitTime
from edge_runtime.alignment.windows import align_long
from edge_runtime.text.units import Unit
from tests.support.gate import find_speech

RATE = 16_000
MAX_S = 180.0

Surplus = Literal["pressed", "piled", "zero"]
"""What the planted aligner says of units not spoken in the piece: the end of the piece; the end of the last
unit that is; the beginning."""


@dataclass
class PlantedAligner:
    """Knows when each unit is spoken, and finds the piece in the recording by where it lies in memory."""

    recording: NDArray[np.float32]
    speech_ms: list[tuple[int, int]]
    surplus: Surplus = "pressed"
    pieces: list[tuple[int, int, int]] = field(default_factory=list)

    def __call__(self, piece: NDArray[np.float32], units: Sequence[Unit]) -> list[UnitTime]:
        first = (piece.ctypes.data - self.recording.ctypes.data) // self.recording.itemsize
        self.pieces.append((first, first + len(piece), len(units)))
        begin, end = first * 1000 / RATE, (first + len(piece)) * 1000 / RATE
        unit_spans = [self.speech_ms[unit.start] for unit in units]
        last = max((stop for _, stop in unit_spans if stop <= end), default=begin)
        beyond = {"pressed": end, "piled": max(begin, last), "zero": begin}[self.surplus]
        return [
            UnitTime(
                *(
                    round(min(max(edge, begin), end) - begin if start < end else beyond - begin)
                    for edge in (start, stop)
                ),
                confidence=0.5,
            )
            for start, stop in unit_spans
        ]


def timeline(rng: np.random.Generator, duration_s: float, *, silences: bool) -> list[tuple[int, int]]:
    """Return spoken units in ms: the pace changes; some follow at once, some after a silence."""
    unit_spans, at = [], int(rng.integers(0, 3_000))
    while True:
        pace = int(rng.integers(120, 500))
        for _ in range(int(rng.integers(1, 30))):
            length = int(rng.integers(pace // 2, pace * 2))
            if at + length > duration_s * 1000:
                return unit_spans
            unit_spans.append((at, at + length))
            at += length + int(rng.choice([0, 0, 40, 300]))
        at += int(rng.choice([400, 2_000, 60_000 if silences else 800]))


def recording_of(speech_ms: Sequence[tuple[int, int]], duration_s: float) -> NDArray[np.float32]:
    rng = np.random.default_rng(1)
    samples = (rng.standard_normal(round(duration_s * RATE), np.float32)) * np.float32(1e-4)
    for start, end in speech_ms:
        samples[start * RATE // 1000 : end * RATE // 1000] *= 1_000
    return samples


def units_of(speech_ms: Sequence[tuple[int, int]]) -> list[Unit]:
    return [Unit("a", index, index + 1) for index in range(len(speech_ms))]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("silences", [False, True])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("surplus", ["pressed", "piled"])
def test_twenty_minutes_come_out_exactly(seed: int, silences: bool, gated: bool, surplus: Surplus) -> None:  # noqa: FBT001
    duration_s = 1_200
    unit_spans = timeline(np.random.default_rng(seed), duration_s, silences=silences)
    recording = recording_of(unit_spans, duration_s)
    aligner = PlantedAligner(recording, unit_spans, surplus)
    speech = find_speech(recording, RATE) if gated else None
    actual = list(align_long(aligner, recording, RATE, units_of(unit_spans), max_s=MAX_S, speech=speech))
    assert [(time.start_ms, time.end_ms) for time in actual] == unit_spans
    assert {(time.confidence, time.repaired) for time in actual} == {(0.5, False)}
    assert all(end - start <= MAX_S * RATE for start, end, _ in aligner.pieces)
    assert len(aligner.pieces) <= 16


@given(seed=st.integers(0, 1_000), duration_s=st.integers(1, 90), max_s=st.sampled_from([8.0, 20.0, 45.0]))
def test_any_recording_comes_out_exactly(seed: int, duration_s: int, max_s: float) -> None:
    unit_spans = timeline(np.random.default_rng(seed), duration_s, silences=seed % 2 == 0)
    recording = recording_of(unit_spans, duration_s)
    aligner = PlantedAligner(recording, unit_spans)
    actual = align_long(aligner, recording, RATE, units_of(unit_spans), max_s=max_s)
    assert [(time.start_ms, time.end_ms) for time in actual] == unit_spans


@given(
    seed=st.integers(0, 1_000),
    surplus=st.sampled_from(["pressed", "piled", "zero"]),
    extra=st.integers(0, 300),
    speech=st.booleans(),
)
def test_no_unit_is_lost_and_time_never_runs_back_even_with_a_bad_aligner(
    seed: int, surplus: Surplus, extra: int, *, speech: bool
) -> None:
    rng = np.random.default_rng(seed)
    unit_spans = timeline(rng, 60, silences=True)
    recording = recording_of(unit_spans, 60)
    known = [*unit_spans, *[(70_000, 70_000)] * extra]
    aligner = PlantedAligner(recording, known, surplus)

    def forgetful(piece: NDArray[np.float32], units: Sequence[Unit]) -> list[UnitTime]:
        times = aligner(piece, units)
        return [UnitTime(0, 0) if rng.random() < 0.3 else time for time in times]

    spans = find_speech(recording, RATE) if speech else None
    actual = list(align_long(forgetful, recording, RATE, units_of(known), max_s=12, speech=spans))
    assert len(actual) == len(known)
    edges = [edge for time in actual for edge in (time.start_ms, time.end_ms)]
    assert all(left <= right for left, right in pairwise(edges))
    assert all(0 <= edge <= 60_000 for edge in edges)


def test_short_audio_is_one_window_with_everything_in_it() -> None:
    unit_spans = [(100, 400), (400, 900)]
    recording = recording_of(unit_spans, 2)
    aligner = PlantedAligner(recording, unit_spans)
    list(align_long(aligner, recording, RATE, units_of(unit_spans), max_s=2))
    assert aligner.pieces == [(0, 2 * RATE, 2)]


def test_leading_silence_is_skipped_where_speech_is_known() -> None:
    unit_spans = [(60_000, 60_500)]
    recording = recording_of(unit_spans, 70)
    aligner = PlantedAligner(recording, unit_spans)
    speech = find_speech(recording, RATE)
    (time,) = align_long(aligner, recording, RATE, units_of(unit_spans), max_s=90, speech=speech)
    assert (time.start_ms, time.end_ms) == (60_000, 60_500)
    assert aligner.pieces[0][0] == pytest.approx(59.65 * RATE, abs=RATE // 10)


def test_nothing_to_align_calls_nobody() -> None:
    recording = np.zeros(RATE, np.float32)
    aligner = PlantedAligner(recording, [])
    assert list(align_long(aligner, recording, RATE, [], max_s=10)) == []
    assert aligner.pieces == []

"""Short versions of `make threads` and `make soak`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_bench.corpus import AlignedClip, read_list
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.streaming.events import Final, StreamEvent
from tests.conftest import ROOT
from tests.endurance.recordings import RATE, TESTS, joined, joined_texts, spoken_texts, waveforms
from tests.endurance.soak import Reading, slope
from tests.endurance.soak_stream import faults, minute_of_speech, read_minutes
from tests.endurance.threads import wrong_in_threads


def _run(module: str, *arguments: object) -> str:
    command = [sys.executable, "-m", f"tests.endurance.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_threads_and_processes_get_what_one_thread_gets(mini_bundle: Path, mini_aligner_bundle: Path) -> None:
    last = _run("threads", mini_bundle, mini_aligner_bundle, "--clips", 60)
    assert last == "scores: cases=277 wrong=0"


@pytest.mark.slow
def test_memory_does_not_grow_by_what_a_recording_needs(mini_bundle: Path, mini_aligner_bundle: Path) -> None:
    # Ten seconds of samples and features that somebody keeps are 2.5 MB a call, 2,500 in a thousand.
    flags = ("--transcriptions", 160, "--alignments", 40, "--warm-up", 60, "--max-slope", 400)
    assert "files=" in _run("soak", mini_bundle, mini_aligner_bundle, *flags)


def test_the_slope_is_that_of_a_leak_and_not_that_of_a_peak() -> None:
    noise = np.random.default_rng(0).normal(0, 2, 200)
    leaking = [Reading(10 * n, 200 + 0.01 * n + noise[n], 6, 1) for n in range(200)]
    peaks = [Reading(10 * n, 200 + (80 if n % 10 == 0 else 0), 6, 1) for n in range(200)]
    assert slope(leaking) == pytest.approx(1, abs=0.5)
    assert slope(peaks) == 0


@pytest.mark.slow
@pytest.mark.parametrize("kept_mb", [0, 2])
def test_a_stream_does_not_grow_and_one_whose_finals_leave_something_behind_is_named(kept_mb: int) -> None:
    kept: list[bytes] = []

    def take(event: StreamEvent) -> None:
        if isinstance(event, Final):
            kept.append(b"x" * (kept_mb << 20))

    with Recognizer.load(SHIPPED["mini"], threads=1) as recognizer, recognizer.stream() as stream:
        readings = list(read_minutes(stream, 7, take))
    assert len(kept) > 14
    # Two megabytes of each of two finals a minute are 240 an hour; the first minutes fill caches.
    named = faults(readings[3:], max_slope=100)
    assert [fault.partition(" by ")[0] for fault in named] == (["memory grows"] if kept_mb else [])


def test_each_fault_of_a_stream_is_named_with_its_figure() -> None:
    steady = [Reading(minute, 110.0 + 0.3 * (minute % 7 == 0), 6, 2) for minute in range(120)]
    assert faults(steady, 0.25) == []
    leaking = [replace(one, resident_mb=one.resident_mb + one.calls / 120) for one in steady]
    assert faults(leaking, 0.25) == ["memory grows by 0.50 MB an hour"]
    last = replace(steady[-1], calls=120, descriptors=8, threads=3)
    assert faults([*steady, last], 0.25) == ["1 threads were added", "2 files were left open"]


def test_each_minute_of_a_stream_ends_in_silence() -> None:
    minute = minute_of_speech(np.random.default_rng(0), waveforms())
    assert len(minute) == 60 * RATE
    assert not minute[-RATE:].any()


def test_an_answer_that_differs_between_threads_is_counted() -> None:
    calls = iter(range(1000))
    assert wrong_in_threads(lambda _: next(calls), [1, 2, 3], 2) == (3, 3)
    assert wrong_in_threads(lambda request: request, [1, 2, 3], 2) == (3, 0)


def test_recordings_have_the_length_that_was_asked_for_and_whole_texts() -> None:
    random = np.random.default_rng(0)
    assert len(joined(random, waveforms(), 12.5)) == 12.5 * RATE
    waveform, text = joined_texts(random, spoken_texts(), 20.0)
    known = read_list(TESTS / "aligned_clips" / "manifest.jsonl", AlignedClip)
    assert 10 * RATE < len(waveform) <= 20 * RATE
    for clip in known:
        text = text.replace(clip.text, "")
    assert text.strip() == ""

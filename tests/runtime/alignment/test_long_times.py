"""Words at the end of a long recording are timed as those at its beginning."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile
import soxr

from edge_bench.corpus import AlignedClip, read_list
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.alignment.word_timestamps import add_word_timestamps
from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import load_audio
from edge_runtime.bundle.shipped import shipped_bundle
from edge_runtime.recognition.recognizer import Recognizer
from tests.conftest import ROOT

RATE = 16_000
END_S = 1200.0
LIST = ROOT / "tests" / "aligned_clips" / "manifest.jsonl"
MISHEARD = "en-00115"
"""The mini hears other words in it."""


class Planted(NamedTuple):
    """A word and when it begins."""

    text: str
    start: Seconds


def write_recording(path: Path) -> list[Planted]:
    """Write the clips at the beginning and after 20 minutes, at another rate, and return their words."""
    clips = [clip for clip in read_list(LIST, AlignedClip) if clip.id != MISHEARD]
    samples = np.zeros(round((END_S + 70) * RATE), np.float32)
    planted = []
    for begin_s in (0.0, END_S):
        at = round(begin_s * RATE)
        for clip in clips:
            at += RATE * 3 // 2
            waveform = load_audio(LIST.parent / clip.audio, RATE, 60).waveform
            samples[at : at + len(waveform)] = waveform
            planted += [Planted(unit.text, at / RATE + unit.start) for unit in clip.units]
            at += len(waveform)
    soundfile.write(path, soxr.resample(samples, RATE, 44_100), 44_100, subtype="PCM_24")
    return planted


@pytest.mark.slow
def test_words_after_twenty_minutes_are_within_80_ms(mini_aligner_bundle: Path, tmp_path: Path) -> None:
    path, shipped = tmp_path / "long.flac", shipped_bundle("mini")
    assert shipped is not None
    planted = write_recording(path)
    transcript = Recognizer.load(shipped, threads=1).transcribe(path)
    words = add_word_timestamps(transcript, Aligner.load(mini_aligner_bundle, threads=1), path).words
    assert words is not None
    assert [word.text.strip(".。") for word in words] == [word.text for word in planted]
    late = [word for word in planted if word.start > END_S]
    assert len(late) == len(planted) // 2 > 100
    off = [
        (word, actual.start)
        for word, actual in zip(planted, words, strict=True)
        if abs(actual.start - word.start) > 0.08
    ]
    assert off == []

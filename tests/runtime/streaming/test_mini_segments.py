"""Segments that grow on the float32 build, whose sums no code rounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.streaming.segment_decoder import SegmentDecoder

RATE = 16_000
CLIPS = Path(__file__).parents[2] / "clips"


def test_a_final_in_float32_is_the_offline_transcript(mini_bundle: Path) -> None:
    clips = [soundfile.read(CLIPS / f"en-0000{number}.flac", dtype="float32")[0] for number in (0, 3, 4, 5)]
    recognizer, waveform = Recognizer.load(mini_bundle, threads=1), np.concatenate(clips)
    decoder = SegmentDecoder(recognizer)
    for start in range(0, len(waveform), 7777):
        decoder.step(waveform[start : start + 7777])
    actual, expected = decoder.finish(), recognizer.transcribe(waveform, sample_rate=RATE)
    assert actual.text == expected.text != ""
    assert actual.num_tokens == expected.num_tokens
    assert decoder.work.accepted_tokens > 0.5 * decoder.work.draft_tokens > 0

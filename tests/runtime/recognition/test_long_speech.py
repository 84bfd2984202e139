"""Long recordings of real clips, on the bundle in the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.arrays import Waveform
from edge_runtime.audio.load import load_audio
from edge_runtime.bundle.shipped import shipped_bundle
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.vad.segmentation import SegmentOptions
from tests.conftest import ROOT

RATE = 16_000
CLIPS = sorted((ROOT / "tests" / "clips").glob("[ez]*.flac"))[::3]


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    bundle = shipped_bundle("mini")
    assert bundle is not None
    return Recognizer.load(bundle, threads=1)


@pytest.fixture(scope="module")
def joined() -> Waveform:
    """Clips of both languages with a second between them."""
    silence = np.zeros(RATE, np.float32)
    return np.concatenate([part for clip in CLIPS for part in (load_audio(clip, RATE, 60).waveform, silence)])


@pytest.mark.parametrize("batch_size", [1, 16])
@pytest.mark.parametrize("segment_sec", [4.0, 11.0, 30.0])
def test_every_segment_has_the_tokens_of_its_stretch_alone(
    recognizer: Recognizer,
    joined: Waveform,
    tmp_path: Path,
    segment_sec: float,
    batch_size: int,
) -> None:
    path = tmp_path / "joined.wav"
    soundfile.write(path, joined, RATE, subtype="FLOAT")
    segments = SegmentOptions(segment_sec=segment_sec)
    options = TranscribeOptions(long=LongOptions(segments=segments, use_vad=False, second_look=False))
    (result,) = recognizer.transcribe_batch([path], options=options, batch_size=batch_size)
    assert len(result.segments) >= len(joined) / RATE / segment_sec
    for segment in result.segments:
        stretch = joined[round(segment.start * RATE) : round(segment.end * RATE)]
        alone = recognizer.transcribe(stretch, sample_rate=RATE)
        assert (alone.text, alone.language) == (segment.text, segment.language)
        assert alone.num_tokens == segment.num_tokens
        assert alone.avg_logprob == pytest.approx(segment.avg_logprob, abs=1e-4)
    assert {segment.language for segment in result.segments} == {"English", "Chinese"}

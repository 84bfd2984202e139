"""Long recordings of real clips, on the bundle in the package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from edge_runtime.arrays import Waveform
from edge_runtime.audio.load import load_audio
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle, open_bundle
from edge_runtime.bundle.shipped import shipped_bundle
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.vad.segmentation import SegmentOptions
from tests.conftest import ROOT

RATE = 16_000
CLIPS = sorted((ROOT / "tests" / "clips").glob("[ez]*.flac"))[::3]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    path = shipped_bundle("mini")
    assert path is not None
    return open_bundle(path)


@pytest.fixture(scope="module")
def recognizer(bundle: Bundle) -> Recognizer:
    return Recognizer(bundle, SessionOptions(threads=1))


def with_fixed_cache(bundle: Bundle, num_rows: int) -> Bundle:
    """Return the bundle with a cache of so many rows whatever a sequence needs, as an engine has it."""
    decoder = msgspec.structs.replace(bundle.manifest.require_asr().decoder, kv_capacity=num_rows)
    return replace(bundle, manifest=msgspec.structs.replace(bundle.manifest, decoder=decoder))


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
    timing = result.timing
    stages = (timing.decode_ms, timing.frontend_ms, timing.encoder_ms, timing.prefill_ms, timing.generate_ms)
    assert min(stages) > 0
    assert sum(stages) <= timing.total_ms * 1.0001
    for segment in result.segments:
        stretch = joined[round(segment.start * RATE) : round(segment.end * RATE)]
        alone = recognizer.transcribe(stretch, sample_rate=RATE)
        assert (alone.text, alone.language) == (segment.text, segment.language)
        assert alone.num_tokens == segment.num_tokens
        assert alone.avg_logprob == pytest.approx(segment.avg_logprob, abs=1e-4)
    assert {segment.language for segment in result.segments} == {"English", "Chinese"}


@pytest.mark.parametrize("segment_sec", [4.0, 20.0])
def test_a_cache_of_fixed_size_gives_every_segment_the_same_tokens(
    recognizer: Recognizer, bundle: Bundle, joined: Waveform, segment_sec: float
) -> None:
    options = TranscribeOptions(long=LongOptions(segments=SegmentOptions(segment_sec=segment_sec)))
    fixed = Recognizer(with_fixed_cache(bundle, 1024), SessionOptions(threads=1))
    expected, actual = (
        one.transcribe(joined, sample_rate=RATE, options=options) for one in (recognizer, fixed)
    )
    assert len(expected.segments) >= len(joined) / RATE / segment_sec
    assert [replace(one, avg_logprob=None, language_probability=None) for one in actual.segments] == [
        replace(one, avg_logprob=None, language_probability=None) for one in expected.segments
    ]
    assert actual.avg_logprob == pytest.approx(expected.avg_logprob, abs=1e-4)


@pytest.mark.slow
def test_the_last_word_of_a_recording_longer_than_the_model_takes_is_there(
    recognizer: Recognizer, bundle: Bundle, joined: Waveform
) -> None:
    seconds = 1201.0
    assert bundle.manifest.limits.max_audio_s < seconds
    last = load_audio(CLIPS[-1], RATE, 60).waveform
    before = np.resize(joined, round(seconds * RATE) - len(last) - RATE)
    samples = np.concatenate([before, np.zeros(RATE, np.float32), last])
    options = TranscribeOptions(long=LongOptions(segments=SegmentOptions(segment_sec=8.0)))
    actual = recognizer.transcribe(samples, sample_rate=RATE, options=options)
    alone = recognizer.transcribe(last, sample_rate=RATE)
    assert actual.segments[-1].end == pytest.approx(seconds)
    assert actual.text.endswith(alone.text[-6:])
    assert alone.text

"""Recordings longer than a segment, on a bundle whose answers are planted and with a planted detector."""

from __future__ import annotations

import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from edge_runtime.arrays import Waveform
from edge_runtime.audio.options import AudioFile, LoadOptions
from edge_runtime.errors import AudioError, UsageError
from edge_runtime.model.decoder import Decoder
from edge_runtime.recognition.long.assembly import Assembly
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.long.pieces import Piece, RecordingEnd
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript
from edge_runtime.vad.segmentation import SegmentOptions
from edge_runtime.vad.silero import SileroVad
from tests.support.manifests import LOGPROB, decoder_spec
from tests.support.planted_vad import PlantedVad, sounds
from tests.support.tiny_bundle import SPEECH_TEXT, make_vocabulary, tone, write_tiny_bundle

RATE = 16_000
SHORT = SegmentOptions(segment_sec=2.0)


@pytest.fixture(scope="module")
def recognizer(tiny_bundle: Path) -> Recognizer:
    return Recognizer.load(tiny_bundle, threads=1)


@pytest.fixture
def hearing(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Recognizer:
    """A recognizer whose bundle has a detector."""
    monkeypatch.setattr(SileroVad, "of", lambda _: PlantedVad())
    return Recognizer.load(tiny_bundle, threads=1)


def transcribe(recognizer: Recognizer, samples: Waveform, **changes: object) -> Transcript:
    options = TranscribeOptions(long=LongOptions(**changes))
    return recognizer.transcribe(samples, sample_rate=RATE, options=options)


def test_without_a_detector_all_of_a_long_recording_is_decoded(recognizer: Recognizer) -> None:
    actual = transcribe(recognizer, tone(75 * RATE))
    assert actual.text == " ".join([SPEECH_TEXT] * 3)
    assert (actual.segments[0].start, actual.segments[-1].end) == (0.0, 75.0)
    assert (actual.status, actual.language, actual.num_tokens) == ("ok", "English", 21)
    assert (actual.covered_s, actual.uncovered_s) == (75.0, 0.0)
    assert actual.avg_logprob == pytest.approx(LOGPROB)


def test_the_samples_of_decoded_segments_are_not_kept(
    recognizer: Recognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "long.wav", tone(140 * RATE), RATE)
    seen: list[weakref.ref[Waveform]] = []
    kept: list[int] = []
    add, end = Assembly.add, Assembly.end

    def watched(assembly: Assembly, piece: Piece, result: Transcript | AudioError) -> None:
        seen.append(weakref.ref(piece.recording.audio.waveform))
        add(assembly, piece, result)

    def counted(assembly: Assembly, last: RecordingEnd | AudioError) -> Transcript | AudioError:
        kept.append(sum(one() is not None for one in seen))
        return end(assembly, last)

    monkeypatch.setattr(Assembly, "add", watched)
    monkeypatch.setattr(Assembly, "end", counted)
    recognizer.transcribe(tmp_path / "long.wav", options=TranscribeOptions(long=LongOptions(segments=SHORT)))
    assert len(seen) >= 70
    assert kept[0] <= 32, "those of the last pool"


def test_a_detector_leaves_silence_out_and_moves_no_time(hearing: Recognizer) -> None:
    actual = transcribe(hearing, sounds(2, 30, 3, 1, 1, 10))
    assert [(one.start, one.end) for one in actual.segments] == [
        (0.0, pytest.approx(2.05, abs=0.04)),
        (pytest.approx(31.95, abs=0.04), pytest.approx(35.05, abs=0.04)),
        (pytest.approx(35.95, abs=0.04), pytest.approx(37.05, abs=0.04)),
    ]
    assert actual.covered_s == pytest.approx(6.25, abs=0.2)
    assert actual.audio.duration_s == 47.0
    assert actual.text == " ".join([SPEECH_TEXT] * 3)


def test_a_recording_of_one_segment_is_decoded_as_it_is(hearing: Recognizer) -> None:
    samples = sounds(1, 5, 1)
    plain = transcribe(hearing, samples, use_vad=False)
    actual = transcribe(hearing, samples)
    assert replace(actual, timing=plain.timing) == plain
    assert [(one.start, one.end) for one in actual.segments] == [(0.0, 7.0)]


@pytest.mark.parametrize("seconds", [5, 45])
def test_silence_is_never_decoded(hearing: Recognizer, monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    monkeypatch.setattr(Decoder, "prefill", None)
    actual = transcribe(hearing, np.zeros(seconds * RATE, np.float32))
    assert (actual.text, actual.status, actual.no_speech, actual.segments) == ("", "no_speech", True, ())
    assert actual.audio.duration_s == seconds


def test_sound_that_the_detector_refuses_is_reported(hearing: Recognizer) -> None:
    generator = np.random.default_rng(0)
    samples = sounds(2, 10, 3, 20) + 1e-3 * generator.standard_normal(35 * RATE).astype(np.float32)
    noise = 0.05 * generator.standard_normal(3 * RATE)
    samples[5 * RATE : 8 * RATE] = np.clip(noise, -0.09, 0.09)
    actual = transcribe(hearing, samples)
    assert actual.uncovered_s == pytest.approx(3.0, abs=0.1)
    assert [(one.start, one.end) for one in actual.uncovered] == [pytest.approx((5.0, 8.0), abs=0.05)]
    assert [warning.code for warning in actual.warnings] == ["uncovered"]
    assert "5.0-8.0 s" in actual.warnings[0].message


def test_of_many_sounds_that_are_left_out_the_longest_are_named(hearing: Recognizer) -> None:
    generator = np.random.default_rng(0)
    samples = sounds(20, 30) + 1e-3 * generator.standard_normal(50 * RATE).astype(np.float32)
    for at, seconds in ((22, 1.0), (25, 2.0), (29, 1.0), (33, 3.0), (39, 4.0)):
        noise = 0.05 * generator.standard_normal(round(seconds * RATE))
        samples[at * RATE :][: len(noise)] = np.clip(noise, -0.09, 0.09)
    actual = transcribe(hearing, samples)
    (warning,) = actual.warnings
    assert actual.uncovered_s == pytest.approx(11.0, abs=0.6)
    assert [round(one.start) for one in actual.uncovered] == [22, 25, 29, 33, 39], "all of them"
    assert sum(one.end - one.start for one in actual.uncovered) == pytest.approx(actual.uncovered_s)
    assert "(5 places, the longest 2" in warning.message
    assert all(times in warning.message for times in ("25.0-27.0 s, ", "33.0-36.0 s, ", "39.0-43.0 s)"))
    assert len(warning.message) < 200


def test_a_short_recording_without_a_voice_is_decoded_without_a_language(
    hearing: Recognizer,
) -> None:
    options = TranscribeOptions(language="English", context="names")
    for quiet, voice in ((True, False), (False, True)):
        samples = sounds(5, level=0.05 if quiet else 0.5)
        actual = hearing.transcribe(samples, sample_rate=RATE, options=options)
        assert (actual.text, actual.language_forced) == (SPEECH_TEXT, voice)


def test_only_the_clips_that_were_asked_for_are_transcribed(hearing: Recognizer) -> None:
    actual = transcribe(hearing, sounds(20), clip_timestamps=(1.0, 2.0, 5.0, 5.5, 19.0))
    assert [(one.start, one.end) for one in actual.segments] == [(1.0, 2.0), (5.0, 5.5), (19.0, 20.0)]
    whole = transcribe(hearing, sounds(20), clip_timestamps=(0.0,))
    assert [(one.start, one.end) for one in whole.segments] == [(0.0, 20.0)]
    with pytest.raises(UsageError, match="ascending"):
        LongOptions(clip_timestamps=(3.0, 1.0))


BOUNDARIES = [0.05, 0.5, 1.0, *(2.0 * at + by for at in range(1, 15) for by in (-0.01, 0.0, 0.01, 1.0))]


@pytest.mark.parametrize("seconds", [*BOUNDARIES, 120.07])
def test_the_end_of_a_recording_of_any_length_is_decoded(recognizer: Recognizer, seconds: float) -> None:
    actual = transcribe(recognizer, tone(round(seconds * RATE)), segments=SHORT, second_look=False)
    assert actual.segments[0].start == 0.0
    assert actual.segments[-1].end == pytest.approx(seconds, abs=1e-3)
    assert actual.covered_s == pytest.approx(seconds)
    assert actual.text == " ".join([SPEECH_TEXT] * len(actual.segments))
    assert all(one.end - one.start <= 2.001 for one in actual.segments)


def test_segments_fit_a_cache_of_fixed_size_whatever_the_context(tmp_path: Path) -> None:
    spec = decoder_spec(len(make_vocabulary()), kv_capacity=512)
    fixed = Recognizer.load(write_tiny_bundle(tmp_path / "b", decoder=spec), threads=1)
    plain, informed = (
        fixed.transcribe(tone(75 * RATE), sample_rate=RATE, context=context) for context in ("", "word " * 40)
    )
    for actual in (plain, informed):
        assert (actual.status, actual.covered_s) == ("ok", 75.0)
        assert actual.text == " ".join([SPEECH_TEXT] * len(actual.segments))
    assert len(informed.segments) > len(plain.segments), "the context takes rows"


def test_segments_of_the_lowest_energy_leave_nothing_out(hearing: Recognizer) -> None:
    samples = sounds(12, 4, 30, 0.5, 20)
    segments = SegmentOptions(segment_sec=20.0, low_energy=True)
    actual = transcribe(hearing, samples, segments=segments)
    assert [one.start for one in actual.segments][:2] == [0.0, 15.0], "the first silence within 5 s of 20 s"
    assert (actual.segments[-1].end, actual.covered_s) == (66.5, pytest.approx(66.5))
    assert [one.end for one in actual.segments[:-1]] == [one.start for one in actual.segments[1:]]
    assert max(one.end - one.start for one in actual.segments) <= 25.0


@pytest.mark.parametrize(
    "changes", [{"pack": True}, {"segment_sec": 0.0}, {"segment_sec": 9.0}, {"clip_timestamps": (1.0,)}]
)
def test_the_lowest_energy_is_no_option_of_other_plans(changes: dict[str, Any]) -> None:
    times = changes.pop("clip_timestamps", ())
    with pytest.raises(UsageError, match="low_energy"):
        LongOptions(segments=SegmentOptions(low_energy=True, **changes), clip_timestamps=times)


def test_long_and_short_recordings_and_errors_come_in_order(hearing: Recognizer) -> None:
    long, short = sounds(3, 1, 2, 6, 20), sounds(1)
    audios = [short, long, "absent.wav", long, short, np.zeros(40 * RATE, np.float32), short]
    for batch_size in (1, 3, 40):
        results = list(hearing.transcribe_each(audios, sample_rate=RATE, batch_size=batch_size))
        assert isinstance(results.pop(2), AudioError)
        counts = [one.text.count(SPEECH_TEXT) for one in results if isinstance(one, Transcript)]
        assert counts == [1, 3, 3, 1, 0, 1]


def test_a_long_file_gives_what_its_samples_give(hearing: Recognizer, tmp_path: Path) -> None:
    samples = sounds(3, 40, 2)
    path = tmp_path / "long.flac"
    soundfile.write(path, samples, RATE, subtype="PCM_24")
    actual = hearing.transcribe(path)
    expected = transcribe(hearing, soundfile.read(path, dtype="float32")[0])
    assert actual.segments == expected.segments
    assert actual.audio.path == str(path)
    assert actual.timing.decode_ms > 0


def test_a_file_that_breaks_off_is_refused_whole_or_taken_in_part(
    hearing: Recognizer, tmp_path: Path
) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, sounds(40), RATE)
    path.write_bytes(path.read_bytes()[: 39 * 2 * RATE])
    with pytest.raises(AudioError, match="damaged"):
        hearing.transcribe(path)
    actual = hearing.transcribe(AudioFile(path, LoadOptions(salvage=True)))
    assert (actual.text, actual.status) == (" ".join([SPEECH_TEXT] * 2), "partial")


def test_an_overdriven_long_recording_says_so(hearing: Recognizer) -> None:
    samples = np.clip(5 * sounds(40), -1, 1)
    assert transcribe(hearing, samples).status == "audio_clipped"

"""Recordings read ahead, decoded together, and given back in their order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime import Recognizer, Transcript, load_audio
from edge_runtime.audio.load import Audio
from edge_runtime.decoding.batch_decoder import BatchDecoder
from edge_runtime.errors import AudioError, AudioNotFoundError, AudioTooLongError, UsageError
from edge_runtime.recognition.answers.answer import Answer, AnswerReader
from edge_runtime.recognition.batching import max_cache_rows, num_slots, pool_batch_size, prefetch, reorder
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.long.pieces import Piece, Step
from edge_runtime.recognition.options import DecodingOptions, TranscribeOptions
from edge_runtime.recognition.recording import DecodedRecording, LoadedRecording
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.vad.energy import Span
from edge_runtime.vad.segmentation import SegmentOptions
from tests.conftest import ROOT
from tests.support.manifests import LIMITS, decoder_spec
from tests.support.tiny_bundle import SPEECH_TEXT, make_vocabulary, tone, write_tiny_bundle

RATE = 16_000
CLIPS = ROOT / "tests" / "clips"


@pytest.fixture(scope="module")
def recognizer(tiny_bundle: Path) -> Recognizer:
    return Recognizer.load(tiny_bundle, threads=1)


def recording(seconds: float, num_rows: int = 100) -> LoadedRecording:
    waveform = np.broadcast_to(np.float32(0), int(seconds * RATE))
    return LoadedRecording(Audio(waveform, RATE, RATE, 1), num_rows, Stopwatch())


def step(seconds: float, *, is_whole: bool = True) -> Step:
    options = DecodingOptions(None, (), None)
    return Step(Piece(Span(0.0, seconds), recording(seconds), options, is_whole=is_whole))


@given(st.permutations(range(9)))
def test_answers_come_in_order_each_as_soon_as_those_before_it_are_there(arrival: list[int]) -> None:
    reported: list[int] = []

    def arriving() -> Iterator[tuple[int, int]]:
        for index in arrival:
            reported.append(index)
            yield index, index

    for answer, due in zip(reorder(arriving()), range(9), strict=True):
        assert answer == due
        assert reported == arrival[: max(arrival.index(earlier) for earlier in range(due + 1)) + 1]


@given(st.lists(st.one_of(st.none(), st.integers(1, 400)), max_size=40), st.integers(1, 4))
def test_pools_hold_every_recording_and_no_more_than_they_may(
    lengths: list[int | None], batch_size: int
) -> None:
    steps = [Step(None, AudioError("unusable")) if seconds is None else step(seconds) for seconds in lengths]
    actual = list(prefetch(steps, batch_size))
    assert list(chain.from_iterable(actual)) == steps
    for pool in actual:
        seconds = [one.piece.recording.audio.duration_s for one in pool if one.piece is not None]
        assert len(pool) <= (4 * batch_size if batch_size > 1 else 1)
        assert sum(seconds[:-1]) < 600, "one is taken when there is room for more, however long it is"


def test_segments_of_a_long_recording_are_pooled_where_recordings_are_taken_one_by_one() -> None:
    segments = [step(5, is_whole=False) for _ in range(40)]
    assert [len(pool) for pool in prefetch([step(5), *segments, step(5)], 1)] == [1, 32, 9]
    assert pool_batch_size([segments[0].piece], 1) == 8
    assert [pool_batch_size([segments[0].piece], size) for size in (2, 16)] == [2, 16]


def test_a_memory_budget_is_so_many_rows_of_the_cache() -> None:
    spec = msgspec.structs.replace(decoder_spec(), num_layers=28, num_kv_heads=8, head_dim=128)
    assert max_cache_rows(spec, None) == 8192
    assert max_cache_rows(spec, 224) == 1024
    assert max_cache_rows(msgspec.structs.replace(spec, kv_dtype="float16"), 224) == 2048


def test_a_batch_is_as_wide_as_its_largest_cache_allows() -> None:
    assert num_slots([recording(1, 1000)] * 9, 8, 8192) == 8
    assert num_slots([recording(1, 1000)] * 3, 8, 8192) == 3
    assert num_slots([recording(1, 100), recording(1, 2100)] * 4, 8, 8192) == 3
    assert num_slots([recording(1, 100), recording(1, 99_999)], 8, 8192) == 1
    assert num_slots([], 8, 8192) == 1


def test_recordings_are_taken_a_few_ahead_and_alone_only_when_due(recognizer: Recognizer) -> None:
    loaded: list[int] = []

    def sources() -> Iterator[Audio]:
        for number in range(20):
            loaded.append(number)
            yield Audio(tone(RATE), RATE, RATE, 1)

    batched = recognizer.transcribe_each(sources(), batch_size=2)
    assert isinstance(next(batched), Transcript)
    assert len(loaded) == 8
    loaded.clear()
    assert isinstance(next(recognizer.transcribe_each(sources(), batch_size=1)), Transcript)
    assert len(loaded) == 1


def test_pools_of_a_cache_of_fixed_size_share_their_slots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = decoder_spec(len(make_vocabulary()), kv_capacity=256)
    fixed = Recognizer.load(write_tiny_bundle(tmp_path / "b", decoder=spec), threads=1)
    created = []

    def counted(*args: Any, **kwargs: Any) -> BatchDecoder:
        created.append(kwargs["num_slots"])
        return BatchDecoder(*args, **kwargs)

    monkeypatch.setattr("edge_runtime.recognition.transcriber.BatchDecoder", counted)
    clips = [tone(RATE * length // 4) for length in range(1, 10)]
    alone = [one.text for one in fixed.transcribe_each(clips, sample_rate=RATE, batch_size=1)]
    for batch_size in (3, 3, 2, 3):
        batched = fixed.transcribe_each(clips, sample_rate=RATE, batch_size=batch_size)
        assert [one.text for one in batched if isinstance(one, Transcript)] == alone
    assert created == [3, 2, 3], "slots are allocated anew where fewer are allowed or more are needed"


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_what_cannot_be_used_leaves_the_others_alone(recognizer: Recognizer, batch_size: int) -> None:
    read = AudioError("standard input is closed")
    sound, silence = tone(RATE), np.zeros(RATE, np.float32)
    audios = [sound, "absent.wav", silence, read, tone(31 * RATE), sound, sound]
    one_piece = TranscribeOptions(long=LongOptions(segments=SegmentOptions(segment_sec=0)))
    actual = list(
        recognizer.transcribe_each(audios, sample_rate=RATE, batch_size=batch_size, options=one_piece)
    )
    kinds = [type(one) for one in actual]
    assert kinds == [
        Transcript, AudioNotFoundError, Transcript, AudioError, AudioTooLongError, Transcript, Transcript
    ]  # fmt: skip
    assert actual[3] is read
    texts = [one.text for one in actual if isinstance(one, Transcript)]
    assert texts == [SPEECH_TEXT, "", SPEECH_TEXT, SPEECH_TEXT]


def test_a_recording_whose_tokens_do_not_fit_is_refused_alone(tmp_path: Path) -> None:
    narrow = msgspec.structs.replace(LIMITS, max_positions=200)
    recognizer = Recognizer.load(write_tiny_bundle(tmp_path / "narrow", limits=narrow), threads=1)
    short, long = tone(RATE), tone(20 * RATE)
    one_piece = TranscribeOptions(long=LongOptions(segments=SegmentOptions(segment_sec=0)))
    audios = [short, long, short]
    actual = list(recognizer.transcribe_each(audios, sample_rate=RATE, batch_size=3, options=one_piece))
    assert isinstance(actual[1], AudioTooLongError)
    assert [one.text for one in actual if isinstance(one, Transcript)] == [SPEECH_TEXT] * 2
    divided = recognizer.transcribe_batch(audios, sample_rate=RATE, batch_size=3)
    assert [one.audio.duration_s for one in divided] == [1, 20, 1]
    assert divided[1].text.count(SPEECH_TEXT) == len(divided[1].segments) > 1, "in pieces that fit"


def test_transcripts_of_a_batch_time_their_own_loading(recognizer: Recognizer) -> None:
    clips = sorted(CLIPS.glob("en-*.flac"))[:4]
    for actual in recognizer.transcribe_batch(clips, batch_size=4):
        timing = actual.timing
        stages = timing.frontend_ms + timing.encoder_ms + timing.prefill_ms
        assert timing.decode_ms > 0
        assert timing.total_ms >= timing.decode_ms + stages


def test_a_batch_of_none_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(UsageError, match="batch_size is 0; it is at least 1"):
        recognizer.transcribe_each([], batch_size=0)
    assert recognizer.transcribe_batch([]) == []


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Tokens of every recording that is decoded, as they become an answer."""
    seen: list[tuple[int, ...]] = []
    read = AnswerReader.read

    def watched(reader: AnswerReader, decoded: DecodedRecording) -> Answer:
        seen.append(tuple(decoded.generation.token_ids))
        return read(reader, decoded)

    monkeypatch.setattr(AnswerReader, "read", watched)
    return seen


def test_short_padded_recordings_beside_long_ones_give_the_tokens_they_give_alone(
    mini_bundle: Path, tokens: list[tuple[int, ...]]
) -> None:
    recognizer = Recognizer.load(mini_bundle, threads=1)
    shortest = recognizer.bundle.manifest.features.min_samples
    speech_clips = [load_audio(clip, RATE, 60) for clip in sorted(CLIPS.glob("*.flac"))[::9]]
    # From where each clip is loud, so that there is speech in it.
    starts = [int(np.argmax(np.abs(audio.waveform[:-shortest]))) for audio in speech_clips]
    sizes = [1, 160, shortest // 3, shortest // 2, shortest - 1]
    cut = [
        Audio(audio.waveform[start : start + size], RATE, RATE, 1)
        for audio, start, size in zip(speech_clips, starts, sizes, strict=False)
    ]
    mixed = [audio for pair in zip(cut, speech_clips, strict=False) for audio in pair]
    # A detector hears nobody in a sample, and it would not be decoded.
    options = TranscribeOptions(long=LongOptions(use_vad=False))
    texts = [recognizer.transcribe(audio, options=options).text for audio in mixed]
    alone = tokens.copy()
    tokens.clear()
    assert [one.text for one in recognizer.transcribe_batch(mixed, batch_size=4, options=options)] == texts
    assert sorted(tokens) == sorted(alone)
    assert len(alone) == len(mixed) >= 8
    assert any(alone[::2]), "something is said in one of the short ones"

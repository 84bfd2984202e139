"""Segments that grow: hypotheses and finals are what the recognizer gives of the same samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import soundfile

from edge_runtime.arrays import Array, Waveform
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.errors import AudioError, UsageError
from edge_runtime.model.kv_cache import KVCache
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript
from edge_runtime.streaming.hypothesis import SegmentDecoding
from edge_runtime.streaming.segment_decoder import SegmentDecoder
from edge_runtime.vad.silero_network import SileroNetwork, SileroState

RATE = 16_000
CLIPS = Path(__file__).parents[2] / "clips"
WITHOUT_VAD = TranscribeOptions(long=LongOptions(use_vad=False))


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load(SHIPPED["mini"], threads=1)


def clip(name: str) -> Waveform:
    waveform: Waveform = soundfile.read(CLIPS / f"{name}.flac", dtype="float32")[0]
    return waveform


def joined(*names: str) -> Waveform:
    return np.concatenate([clip(name) for name in names])


def chunks(waveform: Waveform, seed: int) -> Iterator[Waveform]:
    """Cut at random, into samples, hops and more than a hop."""
    rng, start = np.random.default_rng(seed), 0
    while start < len(waveform):
        size = int(rng.choice([1, 160, int(rng.integers(1, 8000)), int(rng.integers(8000, 30_000))]))
        yield waveform[start : start + size]
        start += size


def said(transcript: Transcript) -> tuple[object, ...]:
    rungs = [segment.rungs for segment in transcript.segments]
    codes = [warning.code for warning in transcript.warnings]
    status = (transcript.status, transcript.num_tokens, transcript.language_forced, transcript.audio)
    return transcript.text, transcript.language, status, rungs, codes


def offline(recognizer: Recognizer, waveform: Waveform, options: TranscribeOptions) -> tuple[object, ...]:
    return said(recognizer.transcribe(waveform, sample_rate=RATE, options=options))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "options",
    [
        TranscribeOptions(),
        TranscribeOptions(language="en"),
        TranscribeOptions(context="A list of colours and cities."),
        TranscribeOptions(max_new_tokens=7),
    ],
    ids=["detected", "forced", "context", "budget"],
)
def test_a_final_is_the_offline_transcript_whatever_the_chunks(
    recognizer: Recognizer, options: TranscribeOptions, seed: int
) -> None:
    waveform = joined("en-00000", "en-00003", "en-00004", "en-00005")[seed * 1111 :]
    assert len(waveform) > 8 * RATE
    decoder = SegmentDecoder(recognizer, options)
    for chunk in chunks(waveform, seed):
        decoder.step(chunk)
    assert said(decoder.finish()) == offline(recognizer, waveform, options)
    decoder.close()


def test_a_late_sound_that_raises_the_floor_has_finished_windows_encoded_again(
    recognizer: Recognizer,
) -> None:
    quiet, loud = joined("en-00000", "en-00003", "en-00004", "en-00005"), 3 * clip("en-00004")
    decoder = SegmentDecoder(recognizer)
    decoder.step(quiet)
    before = decoder.work
    decoder.step(loud)
    num_frames = (len(quiet) + len(loud)) // 160
    assert decoder.work.encoded_frames - before.encoded_frames == num_frames, "all of them"
    assert said(decoder.finish()) == offline(recognizer, np.concatenate([quiet, loud]), TranscribeOptions())


def test_every_hypothesis_is_the_offline_text_of_its_samples(recognizer: Recognizer) -> None:
    waveform, decoder, end = joined("en-00001", "en-00002"), SegmentDecoder(recognizer, WITHOUT_VAD), 0
    for chunk in chunks(waveform, 5):
        hypothesis, end = decoder.step(chunk), end + len(chunk)
        if end < RATE // 2:
            assert hypothesis is None
            continue
        assert hypothesis is not None
        expected = recognizer.transcribe(waveform[:end], sample_rate=RATE, options=WITHOUT_VAD)
        assert (hypothesis.text, hypothesis.language) == (expected.text, expected.language)
        assert hypothesis.complete
        assert len(hypothesis.logprobs) == len(hypothesis.token_ids)
        assert decoder.text_of(hypothesis.token_ids).strip() == hypothesis.text


def test_a_step_saves_most_of_the_work_and_a_final_behind_it_all(recognizer: Recognizer) -> None:
    waveform, decoder = joined(*(f"en-0000{number}" for number in range(8))), SegmentDecoder(recognizer)
    for start in range(0, len(waveform), RATE):
        decoder.step(waveform[start : start + RATE])
    work, num_frames = decoder.work, sum(range(100, len(waveform) // 160, 100))
    decoder.finish()
    assert decoder.work == work
    assert work.decoder_calls < 0.5 * work.tokens
    assert work.accepted_tokens > 0.5 * work.draft_tokens
    assert work.encoded_frames < 0.6 * num_frames, "finished windows are kept"
    assert work.prefill_tokens < 0.6 * 0.13 * num_frames + 20 * work.num_passes


def test_a_final_judges_only_the_second_that_its_detector_waited_for(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waveform, decoder, judged = joined("en-00000", "en-00003"), SegmentDecoder(recognizer), []
    run = SileroNetwork.run

    def watched(self: SileroNetwork, frames: Array, state: SileroState) -> tuple[Array, SileroState]:
        judged.append(len(frames))
        return run(self, frames, state)

    monkeypatch.setattr(SileroNetwork, "run", watched)
    for chunk in chunks(waveform, 3):
        decoder.step(chunk)
    num_judged = sum(judged)
    decoder.finish()
    assert sum(judged) - num_judged <= 32 < num_judged


def test_segments_take_over_the_caches_of_closed_ones(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    allocated, waveform = [], clip("en-00006")
    allocate = KVCache.__init__

    def watched(self: KVCache, session: object, capacity: int) -> None:
        allocated.append(capacity)
        allocate(self, session, capacity)  # type: ignore[arg-type]

    def opened() -> SegmentDecoder:
        decoder = SegmentDecoder(recognizer)
        decoder.step(waveform)
        return decoder

    first, *others = [opened() for _ in range(3)]
    monkeypatch.setattr(KVCache, "__init__", watched)
    for _ in range(2):
        for decoder in others:
            decoder.close()
        others = [opened() for _ in others]
    assert not allocated
    for decoder in (first, *others):
        decoder.close()
    assert [opened(), opened()]
    assert len(allocated) == 1, "one is kept while none is open"


def test_streams_on_one_recognizer_do_not_disturb_each_other(recognizer: Recognizer) -> None:
    names = ["en-00000", "en-00006", "en-00007"]
    finals: dict[str, str] = {}

    def run(name: str) -> None:
        decoder = SegmentDecoder(recognizer)
        for chunk in chunks(clip(name), 1):
            decoder.step(chunk)
        finals[name] = decoder.finish().text
        decoder.close()

    threads = [Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert finals == {name: recognizer.transcribe(CLIPS / f"{name}.flac").text for name in names}


@pytest.mark.parametrize(
    "waveform",
    [
        clip("en-00001")[: RATE // 4],
        3 * clip("en-00001"),
        np.zeros(RATE, np.float32),
        joined("en-00003", "en-00004", "en-00003", "en-00004"),
    ],
    ids=["short", "above full scale", "silence", "longer than expected"],
)
def test_what_a_stream_cannot_know_is_as_offline_in_the_final(
    recognizer: Recognizer, waveform: Waveform
) -> None:
    decoder = SegmentDecoder(recognizer, longest_s=2)
    for chunk in chunks(waveform, 2):
        decoder.step(chunk)
    assert said(decoder.finish()) == offline(recognizer, waveform, TranscribeOptions())


def test_a_segment_may_grow_on_behind_a_final(recognizer: Recognizer) -> None:
    waveform, decoder = clip("en-00002"), SegmentDecoder(recognizer)
    decoder.step(waveform[:RATE])
    decoder.finish()
    decoder.step(waveform[RATE:])
    assert said(decoder.finish()) == offline(recognizer, waveform, TranscribeOptions())


def test_a_closed_segment_and_samples_that_are_none_are_refused(recognizer: Recognizer) -> None:
    decoder: SegmentDecoding = SegmentDecoder(recognizer)
    with pytest.raises(AudioError, match="NaN or infinite"):
        decoder.step(np.full(9000, np.nan, np.float32))
    with pytest.raises(UsageError, match="mono"):
        decoder.step(np.zeros((9000, 2), np.float32))
    assert decoder.step(np.zeros(0, np.float32)) is None
    decoder.close()
    decoder.close()
    with pytest.raises(UsageError, match="was closed"):
        decoder.step(np.zeros(9000, np.float32))

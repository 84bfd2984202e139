"""The last word of a recording of any length is there, or the status says that it may not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import load_audio
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.shipped import shipped_bundle
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import RequestEncoder, TranscribeOptions
from edge_runtime.recognition.prompter import Prompter
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.vad.segmentation import SegmentOptions
from tests.conftest import ROOT

RATE = 16_000
CLIPS = sorted((ROOT / "tests" / "clips").glob("[ez]*.flac"))
LAST_WORDS = {"en-00031": "Sarah", "zh-00138": "打开"}
"""Of short clips, which end the recordings. In a window with others' speech before it, the mini leaves out
the last word of zh-00003 now and then, though it is given all samples (its card says so)."""

SAMPLE = 1 / RATE
AROUND = (-0.01, 0.0, 0.01, 0.5)
SHORT = [
    *(0.05, 0.1, 0.3),
    *(limit + by for limit in (0.5, 1, 2, 8, 16, 24, 30, 33, 60, 68) for by in AROUND),
    *(limit + by for limit in (8, 30) for by in (-SAMPLE, SAMPLE)),
]
"""Around the shortest recording, chunks of 1 s, windows of 8 s, a segment, and what engines take."""
CACHES = {512: 30.0, 1024: 60.0}
"""Rows of a cache → longest segment that is asked for; the rows leave less. The lengths are a sample more and
less than what they leave."""
PACKED = [31.0, 45.0, 100.0]
"""Of several segments that are packed."""
LONG = [119.99, 120.01, 240.5, 1199.99, 1200.0, 1200.01, 1201.0]
"""Around the longest single piece. With those above there are 60 lengths."""


@cache
def recognizer(num_rows: int | None) -> Recognizer:
    """Return the mini, with a cache of so many rows as an engine has it."""
    path = shipped_bundle("mini")
    assert path is not None
    bundle = open_bundle(path)
    if num_rows:
        decoder = msgspec.structs.replace(bundle.manifest.require_asr().decoder, kv_capacity=num_rows)
        bundle = replace(bundle, manifest=msgspec.structs.replace(bundle.manifest, decoder=decoder))
    return Recognizer(bundle, SessionOptions(threads=1))


@cache
def speech(last: str) -> Waveform:
    """Return clips of both languages with pauses between them, one of them at the end."""
    pause = np.zeros(RATE * 6 // 10, np.float32)
    clips = np.concatenate([part for clip in CLIPS for part in (load_audio(clip, RATE, 60).waveform, pause)])
    before = np.resize(clips, -(-round(max(LONG) * RATE) // len(clips)) * len(clips))
    return np.concatenate([before, load_audio(CLIPS[0].with_name(f"{last}.flac"), RATE, 60).waveform])


def lost(
    num_rows: int | None, last: str, lengths: Sequence[Seconds], segments: SegmentOptions | None = None
) -> list[tuple[Seconds, str]]:
    """Return the lengths, and the ends of their texts, of which the last word is lost without a word."""
    recordings = [speech(last)[-round(seconds * RATE) :] for seconds in lengths]
    options = TranscribeOptions(long=LongOptions(segments=segments or SegmentOptions()))
    results = recognizer(num_rows).transcribe_batch(recordings, sample_rate=RATE, options=options)
    return [
        (seconds, one.text[-20:])
        for seconds, one in zip(lengths, results, strict=True)
        if one.status == "ok" and not one.text.rstrip(".。").endswith(LAST_WORDS[last])
    ]


def longest_s(num_rows: int) -> Seconds:
    """Return the longest segment that a cache of so many rows takes, where longer ones are asked for."""
    bundle = recognizer(num_rows).bundle
    asked = TranscribeOptions(long=LongOptions(segments=SegmentOptions(segment_sec=CACHES[num_rows])))
    return Prompter(bundle.manifest).longest_s(RequestEncoder(bundle).resolve(asked))


@pytest.mark.parametrize("last", LAST_WORDS)
def test_the_last_word_is_there_or_the_status_says_so(last: str) -> None:
    assert lost(None, last, SHORT) == []


@pytest.mark.parametrize("last", LAST_WORDS)
def test_the_last_word_of_packed_segments_is_there_or_the_status_says_so(last: str) -> None:
    assert lost(None, last, PACKED, SegmentOptions(pack=True)) == []


@pytest.mark.parametrize("num_rows", CACHES)
def test_the_last_word_is_there_where_the_cache_is_full_to_its_last_row(num_rows: int) -> None:
    last, limit = "zh-00138", longest_s(num_rows)
    assert limit < CACHES[num_rows]
    segments = SegmentOptions(segment_sec=CACHES[num_rows])
    assert lost(num_rows, last, [limit - SAMPLE, limit + SAMPLE], segments) == []


def test_there_are_sixty_lengths() -> None:
    lengths = [*SHORT, *PACKED, *LONG, *(longest_s(rows) + by for rows in CACHES for by in (-SAMPLE, SAMPLE))]
    assert len(set(lengths)) == 60
    assert (min(lengths), max(lengths)) == (0.05, 1201.0)


@pytest.mark.slow
@pytest.mark.parametrize("num_rows", [None, 512, 1024])
def test_the_last_word_of_a_long_recording_is_there_whatever_the_cache(num_rows: int | None) -> None:
    last = "zh-00138"
    assert lost(num_rows, last, [*SHORT, LONG[-1]] if num_rows else LONG) == []
    (longest,) = recognizer(num_rows).transcribe_batch(
        [speech(last)[-round(LONG[-1] * RATE) :]], sample_rate=RATE
    )
    assert longest.text.rstrip(".。").endswith(LAST_WORDS[last])
    assert longest.segments[-1].end == pytest.approx(LONG[-1], abs=0.1)

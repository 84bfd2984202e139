"""Texts of the bundle in the package, planted in another that would never end one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_bench.speed.stream.growing_texts import GrowingTexts
from edge_bench.speed.stream.streamer import Streamer
from edge_runtime.arrays import Waveform
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.errors import UsageError
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.streaming.events import Final, StreamEvent
from edge_runtime.streaming.options import StreamOptions

RATE = 16_000
CLIPS = Path(__file__).parents[3] / "clips"
OPTIONS = StreamOptions()


@pytest.fixture(scope="module")
def samples() -> Waveform:
    clip = soundfile.read(CLIPS / "en-00001.flac", dtype="float32")[0]
    return np.concatenate([clip, np.zeros(RATE, np.float32)])


@pytest.fixture(scope="module")
def mini() -> Streamer:
    return Streamer(Recognizer.load(SHIPPED["mini"], threads=1), OPTIONS)


def finals(streamer: Streamer, samples: Waveform) -> list[Final]:
    events: list[StreamEvent] = []
    with streamer.open(events.append, lambda _: None, worker=False) as stream:
        stream.feed(samples, RATE)
    return [event for event in events if isinstance(event, Final)]


def test_planted_texts_are_said_whatever_the_weights_would_say(mini: Streamer, samples: Waveform) -> None:
    bundle = open_bundle(SHIPPED["mini"])
    # The decoder of another recording: without planting, it would say what is in this one.
    texts = mini.hear(samples)
    planted = Streamer.planted(bundle, SessionOptions(threads=1), OPTIONS, texts)
    louder = finals(planted, samples)
    assert [final.text for final in louder] == [final.text for final in finals(mini, samples)] != []
    segment = samples[round(louder[0].start * RATE) : round(louder[0].end * RATE)]
    assert planted.transcribe(segment, None).text == louder[0].text


def test_drafts_are_right_as_often_as_where_the_texts_come_from(mini: Streamer, samples: Waveform) -> None:
    unheard = GrowingTexts(mini.recognizer.bundle.manifest)
    silent = Streamer.planted(open_bundle(SHIPPED["mini"]), SessionOptions(threads=1), OPTIONS, unheard)
    assert all(final.text == "" for final in finals(silent, samples))


def test_a_bundle_that_spells_otherwise_is_refused(mini: Streamer, tiny_bundle: Path) -> None:
    texts = GrowingTexts(mini.recognizer.bundle.manifest)
    with pytest.raises(UsageError, match="spells tokens differently"):
        Streamer.planted(open_bundle(tiny_bundle), SessionOptions(), OPTIONS, texts)

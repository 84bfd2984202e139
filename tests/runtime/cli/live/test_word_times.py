"""`edge-asr stream --aligner`, over a stream that times the words of one of its two texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.words import Word
from edge_runtime.streaming.events import StreamEvent, Words
from tests.support.command import Command
from tests.support.fake_stream import FakeStream, final
from tests.support.tiny_bundle import tone

RATE = 16_000


class TimedStream(FakeStream):
    def flush(self) -> None:
        said = Word("Open", 1.0, 1.5, 0.9), Word("it.", 1.5, 2.0, 0.9)
        self.on_event(final("Open it.", start=0.5, end=2.5))
        self.on_event(Words(words=said, start=0.5, end=2.5))
        self.on_event(final("", start=3.0, end=3.5))
        self.on_event(final("Close it.", start=4.0, end=6.0))
        self.on_event(Words(words=(), start=4.0, end=6.0, problem="no such language"))


@pytest.fixture
def aligners(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    given: list[Any] = []

    def stream(
        _self: object, options: Any, *, on_event: Callable[[StreamEvent], None], aligner: object, worker: bool
    ) -> FakeStream:
        given.append(aligner)
        return TimedStream(options, on_event)

    monkeypatch.setattr(Recognizer, "stream", stream)
    return given


@pytest.fixture
def arguments(tiny_bundle: Path, tmp_path: Path) -> tuple[object, ...]:
    soundfile.write(tmp_path / "x.wav", tone(RATE), RATE)
    return "stream", tmp_path / "x.wav", "-m", tiny_bundle, "--emit"


def test_cues_begin_with_their_words_and_are_estimated_where_there_are_none(
    command: Command, aligners: list[Any], arguments: tuple[object, ...], tiny_aligner_bundle: Path
) -> None:
    outcome = command(*arguments, "srt", "--aligner", tiny_aligner_bundle)
    first, second = outcome.out.strip().split("\n\n")
    assert first.startswith("1\n00:00:01,000 --> 00:00:02,")
    assert second.startswith("2\n00:00:04,000 --> 00:00:0")
    assert [text.splitlines()[2:] for text in (first, second)] == [["Open it."], ["Close it."]]
    assert isinstance(aligners[0], Aligner)


def test_the_times_of_words_are_an_event(
    command: Command, aligners: list[Any], arguments: tuple[object, ...], tiny_aligner_bundle: Path
) -> None:
    outcome = command(*arguments, "ndjson", "--aligner", tiny_aligner_bundle)
    events = [json.loads(line) for line in outcome.out.splitlines()]
    timed = [event for event in events if event["type"] == "words"]
    assert [word["text"] for word in timed[0]["words"]] == ["Open", "it."]
    assert timed[1]["problem"] == "no such language"


def test_without_an_aligner_none_is_loaded(
    command: Command, aligners: list[Any], arguments: tuple[object, ...]
) -> None:
    assert command(*arguments, "srt").out.startswith("1\n00:00:00,500 --> ")
    assert aligners == [None]

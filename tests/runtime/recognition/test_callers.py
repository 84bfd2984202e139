"""How programs call a recognizer: keywords beside options, any recording, and an end."""

from __future__ import annotations

import copy
import io
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from edge_runtime import Aligner, Recognizer, TranscribeOptions
from edge_runtime.backends.ort.runner import OrtRunner
from edge_runtime.errors import AudioTypeError, UsageError
from tests.support.tiny_bundle import SPEECH_TEXT, tone

RATE = 16_000


@pytest.fixture(scope="module")
def recognizer(tiny_bundle: Path) -> Recognizer:
    return Recognizer.load(tiny_bundle)


def test_language_context_and_budget_are_keywords(recognizer: Recognizer) -> None:
    by_options = TranscribeOptions(language="en", context="Zürich", max_new_tokens=2)
    for actual in (
        recognizer.transcribe((RATE, tone(RATE)), options=by_options),
        recognizer.transcribe((RATE, tone(RATE)), language="en", context="Zürich", max_new_tokens=2),
        recognizer.transcribe_batch([(RATE, tone(RATE))] * 2, language="en", max_new_tokens=2)[1],
    ):
        assert (actual.language_forced, actual.num_tokens, actual.status) == (True, 2, "truncated")


def test_a_keyword_replaces_its_option_and_leaves_the_others(recognizer: Recognizer) -> None:
    options = TranscribeOptions(language="zh", max_new_tokens=2)
    actual = recognizer.transcribe((RATE, tone(RATE)), options=options, language="auto")
    assert (actual.language_forced, actual.num_tokens) == (False, 2)


def test_a_dialect_is_transcribed_as_chinese_with_a_notice(recognizer: Recognizer) -> None:
    actual = recognizer.transcribe((RATE, tone(RATE)), language="Sichuan")
    assert actual.language == "Chinese"
    assert [warning.code for warning in actual.warnings] == ["dialect_as_language"]
    assert "'Sichuan' was taken as Chinese" in actual.warnings[0].message


def test_every_call_takes_every_kind_of_recording(recognizer: Recognizer, tiny_aligner_bundle: Path) -> None:
    stream = io.BytesIO()
    soundfile.write(stream, tone(RATE), RATE, format="FLAC")
    data = stream.getvalue()
    results = recognizer.transcribe_each([data, io.BytesIO(data), (tone(RATE), RATE)], batch_size=2)
    assert [one.text for one in results if not isinstance(one, Exception)] == [SPEECH_TEXT] * 3
    with Aligner.load(tiny_aligner_bundle) as aligner:
        given, other = (aligner.align(each, "one two", "en") for each in (data, (RATE, tone(RATE))))
    assert given.words == other.words


@pytest.mark.parametrize("one", ["a.wav", b"bytes", Path("a.wav")])
def test_one_recording_where_several_can_be_is_refused(recognizer: Recognizer, one: Any) -> None:
    with pytest.raises(AudioTypeError, match=r"Give a list"):
        recognizer.transcribe_each(one)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[OrtRunner]]:
    """The graphs that are loaded, each alive only while somebody keeps it."""
    runners: list[weakref.ref[OrtRunner]] = []
    initialize = OrtRunner.__init__

    def watched(self: OrtRunner, *args: Any, **keywords: Any) -> None:
        initialize(self, *args, **keywords)
        runners.append(weakref.ref(self))

    monkeypatch.setattr(OrtRunner, "__init__", watched)
    return runners


def test_the_end_of_a_with_statement_and_close_free_the_graphs_at_once(
    tiny_bundle: Path, tiny_aligner_bundle: Path, opened: list[weakref.ref[OrtRunner]]
) -> None:
    with Recognizer.load(tiny_bundle) as recognizer, Aligner.load(tiny_aligner_bundle) as aligner:
        recognizer.transcribe_batch([(RATE, tone(RATE))] * 2)
        aligner.align((RATE, tone(RATE)), "one two", "en")
        assert len(opened) == 4
        assert None not in [ref() for ref in opened]
        recognizer.close()
        assert [ref() is None for ref in opened] == [True, True, False, False]
        recognizer.close()
    assert [ref() for ref in opened] == [None] * 4
    assert recognizer.closed
    assert aligner.closed


def test_a_closed_model_says_so(tiny_bundle: Path, tiny_aligner_bundle: Path) -> None:
    with Recognizer.load(tiny_bundle) as recognizer, Aligner.load(tiny_aligner_bundle) as aligner:
        running = recognizer.transcribe_each([(RATE, tone(RATE))] * 2, batch_size=1)
        next(running)
    for call in (
        lambda: recognizer.transcribe("absent.wav"),
        lambda: recognizer.transcribe_each(["absent.wav"]),
        lambda: next(running),
        recognizer.__enter__,
    ):
        with pytest.raises(
            UsageError, match=r"This Recognizer was closed\. Load another with Recognizer\.load"
        ):
            call()
    with pytest.raises(UsageError, match=r"This Aligner was closed"):
        aligner.align("absent.wav", "text", "en")
    with pytest.raises(UsageError, match=r"This Aligner was closed"):
        aligner.classify((RATE, tone(RATE)), "text", "en")


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_model_cannot_be_copied_and_says_what_to_do(
    recognizer: Recognizer, duplicate: Callable[[Any], Any]
) -> None:
    with pytest.raises(TypeError, match="Threads share one as it is"):
        duplicate(recognizer)

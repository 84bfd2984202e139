"""OpenAI's `verbose_json`."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.writers import find_writer
from edge_runtime.writers.verbose_json import Granularity, verbose_transcription
from tests.runtime.writers.documents import DEFAULTS, ENGLISH, UNTIMED

REQUIRED = {
    "id", "seek", "start", "end", "text", "tokens", "temperature",
    "avg_logprob", "compression_ratio", "no_speech_prob",
}  # fmt: skip


def _rendered(document: Document) -> Any:
    return msgspec.json.decode(find_writer("verbose_json").render(document, DEFAULTS))


def test_a_segment_has_every_field_that_the_client_requires() -> None:
    assert [set(segment) for segment in _rendered(ENGLISH)["segments"]] == [REQUIRED, REQUIRED]


def test_the_body_has_every_field() -> None:
    assert set(_rendered(ENGLISH)) == {"task", "language", "duration", "text", "segments", "words", "usage"}
    assert _rendered(ENGLISH)["usage"] == {"type": "duration", "seconds": 9.5}


def test_without_word_times_there_are_no_words() -> None:
    body = _rendered(UNTIMED)
    assert "words" not in body
    assert body["language"] == "unknown"
    assert body["segments"][0]["avg_logprob"] == 0.0


@pytest.mark.parametrize(
    ("granularities", "present", "absent"),
    [(("word",), "words", "segments"), (("segment",), "segments", "words")],
)
def test_what_was_not_requested_is_absent(
    granularities: tuple[Granularity, ...], present: str, absent: str
) -> None:
    body = msgspec.to_builtins(verbose_transcription(ENGLISH, granularities))
    assert present in body
    assert absent not in body


def test_text_that_repeats_compresses_well() -> None:
    repeated = Document(None, 1.0, (TimedSegment(0.0, 1.0, "again and " * 40),))
    assert _rendered(repeated)["segments"][0]["compression_ratio"] > 2.4

"""Every event fits the published schema, whatever characters its text has."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.results.words import Word
from edge_runtime.streaming.events import Endpoint, Final, Partial, SpeechStart, Stats, StreamEvent, Words

SCHEMA = json.loads(Path("engines/stream.schema.json").read_text("utf-8"))
FINAL = Final(text="好", language=None, start=0, end=1, confidence=0.5, status="ok", corrected=0, lag_ms=1.5)
EVENTS: list[StreamEvent] = [
    SpeechStart(start=0.5, audio_s=0.8),
    Partial(stable_added="a", draft=" b", audio_s=1.0, lag_ms=2.0),
    FINAL,
    Words(words=(Word("a", 0.1, 0.2, 0.5, ("repaired",)),), start=0, end=1),
    Endpoint(end=1, reason="silence", audio_s=1.5),
    Stats(),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_an_event_says_its_type_and_fits_the_schema(event: StreamEvent) -> None:
    jsonschema.validate(event.to_dict(), SCHEMA)
    assert json.loads(event.to_json()) == json.loads(json.dumps(event.to_dict()))
    without = {name: value for name, value in event.to_dict().items() if name != "type"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(without, SCHEMA)


@given(st.text(max_size=20))
def test_json_is_valid_utf8(text: str) -> None:
    event = Partial(stable_added=text, draft=text, audio_s=0, lag_ms=0)
    assert json.loads(event.to_json().encode("utf-8"))["draft"] == text

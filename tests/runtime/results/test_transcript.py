"""The published form of a transcript."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.transcript import TRANSCRIPT_SCHEMA, Segment, Transcript, json_schema
from tests.support.tiny_bundle import tone

VALIDATOR = jsonschema.Draft202012Validator(json_schema())

# What JSON can say: no NaN, no infinity, no lone surrogates.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
transcripts = st.from_type(Transcript)


@pytest.fixture(scope="module")
def tree(tiny_bundle: Path) -> dict[str, Any]:
    """A real transcript."""
    transcript = Recognizer.load(tiny_bundle).transcribe(tone(16_000), sample_rate=16_000)
    actual: dict[str, Any] = json.loads(transcript.to_json())
    return actual


@given(transcripts)
def test_every_transcript_fits_the_published_schema(transcript: Transcript) -> None:
    VALIDATOR.validate(json.loads(transcript.to_json()))


@given(transcripts)
def test_what_is_written_is_read_back(transcript: Transcript) -> None:
    assert msgspec.json.decode(transcript.to_json(), type=Transcript) == transcript


@given(transcripts)
def test_a_transcript_is_one_line(transcript: Transcript) -> None:
    assert "\n" not in transcript.to_json()
    assert "\r" not in transcript.to_json()


def test_text_is_written_as_itself_and_keys_in_order(tree: dict[str, Any]) -> None:
    assert list(tree) == sorted(tree)
    assert tree["schema"] == TRANSCRIPT_SCHEMA
    warning = msgspec.json.encode(ResultWarning("truncated", "哈 „x“")).decode()
    assert "哈 „x“" in warning


@pytest.mark.parametrize(
    ("field", "value"), [("status", None), ("text", None), ("warnings", [{}]), ("timing", {})]
)
def test_the_schema_refuses_what_is_no_transcript(tree: dict[str, Any], field: str, value: object) -> None:
    VALIDATOR.validate(tree)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**tree, field: value})


@given(transcripts)
def test_the_flags_are_what_text_and_status_say(transcript: Transcript) -> None:
    written = json.loads(transcript.to_json())
    assert written["no_speech"] == transcript.no_speech == (not written["text"])
    assert (
        written["truncated"]
        == transcript.truncated
        == (written["status"] in ("truncated", "loop_unresolved"))
    )


def test_the_schema_takes_the_warning_codes_of_later_releases(tree: dict[str, Any]) -> None:
    VALIDATOR.validate({**tree, "warnings": [{"code": "new", "message": "x"}]})
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**tree, "warnings": [{"code": 1, "message": "x"}]})


def test_the_schema_takes_the_statuses_and_rungs_of_later_releases(tree: dict[str, Any]) -> None:
    segment = {**tree["segments"][0], "status": "new", "rungs": ["new"]}
    VALIDATOR.validate({**tree, "status": "new", "segments": [segment]})


def test_a_transcript_of_before_the_statuses_of_segments_is_read(tree: dict[str, Any]) -> None:
    new = ("compression_ratio", "language_probability", "covered_s", "uncovered_s", "uncovered")
    old = {name: value for name, value in tree.items() if name not in new}
    old["segments"] = [{name: each[name] for name in ("start", "end", "text")} for each in tree["segments"]]
    VALIDATOR.validate(old)
    actual = msgspec.convert(old, Transcript)
    assert actual.segments == (Segment(0.0, 1.0, tree["text"]),)
    assert actual.compression_ratio == tree["compression_ratio"]


def test_a_text_is_as_repetitive_as_whisper_says() -> None:
    assert Segment(0, 1, "").compression_ratio == 0
    assert Segment(0, 1, "again and " * 40).compression_ratio == pytest.approx(400 / 20, rel=0.2)


def test_results_do_not_change_once_they_are_given() -> None:
    with pytest.raises(AttributeError):
        Segment(0, 1, "x").text = "y"  # type: ignore[misc]

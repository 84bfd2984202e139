"""The client of OpenAI, as it comes from PyPI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_runtime.recognition.recognizer import Recognizer
from tests.support.server import Server

openai = pytest.importorskip("openai")

CLIP = Path(__file__).parents[2] / "clips" / "en-00001.flac"
TEXT = "Call the doctor at two thirty two."


@pytest.fixture
def client(mini_server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{mini_server.url}/v1", api_key="any", max_retries=0) as client:
        yield client


def test_a_text_comes_with_its_language_and_what_it_used(client: openai.OpenAI) -> None:
    done = client.audio.transcriptions.create(file=CLIP, model="gpt-4o-transcribe")
    assert done.text == TEXT
    assert [one.code for one in done.languages] == ["en"]
    assert done.usage.type == "duration"
    assert done.usage.seconds == pytest.approx(2.685, abs=0.01)


def test_verbose_json_has_what_the_client_requires(client: openai.OpenAI) -> None:
    done = client.audio.transcriptions.create(
        file=CLIP, model="whisper-1", response_format="verbose_json", timestamp_granularities=["segment"]
    )
    (segment,) = done.segments
    assert (done.language, segment.text, done.words) == ("english", TEXT, None)
    assert segment.start == 0 < segment.end <= done.duration
    assert segment.avg_logprob < 0


@pytest.mark.parametrize(
    ("response_format", "start"),
    [("text", TEXT), ("srt", "1\n00:00:00,"), ("vtt", "WEBVTT\n\nNOTE Times")],
)
def test_texts_are_the_body_itself(client: openai.OpenAI, response_format: str, start: str) -> None:
    done = client.audio.transcriptions.create(file=CLIP, model="mini", response_format=response_format)
    assert done.startswith(start)


def test_a_stream_gives_deltas_that_are_the_text(client: openai.OpenAI) -> None:
    events = list(client.audio.transcriptions.create(file=CLIP, model="whisper-1", stream=True))
    *deltas, done = events
    assert "".join(event.delta for event in deltas) == done.text == TEXT
    assert done.type == "transcript.text.done"
    assert done.usage.output_tokens > 5


def test_a_long_recording_streams_segment_by_segment_and_equals_the_library(
    client: openai.OpenAI, long_recording: Path
) -> None:
    events = list(client.audio.transcriptions.create(file=long_recording, model="mini", stream=True))
    with Recognizer.load("edge_runtime/data/mini.ort-cpu.int8", device="cpu") as recognizer:
        alone = recognizer.transcribe(long_recording).text
    *deltas, done = events
    assert len(deltas) > 1
    assert "".join(event.delta for event in deltas) == done.text == alone


def test_each_token_of_the_text_has_its_probability(client: openai.OpenAI) -> None:
    done = client.audio.transcriptions.create(file=CLIP, model="gpt-4o-transcribe", include=["logprobs"])
    assert b"".join(bytes(map(int, one.bytes)) for one in done.logprobs).decode() == done.text
    assert "".join(one.token for one in done.logprobs) == TEXT
    assert all(-1 < one.logprob <= 0 for one in done.logprobs)


def test_every_field_that_a_client_sends_is_taken(client: openai.OpenAI) -> None:
    done = client.audio.transcriptions.create(
        file=CLIP,
        model="gpt-transcribe",
        prompt="A call.",
        temperature=0,
        extra_body={"keywords": ["doctor", "nurse"], "languages": ["en", "de"]},
        chunking_strategy={"type": "server_vad", "threshold": 0.4, "silence_duration_ms": 300},
    )
    assert "doctor" in done.text


def test_a_language_that_is_none_of_those_that_are_possible_is_not_answered(client: openai.OpenAI) -> None:
    done = client.audio.transcriptions.create(
        file=CLIP, model="gpt-transcribe", extra_body={"languages": ["zh", "ja"]}
    )
    assert [one.code for one in done.languages] == ["zh"]


def test_the_one_model_is_listed_and_found_by_its_own_name_and_by_the_clients(client: openai.OpenAI) -> None:
    (listed,) = client.models.list().data
    assert listed.id == client.models.retrieve("mini").id == "mini"
    assert client.models.retrieve("whisper-1").object == "model"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "gpt-4o-transcribe-diarize"}, "model"),
        ({"temperature": 0.7}, "temperature"),
        ({"response_format": "diarized_json"}, "response_format"),
        ({"timestamp_granularities": ["word"], "response_format": "verbose_json"}, "timestamp_granularities"),
        ({"timestamp_granularities": ["segment"]}, "timestamp_granularities"),
        ({"language": "xx"}, "language"),
        ({"language": "en", "extra_body": {"languages": ["de"]}}, "languages"),
        ({"known_speaker_names": ["Ann"]}, "known_speaker_names"),
        ({"chunking_strategy": {"type": "semantic_vad"}}, "chunking_strategy"),
        ({"chunking_strategy": {"type": "server_vad", "threshold": 3}}, "chunking_strategy"),
        ({"stream": True, "response_format": "srt"}, "stream"),
        ({"include": ["logprobs"], "response_format": "text"}, "include"),
        ({"extra_body": {"hotwords": "no"}}, "hotwords"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    client: openai.OpenAI, fields: dict[str, object], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.transcriptions.create(**{"file": CLIP, "model": "whisper-1", **fields})
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"


def test_another_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="There is: mini"):
        client.audio.transcriptions.create(file=CLIP, model="llama-3")
    with pytest.raises(openai.NotFoundError, match="There is: mini"):
        client.models.retrieve("llama-3")


def test_what_is_no_recording_is_the_clients_fault_and_no_path_of_the_server_shows(
    client: openai.OpenAI,
) -> None:
    with pytest.raises(openai.BadRequestError, match="not readable as audio") as refused:
        client.audio.transcriptions.create(file=("a.wav", b"nonsense " * 40), model="whisper-1")
    assert "/" not in refused.value.message

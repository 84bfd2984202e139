"""Short REST routes, with the requests of the programs that speak them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import requests
import soundfile

from tests.support.server import Server

ROOT = Path(__file__).parents[3]
CLIP = ROOT / "tests" / "clips" / "en-00001.flac"
TEXT = "Call the doctor at two thirty two."


def raw() -> bytes:
    samples, _ = soundfile.read(CLIP, dtype="int16")
    return samples.astype("<i2").tobytes()


def post(url: str, **sent: Any) -> requests.Response:
    return requests.post(url, timeout=60, **sent)


def test_bazarr_gets_subtitles_of_bare_samples(mini_server: Server) -> None:
    # As `subliminal_patch/providers/whisperai.py` of Bazarr sends it.
    answer = post(
        f"{mini_server.url}/asr",
        params={
            "task": "transcribe",
            "language": "en",
            "output": "srt",
            "encode": "false",
            "video_file": "/tv/a",
        },
        files={"audio_file": raw()},
    )
    subtitles = answer.content.decode()
    assert re.fullmatch(rf"1\n00:00:00,\d+ --> 00:00:02,\d+\n{re.escape(TEXT)}\n\n", subtitles)
    assert answer.headers["asr-engine"] == "edge-asr"


def test_bazarr_is_told_the_language(mini_server: Server) -> None:
    answer = post(
        f"{mini_server.url}/detect-language", params={"encode": "false"}, files={"audio_file": raw()}
    )
    assert answer.json().keys() == {"detected_language", "language_code", "confidence"}
    assert (answer.json()["detected_language"], answer.json()["language_code"]) == ("english", "en")
    assert 0.5 < answer.json()["confidence"] <= 1


def test_the_language_is_that_of_the_beginning(mini_server: Server, long_recording: Path) -> None:
    with long_recording.open("rb") as file:
        answer = post(f"{mini_server.url}/detect-language", files={"audio_file": file})
    assert answer.json()["language_code"] == "en"


@pytest.mark.parametrize(
    ("output", "start"),
    [("txt", "Hello tiny world."), ("vtt", "WEBVTT"), ("tsv", "start\tend\ttext\n"), ("json", '{"text":')],
)
def test_each_output_of_the_web_service(tiny_server: Server, output: str, start: str) -> None:
    answer = post(
        f"{tiny_server.url}/asr",
        params={"output": output, "word_timestamps": "true"},
        files={"audio_file": CLIP.read_bytes()},
    )
    assert answer.text.startswith(start)


@pytest.mark.parametrize(
    ("path", "params", "named"),
    [
        ("/asr", {"task": "translate"}, "task"),
        ("/asr", {"diarize": "true"}, "diarize"),
        ("/asr", {"output": "pdf"}, "output"),
        ("/asr", {"encode": "maybe"}, "encode"),
        ("/asr", {"language": "xx"}, "language"),
        ("/asr", {"min_speakers": "2"}, "min_speakers"),
        ("/asr", {"word_timestamps": "true"}, "word_timestamps"),
        ("/detect-language", {"language": "en"}, "language"),
        ("/detect-language", {"encode": ""}, "encode"),
    ],
)
def test_what_the_web_service_cannot_do_here_is_refused_by_name(
    mini_server: Server, path: str, params: dict[str, str], named: str
) -> None:
    refused = post(mini_server.url + path, params=params, files={"audio_file": raw()})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, named)


def test_half_a_sample_or_none_is_no_recording(mini_server: Server) -> None:
    refused = post(f"{mini_server.url}/asr", params={"encode": "false"}, files={"audio_file": b"a"})
    assert (refused.status_code, "no samples" in refused.text) == (400, True)


def test_the_tutorial_gets_the_transcript_of_the_command(tiny_server: Server) -> None:
    with CLIP.open("rb") as audio:
        answer = post(f"{tiny_server.url}/transcribe", files={"audio": audio}, data={"language": "English"})
    transcript = answer.json()
    jsonschema.validate(transcript, json.loads((ROOT / "engines" / "transcript.schema.json").read_text()))
    assert (transcript["text"], transcript["audio"]["path"]) == ("Hello tiny world.", None)
    assert [word["text"] for word in transcript["words"]] == ["Hello", "tiny", "world."]


def test_the_tutorial_gets_words_and_sentences(tiny_server: Server) -> None:
    fields = {"text": "Hello tiny. World?", "language": "en"}
    with CLIP.open("rb") as audio:
        answer = post(f"{tiny_server.url}/align", files={"audio": audio}, data=fields).json()
    assert [word["text"] for word in answer["words"]] == ["Hello", "tiny.", "World?"]
    assert [one["text"] for one in answer["sentences"]] == ["Hello tiny.", "World?"]
    times = np.array([(word["start"], word["end"]) for word in answer["words"]])
    assert (np.diff(times.ravel()) >= 0).all()


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("/transcribe", {"language": "xx"}, "language"),
        ("/transcribe", {"model": "mini"}, "model"),
        ("/align", {"language": "en"}, "text"),
        ("/align", {"text": "Hello", "language": "auto"}, "language"),
        ("/align", {"text": "Hello", "language": "Latin"}, "language"),
        ("/align", {"text": "...", "language": "en"}, None),
    ],
)
def test_what_the_tutorials_routes_cannot_do_is_refused_by_name(
    tiny_server: Server, path: str, fields: dict[str, str], named: str | None
) -> None:
    refused = post(tiny_server.url + path, files={"audio": CLIP.read_bytes()}, data=fields)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, named)


def test_without_an_aligner_there_is_no_alignment(mini_server: Server) -> None:
    fields = {"text": "Hello", "language": "en"}
    refused = post(f"{mini_server.url}/align", files={"audio": CLIP.read_bytes()}, data=fields)
    assert (refused.status_code, refused.json()["error"]["code"]) == (501, "no_aligner")

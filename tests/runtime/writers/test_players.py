"""What was written, read by ffmpeg, an XML parser and whisper's readers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pysubs2
import pytest
from hypothesis import given

from edge_runtime.results.document import Document
from edge_runtime.writers import WriterOptions, find_writer
from edge_runtime.writers.layout import lay_out
from tests.runtime.writers import strategies
from tests.runtime.writers.documents import CHINESE, DEFAULTS, ENGLISH, HOSTILE, NARROW

TT = "{http://www.w3.org/ns/ttml}"


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("document", [ENGLISH, CHINESE, HOSTILE], ids=["english", "chinese", "hostile"])
@pytest.mark.parametrize("name", ["srt", "vtt", "ass"])
def test_ffmpeg_reads_the_cues(tmp_path: Path, name: str, document: Document) -> None:
    path = tmp_path / f"cues.{name}"
    path.write_text(find_writer(name).render(document, NARROW), "utf-8")
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "webvtt", "-"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    clock = r"(?:(\d+):)?(\d\d):(\d\d)\.(\d\d\d)"
    starts = [
        int(hours or 0) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000 + int(fraction)
        for hours, minutes, seconds, fraction in re.findall(rf"{clock} -->", done.stdout)
    ]
    assert starts == [pytest.approx(cue.start_ms, abs=10) for cue in lay_out(document, NARROW)]


@given(strategies.documents(), strategies.options())
def test_an_xml_parser_reads_the_cues_of_any_ttml(document: Document, options: WriterOptions) -> None:
    root = ET.fromstring(find_writer("ttml").render(document, options))  # noqa: S314  # our own text
    cues = lay_out(document, options)
    paragraphs = root.findall(f".//{TT}p")
    assert len(paragraphs) == len(cues)
    for paragraph, cue in zip(paragraphs, cues, strict=True):
        assert len(paragraph.findall(f"{TT}br")) == len(cue.lines) - 1
        assert "".join(paragraph.itertext()) == cue.text(newline="")
        hours, minutes, seconds = paragraph.attrib["begin"].split(":")
        assert round((int(hours) * 60 + int(minutes)) * 60_000 + float(seconds) * 1000) == cue.start_ms


def test_ttml_names_the_language() -> None:
    assert 'xml:lang="zh"' in find_writer("ttml").render(CHINESE, DEFAULTS)


def test_pysubs2_reads_the_whisper_json(tmp_path: Path) -> None:
    written = json.loads(find_writer("whisper_json").render(ENGLISH, DEFAULTS))
    events = list(pysubs2.load_from_whisper(written))
    assert [event.text for event in events] == [segment.text for segment in ENGLISH.segments]
    assert [event.start for event in events] == [round(one.start * 1000) for one in ENGLISH.segments]


def test_words_of_whisper_join_to_its_text() -> None:
    for document, code in ((ENGLISH, "en"), (CHINESE, "zh")):
        written = json.loads(find_writer("whisper_json").render(document, DEFAULTS))
        assert written["language"] == code
        for segment in written["segments"]:
            assert "".join(word["word"] for word in segment["words"]) == segment["text"]
    assert json.loads(find_writer("whisper_json").render(ENGLISH, DEFAULTS))["segments"][0]["words"][0] == {
        "word": " Ask", "start": 0.32, "end": 0.64, "probability": 0.98,
    }  # fmt: skip

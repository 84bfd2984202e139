"""Bytes as openai-whisper 20250625 writes them; the expectations are the output of its `whisper/utils.py`."""

from __future__ import annotations

import pytest

from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.writers import WriterOptions, find_writer
from tests.runtime.writers.documents import timed

ROWS = Document(
    "English",
    3700.0,
    (
        TimedSegment.from_words(timed("So it begins", 0.1)),
        TimedSegment.from_words(timed("with four more words", 3661.0)),
    ),
)
UNTIMED = Document(
    None, 3700.0, (TimedSegment(0.0, 1.5, " a --> b"), TimedSegment(3661.25, 3662.0, " c\td "))
)


def _render(format_name: str, document: Document, **limits: int) -> str:
    return find_writer(format_name).render(document, WriterOptions(whisper_layout=True, **limits))


def test_txt() -> None:
    assert _render("txt", ROWS) == "So it begins\nwith four more words\n"


def test_tsv() -> None:
    assert _render("tsv", UNTIMED) == "start\tend\ttext\n0\t1500\ta --> b\n3661250\t3662000\tc d\n"


def test_srt() -> None:
    assert _render("srt", ROWS) == (
        "1\n00:00:00,100 --> 00:00:00,950\nSo it begins\n\n"
        "2\n01:01:01,000 --> 01:01:02,150\nwith four more words\n\n"
    )


def test_srt_without_words() -> None:
    assert _render("srt", Document(None, 2.0, UNTIMED.segments[:1])) == (
        "1\n00:00:00,000 --> 00:00:01,500\na -> b\n\n"
    )


def test_vtt() -> None:
    assert _render("vtt", ROWS) == (
        "WEBVTT\n\n00:00.100 --> 00:00.950\nSo it begins\n\n"
        "01:01:01.000 --> 01:01:02.150\nwith four more words\n\n"
    )


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_line_width": 10}, ["So it\nbegins", "with four\nmore words"]),
        ({"max_line_width": 10, "max_line_count": 1}, ["So it", "begins", "with four", "more words"]),
        ({"max_words_per_line": 2}, ["So it", "begins", "with four", "more words"]),
        ({"max_line_count": 1}, ["So it begins", "with four more words"]),
    ],
)
def test_limits(limits: dict[str, int], expected: list[str]) -> None:
    blocks = _render("srt", ROWS, **limits).strip().split("\n\n")
    assert [block.split("\n", 2)[2] for block in blocks] == expected


def test_highlighted_words() -> None:
    document = Document("English", 1.0, (TimedSegment.from_words(timed("two words", 0.1)),))
    assert _render("vtt", document, highlight_words=True) == (
        "WEBVTT\n\n"
        "00:00.100 --> 00:00.350\n<u>two</u> words\n\n"
        "00:00.350 --> 00:00.400\ntwo words\n\n"
        "00:00.400 --> 00:00.650\ntwo <u>words</u>\n\n"
    )

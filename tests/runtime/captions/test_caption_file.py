"""Subtitle files are known by their content, and only their times change."""

from __future__ import annotations

import re
from itertools import pairwise

import pysubs2
import pytest

from edge_runtime.captions.caption_file import CaptionFile
from edge_runtime.captions.read import lines_as_captions, read_captions
from edge_runtime.errors import UsageError

SRT = (
    "7\r\n00:00:01,500 --> 00:00:02,000  X1:10\r\n<i>Dim  the</i>\r\nlamp\u00a0!  \r\n\r\n"
    "8\r\n00:00:03,000 --> 00:00:04,000\r\n1984\r\n\r\nagain\r\n"
    "10\r\n0:00:05.000-->0:00:06.5\r\n{\\an8}- No.\r\n"
)
VTT = (
    "\ufeffWEBVTT Kind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE 1\nno cue\n\n"
    "intro\n00:01.500 --> 00:02.000 line:0 align:start\n<v Ann>Dim  it &amp; go\n\n"
    "01:00:03.000 --> 01:00:04.000\nlate\nagain\n\nNOTE end\n"
)
ASS = (
    "[Script Info]\nTitle: Dialogue: x\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,no\n"
    "Dialogue: 0,0:00:05.00,0:00:06.00,Default,B,0,0,0,,second, one\\Nline\n"
    "Dialogue: 1,0:00:01.50,0:00:02.00,Sign,A,0,0,0,,{\\k20}fir{comment}{\\k30}st{\\p1}m 0 0 l 9 9{\\p0}\n"
)
TEXTS = {
    "srt": ("<i>Dim  the</i>\nlamp\u00a0!  ", "1984\n\nagain", "{\\an8}- No."),
    "vtt": ("<v Ann>Dim  it &amp; go", "late\nagain"),
    "ass": ("{\\k20}fir{\\k30}st{\\p0}", "second, one\nline"),
}
SOURCES = {"srt": SRT, "vtt": VTT, "ass": ASS}


def read(source: str) -> CaptionFile:
    file = read_captions(source)
    assert file is not None
    return file


@pytest.mark.parametrize("name", SOURCES)
def test_the_content_says_what_a_file_is_and_where_its_texts_are(name: str) -> None:
    file = read(SOURCES[name])
    assert (file.format, file.texts) == (name, TEXTS[name])


@pytest.mark.parametrize("text", ["", "one\ntwo", "WEBVTTs are files", "Dialogue: no", "at 1:30 --> 2:30"])
def test_plain_text_is_none_of_them(text: str) -> None:
    assert read_captions(text) is None


@pytest.mark.parametrize("name", SOURCES)
def test_only_the_times_of_a_file_change(name: str) -> None:
    source = SOURCES[name]
    file = read(source)
    times = [(60.0 * at + 0.25, 60.0 * at + 3661.5) for at in range(len(file.captions))]
    assert _without_times(file.retimed(times)) == _without_times(source)
    again = read(file.retimed(times))
    assert [caption.start for caption in again.captions] == [start for start, _ in times]
    assert again.texts == file.texts


def _without_times(source: str) -> list[str]:
    return re.split(r"(?:\d+:)?\d+:\d\d[.,]\d+", source)


def test_times_are_written_as_the_file_writes_them() -> None:
    first, second, third = ((61.25, 62.0), (3700.0, 3701.0), (3702.0, 3703.0))
    assert "00:01:01,250 --> 00:01:02,000  X1:10\r\n" in read(SRT).retimed([first, second, third])
    assert "01:01:42.000-->01:01:43.000\r\n" in read(SRT).retimed([first, second, third])
    assert "\n01:01.250 --> 01:02.000 line:0 align:start\n" in read(VTT).retimed([first, second])
    # Read in the order in which captions begin; the second is the file's first line.
    assert "Dialogue: 0,1:01:40.00,1:01:41.00,Default,B" in read(ASS).retimed([first, second])


@pytest.mark.parametrize("name", SOURCES)
def test_another_reader_finds_the_same_captions_and_the_new_times(name: str) -> None:
    file = read(SOURCES[name])
    times = [(1.0 + at, 1.5 + at) for at in range(len(file.captions))]
    events = sorted(pysubs2.SSAFile.from_string(file.retimed(times), format_=name))
    shown = [event for event in events if not event.is_comment]
    assert [(event.start, event.end) for event in shown] == [
        (round(start * 1000), round(end * 1000)) for start, end in times
    ]


def test_captions_that_would_overlap_or_vanish_do_not() -> None:
    again = read(read(SRT).retimed([(1.0, 1.0), (1.0, 5.0), (2.0, 3.0)]))
    starts = [caption.start for caption in again.captions]
    assert all(left < right for left, right in pairwise(starts))


def test_a_file_without_captions_is_refused_and_lines_may_be_captions() -> None:
    with pytest.raises(UsageError, match=r"subtitle file \(vtt\) without a caption"):
        read_captions("WEBVTT\n\nNOTE nothing\n")
    assert lines_as_captions(" one \n\n\ttwo\n").texts == ("one", "two")

"""What the golden files do not show: refusals, escapes, karaoke that adds up, the table of formats."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.errors import UsageError
from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.words import Word
from edge_runtime.writers import WRITERS, WriterOptions, find_writer
from edge_runtime.writers.clock import centiseconds, milliseconds
from edge_runtime.writers.layout import lay_out
from edge_runtime.writers.plain import one_line, without_arrow
from tests.runtime.writers import strategies
from tests.runtime.writers.documents import CHINESE, DEFAULTS, EMPTY, ENGLISH, HIGHLIGHT, HOSTILE, UNTIMED


def test_the_table_has_every_format() -> None:
    expected = ["txt", "srt", "vtt", "tsv", "json", "verbose_json", "lrc", "textgrid", "ctm", "ass"]
    expected += ["ttml", "whisper_json"]
    assert list(WRITERS) == expected


def test_no_two_formats_share_an_extension() -> None:
    assert len({writer.extension.lower() for writer in WRITERS.values()}) == len(WRITERS)


def test_names_are_found_in_any_case() -> None:
    assert find_writer("TextGrid") is WRITERS["textgrid"]


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'docx'.*txt, srt, vtt"):
        find_writer("docx")


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("document", [EMPTY, CHINESE, ENGLISH, HOSTILE])
def test_every_format_writes_every_document(name: str, document: Document) -> None:
    written = find_writer(name).render(document, DEFAULTS)
    assert not written or written.endswith("\n")
    assert "\r" not in written


def test_ctm_claims_no_words_whose_times_are_not_known() -> None:
    assert WRITERS["ctm"].needs_words
    lines = find_writer("ctm").render(UNTIMED, DEFAULTS).splitlines()
    assert lines[0] == ";; recording 1 0.000 30.000 The first part."
    assert all(line.startswith(";; ") for line in lines)


def test_ctm_fields_hold_no_spaces() -> None:
    document = Document(None, 1.0, (TimedSegment.from_words((Word("New\u00a0York", 0.0, 1.0),)),))
    written = find_writer("ctm").render(document, WriterOptions(recording="my talk"))
    assert written == "my_talk 1 0.000 1.000 New_York\n"


@given(strategies.words())
def test_ctm_lines_have_five_fields(words: tuple[Word, ...]) -> None:
    document = Document(None, 1.0, (TimedSegment.from_words(words),))
    assert all(len(line.split()) == 5 for line in find_writer("ctm").render(document, DEFAULTS).splitlines())


@given(strategies.words())
def test_karaoke_lasts_as_long_as_its_cue(words: tuple[Word, ...]) -> None:
    document = Document(None, 1.0, (TimedSegment.from_words(words),))
    lines = find_writer("ass").render(document, HIGHLIGHT).split("Text\n", 1)[1].splitlines()
    for line, cue in zip(lines, lay_out(document, HIGHLIGHT), strict=True):
        spent = sum(int(duration) for duration in re.findall(r"\{\\k(\d+)\}", line))
        # A cue may be shown on behind its last word.
        last_ms = min(max(milliseconds(cue.words[-1].end), cue.start_ms), cue.end_ms)
        assert 0 <= centiseconds(last_ms) - centiseconds(cue.start_ms) - spent <= 1


@pytest.mark.parametrize(
    ("text", "expected"), [("a --> b", "a -> b"), ("--->", "->"), ("---->>", "->>"), ("-- >", "-- >")]
)
def test_no_arrow_remains(text: str, expected: str) -> None:
    assert without_arrow(text) == expected


def test_joiners_and_direction_marks_are_text() -> None:
    text = "\u200fنمی\u200cدانم\u200e 👩\u200d👧 a\u00a0b"
    assert one_line(text) == text


@given(st.text())
def test_one_line_has_one_line_and_is_stable(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line

"""The layout of openai-whisper, on request."""

from __future__ import annotations

from functools import partial

from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.words import Word
from edge_runtime.writers import WriterOptions
from edge_runtime.writers.layout import lay_out
from tests.runtime.writers.documents import CHINESE, KOREAN, UNTIMED, timed

WhisperOptions = partial(WriterOptions, whisper_layout=True)


def _document(*rows: tuple[Word, ...]) -> Document:
    return Document("English", 60.0, tuple(TimedSegment.from_words(row) for row in rows))


def _texts(document: Document, options: WriterOptions) -> list[str]:
    return [cue.text() for cue in lay_out(document, options)]


ROWS = _document(timed("one two three four"), timed("five six seven", 2.0))


def test_without_limits_there_is_one_cue_a_segment() -> None:
    assert _texts(ROWS, WhisperOptions()) == ["one two three four", "five six seven"]


def test_width_alone_breaks_lines_within_a_segment() -> None:
    assert _texts(ROWS, WhisperOptions(max_line_width=9)) == ["one two\nthree\nfour", "five six\nseven"]


def test_width_and_line_count_let_the_text_flow_over_segments() -> None:
    options = WhisperOptions(max_line_width=13, max_line_count=1)
    assert _texts(ROWS, options) == ["one two three", "four five six", "seven"]


def test_words_alone_limit_the_cue() -> None:
    assert _texts(ROWS, WhisperOptions(max_words_per_line=2)) == [
        "one two",
        "three four",
        "five six",
        "seven",
    ]


def test_words_beside_width_and_line_count_limit_the_line() -> None:
    options = WhisperOptions(max_line_width=40, max_line_count=2, max_words_per_line=2)
    assert _texts(ROWS, options) == ["one two\nthree four", "five six\nseven"]


def test_line_count_alone_changes_nothing() -> None:
    assert _texts(ROWS, WhisperOptions(max_line_count=1)) == _texts(ROWS, WhisperOptions())


def test_a_word_wider_than_the_line_stands_alone() -> None:
    assert _texts(_document(timed("a incomprehensible b")), WhisperOptions(max_line_width=4)) == [
        "a\nincomprehensible\nb"
    ]


def test_chinese_is_counted_in_characters_and_has_no_spaces() -> None:
    assert _texts(CHINESE, WhisperOptions(max_line_width=8, max_line_count=2)) == [
        "今天天气很好，我\n们去公园散步。",
        "OK吗？",
    ]


def test_segments_without_words_are_left_as_they_are() -> None:
    assert _texts(UNTIMED, WhisperOptions(max_line_width=4, max_line_count=1)) == [
        "The first part.",
        "And the last.",
    ]


def test_no_word_is_cut() -> None:
    assert _texts(KOREAN, WhisperOptions(max_line_width=6, max_line_count=1)) == [
        "안녕하세요",
        "반갑습니다",
        "저는 학교에",
        "갑니다.",
    ]

"""Words to cues."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from edge_runtime.errors import UsageError
from edge_runtime.results.document import LONG_PAUSE_S, Document, TimedSegment
from edge_runtime.results.words import Word
from edge_runtime.writers import WriterOptions
from edge_runtime.writers.layout import lay_out
from edge_runtime.writers.plain import one_line
from tests.runtime.writers import strategies
from tests.runtime.writers.documents import CHINESE, UNTIMED, characters, timed


def _document(*rows: tuple[Word, ...]) -> Document:
    return Document("English", 60.0, tuple(TimedSegment.from_words(row) for row in rows))


def _texts(document: Document, options: WriterOptions) -> list[str]:
    return [cue.text() for cue in lay_out(document, options)]


ROWS = _document(timed("one two three four"), timed("five six seven", 2.0))


def test_without_limits_there_is_one_cue_a_segment() -> None:
    assert _texts(ROWS, WriterOptions()) == ["one two three four", "five six seven"]


def test_width_alone_breaks_lines_within_a_segment() -> None:
    assert _texts(ROWS, WriterOptions(max_line_width=9)) == ["one two\nthree\nfour", "five six\nseven"]


def test_width_and_line_count_let_the_text_flow_over_segments() -> None:
    options = WriterOptions(max_line_width=13, max_line_count=1)
    assert _texts(ROWS, options) == ["one two three", "four five", "six seven"]


def test_words_alone_limit_the_cue() -> None:
    assert _texts(ROWS, WriterOptions(max_words_per_line=2)) == ["one two", "three four", "five six", "seven"]


def test_words_beside_width_and_line_count_limit_the_line() -> None:
    options = WriterOptions(max_line_width=40, max_line_count=2, max_words_per_line=2)
    assert _texts(ROWS, options) == ["one two\nthree four", "five six\nseven"]


def test_line_count_alone_changes_nothing() -> None:
    assert _texts(ROWS, WriterOptions(max_line_count=1)) == _texts(ROWS, WriterOptions())


def test_a_word_wider_than_the_line_stands_alone() -> None:
    assert _texts(_document(timed("a incomprehensible b")), WriterOptions(max_line_width=4)) == [
        "a\nincomprehensible\nb"
    ]


def test_a_full_cue_ends_after_a_sentence_before_it_ends_after_a_clause() -> None:
    document = _document(timed("I came. I saw, I won it all and left"))
    assert _texts(document, WriterOptions(max_words_per_line=6)) == [
        "I came. I saw,",
        "I won it all and left",
    ]
    assert _texts(document, WriterOptions(max_words_per_line=3))[0] == "I came."


def test_a_full_cue_leaves_no_single_word_behind() -> None:
    document = _document(timed("one two three four five six seven"))
    assert _texts(document, WriterOptions(max_words_per_line=6)) == ["one two three four", "five six seven"]


def test_a_long_pause_starts_a_new_cue() -> None:
    words = timed("one two") + timed("three four", start=0.55 + LONG_PAUSE_S + 0.01)
    for options in (WriterOptions(), WriterOptions(max_line_width=42, max_line_count=2)):
        assert _texts(_document(words), options) == ["one two", "three four"]


def test_a_short_cue_joins_its_neighbor() -> None:
    rows = (timed("Yes."), timed("I know that.", 0.5), timed("Fine.", 1.7))
    assert _texts(_document(*rows), WriterOptions()) == ["Yes. I know that. Fine."]


@pytest.mark.parametrize("start", [0.8, 8.0])
def test_a_short_cue_far_from_its_neighbor_stays(start: float) -> None:
    assert _texts(_document(timed("Yes."), timed("I know that.", start)), WriterOptions()) == [
        "Yes.",
        "I know that.",
    ]


def test_joined_cues_do_not_grow_without_end() -> None:
    rows = [timed("No.", start=float(start), word_s=0.9) for start in range(20)]
    cues = lay_out(_document(*rows), WriterOptions())
    assert [len(cue.words) for cue in cues] == [7, 7, 6]


def test_a_short_cue_stays_where_its_neighbor_is_full() -> None:
    assert _texts(_document(timed("a b"), timed("c", 0.6)), WriterOptions(max_words_per_line=2)) == [
        "a b",
        "c",
    ]


def test_chinese_is_counted_in_characters_and_has_no_spaces() -> None:
    assert _texts(CHINESE, WriterOptions(max_line_width=8, max_line_count=2)) == [
        "今天天气很好，我\n们去公园散步。",
        "OK吗？",
    ]


def test_chinese_segments_in_one_line_have_no_space_between_them() -> None:
    rows = (characters("你/好。"), characters("我/很/好。", 0.4))
    assert _texts(_document(*rows), WriterOptions(max_line_width=9, max_line_count=1)) == ["你好。我很好。"]


def test_segments_without_words_are_left_as_they_are() -> None:
    assert _texts(UNTIMED, WriterOptions(max_line_width=4, max_line_count=1)) == [
        "The first part.",
        "And the last.",
    ]


def test_blank_segments_and_words_are_not_shown() -> None:
    blank = (TimedSegment(0.0, 1.0, " \n"), TimedSegment.from_words((Word("\t", 1.0, 2.0),)))
    assert lay_out(Document(None, 2.0, blank), WriterOptions()) == ()


@pytest.mark.parametrize("name", ["max_line_width", "max_line_count", "max_words_per_line"])
def test_limits_below_one_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} is 0"):
        WriterOptions(**{name: 0})


@given(strategies.documents(), strategies.options())
def test_every_visible_word_is_shown_once_and_in_order(document: Document, options: WriterOptions) -> None:
    shown = [word.text for cue in lay_out(document, options) for word in cue.words]
    parts = [
        part
        for segment in document.segments
        for part in ([word.text for word in segment.words] if segment.words else [segment.text])
    ]
    assert [text.strip() for text in shown] == [text for part in parts if (text := one_line(part))]


@given(strategies.documents(), strategies.options())
def test_cues_are_in_order_apart_and_not_empty(document: Document, options: WriterOptions) -> None:
    cues = lay_out(document, options)
    assert all(cue.start_ms < cue.end_ms and all(cue.lines) for cue in cues)
    assert all(left.end_ms <= right.start_ms for left, right in pairwise(cues))


@given(strategies.documents(), strategies.options())
def test_limits_are_kept(document: Document, options: WriterOptions) -> None:
    for cue in (cue for cue in lay_out(document, options) if cue.timed):
        lines = cue.text().split("\n")
        if options.max_line_width:
            assert all(
                len(text) <= options.max_line_width or len(line) == 1
                for text, line in zip(lines, cue.lines, strict=True)
            )
            assert len(lines) <= (options.max_line_count or len(lines))
        assert all(len(line) <= (options.max_words_per_line or len(line)) for line in cue.lines)


@given(strategies.documents(), strategies.options())
def test_no_cue_bridges_a_long_pause(document: Document, options: WriterOptions) -> None:
    for cue in lay_out(document, options):
        assert all(right.start - left.end <= LONG_PAUSE_S for left, right in pairwise(cue.words))

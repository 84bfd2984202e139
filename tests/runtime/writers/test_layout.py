"""Words to cues: one planted answer for each thing that a subtitler would see."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from edge_runtime.errors import UsageError
from edge_runtime.results.document import LONG_PAUSE_S, Document, TimedSegment
from edge_runtime.results.words import Word, split_characters
from edge_runtime.writers import WriterOptions, find_writer
from edge_runtime.writers.cues.box import may_break
from edge_runtime.writers.cues.limits import CueLimits, columns_of
from edge_runtime.writers.layout import lay_out
from edge_runtime.writers.plain import one_line
from tests.runtime.writers import strategies
from tests.runtime.writers.documents import KOREAN, characters, timed

BUDGET = (
    "When the committee met on Tuesday to discuss the proposals that had been submitted by the various "
    "departments, nobody was able to agree on a date for the next session because the minister was away."
)


def _document(*words: Word, language: str = "English") -> Document:
    return Document.from_words(words, language=language, duration_s=60.0)


def _texts(document: Document, **options: int) -> list[str]:
    return [cue.text() for cue in lay_out(document, WriterOptions(**options))]


def _rendered(format_name: str, document: Document) -> list[str]:
    return find_writer(format_name).render(document, WriterOptions()).splitlines()


def _times(document: Document) -> list[tuple[int, int]]:
    return [(cue.start_ms, cue.end_ms) for cue in lay_out(document, WriterOptions())]


def test_long_sentences_break_at_clauses_and_before_conjunctions() -> None:
    assert _texts(_document(*timed(BUDGET, word_s=0.25))) == [
        "When the committee met on Tuesday",
        "to discuss the proposals that had been\nsubmitted by the various departments,",
        "nobody was able to agree\non a date for the next session",
        "because the minister was away.",
    ]


def test_a_cue_ends_with_its_sentence_and_not_one_word_before() -> None:
    first = timed("Tell David that I will be seventy seven minutes late.")
    second = timed("Eleven fifty four in the small garden.", first[-1].end + 0.1)
    assert _texts(_document(*first, *second)) == [
        "Tell David that I will be\nseventy seven minutes late.",
        "Eleven fifty four in the small garden.",
    ]


def test_lines_are_balanced_and_no_word_is_alone() -> None:
    (text,) = _texts(_document(*timed("We are going to meet the others here at nine tomorrow.")))
    assert text == "We are going to meet\nthe others here at nine tomorrow."


@pytest.mark.parametrize(("width", "expected"), [(5, ["안녕하세요", "반갑습니다\n저는", "학교에\n갑니다."])])
def test_no_break_is_inside_a_word(width: int, expected: list[str]) -> None:
    assert _texts(KOREAN, max_line_width=width) == expected
    cut = split_characters(timed("reading lamps at night", word_s=0.5))
    assert _texts(_document(*cut), max_line_width=8) == ["reading\nlamps", "at night"]


def test_turns_and_items_begin_a_cue_however_short_they_are() -> None:
    words = (*timed("- Yes.", 0.0, 0.1, 0.0), *timed("- No.", 0.2, 0.1, 0.0), *timed(">> Go", 0.4, 0.1, 0.0))
    assert _texts(_document(*words)) == ["- Yes.", "- No.", ">> Go"]


def test_short_sentences_that_cannot_be_read_alone_share_a_cue() -> None:
    words = (*timed("Yes.", 0.0), *timed("I know that.", 0.3), *timed("Fine.", 9.0))
    assert _texts(_document(*words)) == ["Yes. I know that.", "Fine."]


def test_ends_move_into_the_room_behind() -> None:
    alone = timed("No.", 1.0)
    read = timed("Nobody reads as fast as these few words are spoken.", 20.0, 0.1, 0.0)
    near = timed("It goes on.", 23.6)
    assert _times(_document(*alone, *read, *near)) == [(1000, 1840), (20_000, 23_000), (23_600, 24_450)]


def test_a_gap_is_two_frames_or_more_than_half_a_second() -> None:
    words = (*timed("This was said first.", 0.0, 0.4), *timed("This was said next.", 2.0, 0.4))
    assert _times(_document(*words))[0] == (0, 1910)


def test_no_cue_is_shown_for_more_than_seven_seconds() -> None:
    assert _times(_document(Word("Ooooh.", 1.0, 12.0))) == [(1000, 8000)]
    slow = lay_out(_document(*timed("one two three four five six", word_s=2.0)), WriterOptions())
    assert all(cue.end_ms - cue.start_ms <= 7000 for cue in slow)


def test_chinese_has_sixteen_characters_a_line_and_particles_begin_none() -> None:
    words = characters("/".join("今天下午我们委员会一起开会讨论各个部门提交的建议。"))
    words = (*words[:-2], Word("议。", words[-2].start, words[-1].end, space_after=False))
    (cue,) = lay_out(_document(*words, language="Chinese"), WriterOptions())
    assert all(columns_of(line) <= 32 for line in cue.text().split("\n"))
    assert not cue.text().split("\n")[1].startswith("的")
    assert CueLimits.of(WriterOptions(), _document(*words)).max_cps == 9


def test_words_alone_make_cues_of_one_line() -> None:
    assert _texts(_document(*timed("one two three")), max_words_per_line=1) == ["one", "two", "three"]


def test_text_without_word_times_is_cut_at_sentences_with_estimated_times() -> None:
    text = " ".join([BUDGET] * 8)
    cues = lay_out(Document("Thai", 251.0, (TimedSegment(0.0, 251.0, text),)), WriterOptions())
    assert " ".join(cue.text(newline=" ") for cue in cues) == text
    assert max(cue.end_ms - cue.start_ms for cue in cues) <= 7000
    assert cues[-1].end_ms > 240_000
    assert not any(cue.timed for cue in cues)


def test_formats_of_coarse_clocks_show_words_without_duration() -> None:
    document = _document(Word("No.", 8.844, 8.844), Word("Go.", 8.844, 8.844))
    (ass,) = (line for line in _rendered("ass", document) if line.startswith("Dialogue"))
    start, end = ass.split(",")[1:3]
    assert start < end
    rows = [row.split("\t") for row in _rendered("tsv", document)[1:]]
    assert all(int(start) < int(end) for start, end, _ in rows)


def test_blank_segments_and_words_are_not_shown() -> None:
    blank = (TimedSegment(0.0, 1.0, " \n"), TimedSegment.from_words((Word("\t", 1.0, 2.0),)))
    assert lay_out(Document(None, 2.0, blank), WriterOptions()) == ()


@pytest.mark.parametrize("name", ["max_line_width", "max_line_count", "max_words_per_line", "max_cps"])
def test_limits_below_one_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} is 0"):
        WriterOptions(**{name: 0})


@given(strategies.documents(), strategies.options())
def test_every_visible_character_is_shown_once_and_in_order(
    document: Document, options: WriterOptions
) -> None:
    shown = "".join(cue.text().replace("\n", "") for cue in lay_out(document, options))
    given_text = "".join(
        one_line(part)
        for segment in document.segments
        for part in ([word.text for word in segment.words] if segment.words else [segment.text])
    )
    assert "".join(shown.split()) == "".join(given_text.split())


@given(strategies.documents(), strategies.options())
def test_cues_are_in_order_apart_and_not_empty(document: Document, options: WriterOptions) -> None:
    cues = lay_out(document, options)
    assert all(cue.start_ms < cue.end_ms and all(cue.lines) for cue in cues)
    assert all(left.end_ms <= right.start_ms for left, right in pairwise(cues))
    if not options.whisper_layout:
        assert all(10 <= cue.end_ms - cue.start_ms <= 7000 for cue in cues)


@given(strategies.documents(), strategies.options())
def test_limits_are_kept_and_words_whole(document: Document, options: WriterOptions) -> None:
    limits = CueLimits.of(options, document)
    for cue in lay_out(document, options) if not options.whisper_layout else ():
        assert len(cue.lines) <= limits.lines
        for line in cue.lines:
            is_one_box = not any(map(may_break, line, line[1:]))
            width = columns_of(
                "".join(word.text + " " * word.space_after for word in line[:-1]) + line[-1].text
            )
            assert is_one_box or (width <= limits.columns and len(line) <= limits.line_words)
        assert all(may_break(left[-1], right[0]) for left, right in pairwise(cue.lines))


@given(strategies.documents(), strategies.options())
def test_no_cue_bridges_a_long_pause(document: Document, options: WriterOptions) -> None:
    for cue in lay_out(document, options) if options.whisper_layout is False else ():
        places = [(left, right) for left, right in pairwise(cue.words) if may_break(left, right)]
        assert all(right.start - left.end <= LONG_PAUSE_S for left, right in places)

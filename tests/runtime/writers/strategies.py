"""Documents and options of any kind, for the property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.words import Word
from edge_runtime.writers import WriterOptions

_TEXTS = st.one_of(
    st.sampled_from(
        ["a", "of", "word", "comma,", "stop.", "-->", "--", ">", "<i>", "&amp;", "你", "好，", "吗？"]
    ),
    st.sampled_from(
        ["שלום", "نمی‌دانم", "👩‍👩‍👧", "e\u0301", "two words", "two\nlines", "\r\n", "", '"', "{\\b1}"]
    ),
    st.text(max_size=8),
)
_STEPS_MS = st.sampled_from([0, 0, 40, 80, 240, 480, 1000, 4000])
_LIMITS = st.none() | st.integers(1, 20)


@st.composite
def words(draw: st.DrawFn, start_ms: int = 0) -> tuple[Word, ...]:
    """Words in order and apart, some without duration, some after a long pause."""
    actual: list[Word] = []
    for text in draw(st.lists(_TEXTS, min_size=1, max_size=10)):
        start_ms += draw(_STEPS_MS)
        end_ms = start_ms + draw(_STEPS_MS)
        actual.append(Word(text, start_ms / 1000, end_ms / 1000, space_after=draw(st.booleans())))
        start_ms = end_ms
    return tuple(actual)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Documents of segments with and without words."""
    segments: list[TimedSegment] = []
    for _ in range(draw(st.integers(0, 3))):
        start_ms = round(1000 * segments[-1].end) if segments else 0
        segment = TimedSegment.from_words(draw(words(start_ms)))
        timed = draw(st.integers(0, 4)) > 0
        segments.append(segment if timed else TimedSegment(segment.start, segment.end, segment.text))
    return Document("English", segments[-1].end if segments else 0.0, tuple(segments))


@st.composite
def options(draw: st.DrawFn) -> WriterOptions:
    """Any combination of limits."""
    return WriterOptions(
        max_line_width=draw(_LIMITS),
        max_line_count=draw(_LIMITS),
        max_words_per_line=draw(_LIMITS),
        max_cps=draw(_LIMITS),
        whisper_layout=draw(st.booleans()),
        highlight_words=draw(st.booleans()),
    )

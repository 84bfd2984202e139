"""What was written, read by programs that are not ours."""

from __future__ import annotations

from html import unescape
from itertools import pairwise
from pathlib import Path

import jsonschema
import msgspec
import pysubs2
import pytest
import textgrid
import webvtt
from hypothesis import given

from edge_runtime.results.document import Document
from edge_runtime.writers import WriterOptions, find_writer
from edge_runtime.writers.alignment_json import Alignment, json_schema
from edge_runtime.writers.cue import Cue, spans
from edge_runtime.writers.cues.dialect import Dialect
from edge_runtime.writers.layout import lay_out
from edge_runtime.writers.lrc import lyrics_layout
from edge_runtime.writers.plain import without_arrow
from tests.runtime.writers import strategies
from tests.runtime.writers.documents import CHINESE, DEFAULTS, ENGLISH, HIGHLIGHT, NARROW

READABLE = [(ENGLISH, DEFAULTS), (ENGLISH, NARROW), (CHINESE, NARROW)]


def _text(cue: Cue) -> str:
    return without_arrow(cue.text())


@pytest.mark.parametrize(("document", "options"), READABLE)
@pytest.mark.parametrize("format_name", ["srt", "vtt", "ass"])
def test_pysubs2_reads_the_cues(format_name: str, document: Document, options: WriterOptions) -> None:
    written = find_writer(format_name).render(document, options)
    events = list(pysubs2.SSAFile.from_string(written, format_=format_name))
    cues = lay_out(document, options)
    assert [(event.start, event.end) for event in events] == [(cue.start_ms, cue.end_ms) for cue in cues]
    actual = [without_arrow(unescape(event.plaintext)) for event in events]
    assert actual == [_text(cue) for cue in cues]


@given(strategies.documents(), strategies.options())
def test_webvtt_reads_the_cues_of_any_document(document: Document, options: WriterOptions) -> None:
    captions = webvtt.from_string(find_writer("vtt").render(document, options))
    texts = [without_arrow(unescape(caption.text)) for caption in captions]
    cues = lay_out(document, options)
    assert set(texts) == {_text(cue) for cue in cues}
    assert options.highlight_words or texts == [_text(cue) for cue in cues]


@given(strategies.documents(), strategies.options())
def test_a_vtt_file_has_an_arrow_only_in_its_timing_lines(document: Document, options: WriterOptions) -> None:
    for format_name in ("vtt", "srt"):
        blocks = find_writer(format_name).render(document, options).split("\n\n")
        shown = [block for block in blocks if block and block != "WEBVTT" and not block.startswith("NOTE ")]
        assert all(block.count("-->") == 1 for block in shown)


@given(strategies.documents())
def test_highlighting_shows_each_cue_from_its_start_to_its_end(document: Document) -> None:
    cues = lay_out(document, HIGHLIGHT)
    shown = list(spans(cues, Dialect(), highlight_words=True))
    assert all(span.start_ms < span.end_ms for span in shown)
    for cue in cues:
        own = [span for span in shown if cue.start_ms <= span.start_ms < cue.end_ms]
        assert (own[0].start_ms, own[-1].end_ms) == (cue.start_ms, cue.end_ms)
        assert all(left.end_ms == right.start_ms for left, right in pairwise(own))


@given(strategies.documents())
def test_ass_keeps_every_cue_in_one_line(document: Document) -> None:
    written = find_writer("ass").render(document, HIGHLIGHT)
    cues = lay_out(document, HIGHLIGHT)
    assert len(list(pysubs2.SSAFile.from_string(written, format_="ass"))) == len(cues)


@given(strategies.documents())
def test_textgrid_tiers_fill_the_recording(
    tmp_path_factory: pytest.TempPathFactory, document: Document
) -> None:
    path = tmp_path_factory.mktemp("grid") / "x.TextGrid"
    path.write_text(find_writer("textgrid").render(document, DEFAULTS), "utf-8", newline="\n")
    grid = textgrid.TextGrid.fromFile(str(path))
    assert [tier.name for tier in grid.tiers] == ["words", "segments"]
    for tier in grid.tiers:
        assert tier[0].minTime == 0
        assert tier[-1].maxTime == grid.maxTime >= round(document.duration_s, 3)
        assert all(left.maxTime == right.minTime for left, right in pairwise(tier))
        assert all(interval.minTime < interval.maxTime for interval in tier)


def test_textgrid_keeps_words_and_times(tmp_path: Path) -> None:
    path = tmp_path / "x.TextGrid"
    path.write_text(find_writer("textgrid").render(ENGLISH, DEFAULTS), "utf-8")
    words = [interval for interval in textgrid.TextGrid.fromFile(str(path)).tiers[0] if interval.mark]
    expected = [word for segment in ENGLISH.segments for word in segment.words]
    assert [(word.mark, word.minTime) for word in words] == [(word.text, word.start) for word in expected]


@given(strategies.documents())
def test_json_obeys_its_schema_and_loses_nothing(document: Document) -> None:
    written = find_writer("json").render(document, DEFAULTS)
    jsonschema.Draft202012Validator(json_schema()).validate(msgspec.json.decode(written))
    alignment = msgspec.json.decode(written, type=Alignment)
    assert Document(alignment.language, alignment.duration_s, alignment.segments) == document


@given(strategies.documents(), strategies.options())
def test_every_line_format_has_one_line_a_record(document: Document, options: WriterOptions) -> None:
    cues = lay_out(document, lyrics_layout(options))
    assert len(find_writer("lrc").render(document, options).splitlines()) == len(cues)
    rows = find_writer("tsv").render(document, options).splitlines()
    assert all(row.count("\t") == 2 for row in rows)
    assert len(find_writer("txt").render(document, options).splitlines()) == len(rows) - 1

r"""Markup of a text (`<i>`, `&amp;`, `{\an8}`) in each format, and the same characters where literal."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pysubs2
import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.results.document import Document
from edge_runtime.text.markup.pieces import shown
from edge_runtime.writers import WriterOptions, find_writer
from edge_runtime.writers.layout import lay_out
from tests.runtime.writers.documents import timed

TT = "{http://www.w3.org/ns/ttml}"
TTS = "{http://www.w3.org/ns/ttml#styling}"
TEXT = r"{\an8\k20}<i>Dim the</i> AT&amp;T 5<6 <font_color='red'>red</font> <b>lamp."
SHOWN = "Dim the AT&T 5<6 red lamp."


def document(text: str, *, has_markup: bool = True) -> Document:
    """Speak a text; "_" is a space within a tag."""
    words = tuple(replace(word, text=word.text.replace("_", " ")) for word in timed(text, word_s=0.4))
    return Document.from_words(words, language="English", duration_s=9.0, has_markup=has_markup)


def rendered(name: str, text: str = TEXT, *, has_markup: bool = True, **options: int | bool) -> str:
    layout = WriterOptions(**options)  # type: ignore[arg-type]
    return find_writer(name).render(document(text, has_markup=has_markup), layout)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("srt", r"{\an8}<i>Dim the</i> AT&T 5<6 <font color='red'>red</font> <b>lamp.</b>"),
        ("vtt", r"<i>Dim the</i> AT&amp;T 5&lt;6 red <b>lamp.</b>"),
        ("ass", r"{\an8}{\i1}Dim the{\i0} AT&T 5<6 red {\b1}lamp.{\b0}"),
        ("lrc", SHOWN),
    ],
)
def test_markup_is_that_of_the_format(name: str, expected: str) -> None:
    assert expected in rendered(name)


def test_readers_see_the_text_and_its_styles() -> None:
    (caption,) = webvtt.from_string(rendered("vtt")).captions
    assert caption.text == "Dim the AT&amp;T 5&lt;6 red lamp."
    for name in ("srt", "ass"):
        (event,) = pysubs2.SSAFile.from_string(rendered(name), format_=name)
        assert event.plaintext == SHOWN
        assert event.text.startswith((r"{\an8}{\i1}Dim the{\i0} ", r"{\i1}Dim the{\i0} "))
    root = ET.fromstring(rendered("ttml"))  # noqa: S314  # our own text
    (paragraph,) = root.findall(f".//{TT}p")
    assert "".join(paragraph.itertext()) == SHOWN
    spans = {"".join(span.itertext()): span.attrib for span in paragraph.findall(f"{TT}span")}
    assert spans == {"Dim the": {f"{TTS}fontStyle": "italic"}, "lamp.": {f"{TTS}fontWeight": "bold"}}


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("name", ["srt", "vtt", "ass"])
@pytest.mark.parametrize("has_markup", [True, False])
def test_ffmpeg_sees_markup_and_literal_characters(tmp_path: Path, name: str, *, has_markup: bool) -> None:
    text = "<i>Dim</i> A&amp;T." if has_markup else r"<i>Dim</i> {\an8} A&amp;T."
    path = tmp_path / f"cues.{name}"
    path.write_text(rendered(name, text, has_markup=has_markup), "utf-8")
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "ass", "-"]
    event = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    if has_markup:
        assert event.endswith(r"{\i1}Dim{\i0} A&T.")
    elif name == "srt":  # has no escapes
        assert r"{\i1}Dim{\i0}" in event
    else:
        assert "<i>Dim</i>" in event
        assert "A&amp;T." in event
        assert r"{\an8}" not in event.replace(r"\{", "(")


def test_what_is_literal_is_escaped() -> None:
    literal = r"<i>Dim</i> {\an8} A&amp;T."
    assert r"&lt;i&gt;Dim&lt;/i&gt; {\an8} A&amp;amp;T." in rendered("vtt", literal, has_markup=False)
    assert "<i>Dim</i> \\{\\\u2060an8} A&amp;T." in rendered("ass", literal, has_markup=False)
    root = ET.fromstring(rendered("ttml", literal, has_markup=False))  # noqa: S314  # our own text
    assert "".join(root.find(f".//{TT}p").itertext()) == literal  # type: ignore[union-attr]


def test_a_style_goes_on_in_the_next_cue_and_every_cue_closes_its_own() -> None:
    text = "<i>One two three four five six seven eight nine.</i> Ten."
    written = rendered("vtt", text, max_line_width=12, max_line_count=1)
    cues = [caption.raw_text for caption in webvtt.from_string(written).captions]
    assert len(cues) > 3
    assert all(cue.startswith("<i>") and cue.endswith("</i>") for cue in cues[:-1])
    assert cues[-1] == "<i>nine.</i> Ten."


def test_tags_count_for_no_width_and_hide_no_sentence_end() -> None:
    plain, tagged = (
        "Dim the reading lamp. Then open it.",
        "<b>Dim the <i>reading</i> lamp.</b> <b>Then</b> open it.",
    )
    cues = [lay_out(document(text), WriterOptions(max_line_width=10)) for text in (plain, tagged)]
    assert len(document(tagged).segments) == 2
    lines = [[shown(line) for cue in some for line in cue.text().split("\n")] for some in cues]
    assert lines[0] == lines[1]


@given(
    st.lists(
        st.sampled_from(["<i>", "</i>", "<b>", "</b>", "<u>", r"{\i1}", r"{\b0}", "a ", "&lt;", "<", "}"])
    )
)
def test_any_nesting_of_tags_is_well_formed(tokens: list[str]) -> None:
    text = "".join(tokens) + "end."
    for options in ({}, {"highlight_words": True}):
        root = ET.fromstring(rendered("ttml", text, **options))  # noqa: S314  # our own text
        assert "".join(root.find(f".//{TT}p").itertext()).split() == shown(text).split()  # type: ignore[union-attr]
        body = rendered("vtt", text, **options).split("\n\n", 1)[1]
        stack: list[str] = []
        for slash, name in re.findall(r"<(/?)([ibu])>", body):
            if slash:
                assert stack.pop() == name
            else:
                stack.append(name)
        assert not stack

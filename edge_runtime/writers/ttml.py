"""Timed Text Markup Language: a paragraph a cue, `<br/>` between its lines.

Source: W3C TTML2, section 12 (timing), and IMSC 1.1 for the subset that players take: media time as
`HH:MM:SS.mmm`, one region at the bottom, the language of the text on the root. Markup of a text becomes
spans with styles.
"""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape

from edge_runtime.results.document import Document
from edge_runtime.text.language_aliases import code_of
from edge_runtime.writers.clock import srt_clock
from edge_runtime.writers.cues.dialect import Dialect
from edge_runtime.writers.layout import lay_out
from edge_runtime.writers.options import WriterOptions

_HEAD: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" \
xmlns:tts="http://www.w3.org/ns/ttml#styling" ttp:timeBase="media" xml:lang="{language}">
  <head>
    <layout>
      <region xml:id="bottom" tts:origin="10% 80%" tts:extent="80% 15%" tts:displayAlign="after" \
tts:textAlign="center"/>
    </layout>
  </head>
  <body region="bottom">
    <div>
"""
_NO_CHARACTER: Final = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_TAIL: Final = """\
    </div>
  </body>
</tt>
"""


def _escaped(text: str) -> str:
    """Escape a text; what XML 1.0 has no character for is left out."""
    return escape(_NO_CHARACTER.sub("", text))


_STYLES: Final = {
    "i": 'fontStyle="italic"',
    "b": 'fontWeight="bold"',
    "u": 'textDecoration="underline"',
    "s": 'textDecoration="lineThrough"',
}
_DIALECT: Final = Dialect(
    escape=_escaped,
    newline="<br/>",
    styles={name: (f"<span tts:{style}>", "</span>") for name, style in _STYLES.items()},
)


def render(document: Document, options: WriterOptions) -> str:
    """Write one paragraph a cue."""
    paragraphs = (
        f'      <p begin="{_clock(cue.start_ms)}" end="{_clock(cue.end_ms)}">{cue.written(_DIALECT)}</p>\n'
        for cue in lay_out(document, options)
    )
    return _HEAD.format(language=code_of(document.language or "") or "") + "".join(paragraphs) + _TAIL


def _clock(time_ms: int) -> str:
    return srt_clock(time_ms).replace(",", ".")

r"""Advanced SubStation Alpha: `\N` between lines, hundredths of a second, highlighted words as karaoke.

Source: "Sub Station Alpha v4.00+ Script Format", and libass where that is silent. A brace within a text is
written `\{`, and a word joiner (U+2060) follows each backslash, so that the text forms no override tag.
Markup of a text becomes override tags: `<i>` is `{\i1}`, and its own stay as they are, but for karaoke.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edge_runtime.results.document import Document
from edge_runtime.writers.clock import ass_clock, centiseconds, milliseconds
from edge_runtime.writers.cue import Cue
from edge_runtime.writers.cues.dialect import Dialect
from edge_runtime.writers.layout import ESTIMATED, is_estimated, lay_out
from edge_runtime.writers.options import WriterOptions

_HEADER: Final = """\
[Script Info]
{comment}ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes
PlayResX: 1280
PlayResY: 720

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, \
MarginR, MarginV, Encoding
Style: Default,Arial,48,&H00FFFFFF,&H0000FFFF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,2,1,2,64,64,36,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""

_ESCAPES: Final = str.maketrans({"\\": "\\\u2060", "{": "\\{"})
_KARAOKE: Final = re.compile(r"\\[kK][fot]?\d*")


def _block(block: str) -> str:
    """Return an override block without the times of words, which are others now."""
    block = _KARAOKE.sub("", block)
    return block if "\\" in block else ""


_DIALECT: Final = Dialect(
    escape=lambda text: text.translate(_ESCAPES),
    newline="\\N",
    styles={name: (f"{{\\{name}1}}", f"{{\\{name}0}}") for name in "ibus"},
    block=_block,
)


def render(document: Document, options: WriterOptions) -> str:
    """Write one dialogue line a cue."""
    comment = f"; {ESTIMATED}\n" if is_estimated(document, options) else ""
    return _HEADER.format(comment=comment) + "".join(
        f"Dialogue: 0,{ass_clock(cue.start_ms)},{ass_clock(cue.end_ms)},Default,,0,0,0,,"
        f"{_karaoke(cue) if options.highlight_words and cue.timed else cue.written(_DIALECT)}\n"
        for cue in lay_out(document, options)
    )


def _karaoke(cue: Cue) -> str:
    tags = _karaoke_tags(cue)
    return cue.written(_DIALECT, before=lambda _: next(tags))


def _karaoke_tags(cue: Cue) -> Iterator[str]:
    r"""Yield for each word `{\k<silence before it>}{\k<its duration>}`, both in hundredths of a second."""
    now = centiseconds(cue.start_ms)
    last = centiseconds(cue.end_ms)
    for word in cue.words:
        start = min(max(now, centiseconds(milliseconds(word.start))), last)
        end = min(max(start, centiseconds(milliseconds(word.end))), last)
        yield (f"{{\\k{start - now}}}" if start > now else "") + f"{{\\k{end - start}}}"
        now = end

"""Flags that say how subtitles are laid out, and what all formats do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import typer

from edge_runtime.writers import WriterOptions

LineWidth: TypeAlias = Annotated[
    int | None,
    typer.Option("--max-line-width", help="Characters in a line of subtitles. [default: 42, CJK 16]"),
]
LineCount: TypeAlias = Annotated[
    int | None, typer.Option("--max-line-count", help="Lines in a subtitle. [default: 2]")
]
LineWords: TypeAlias = Annotated[
    int | None, typer.Option("--max-words-per-line", help="Words in a line of subtitles.")
]
MaxCps: TypeAlias = Annotated[
    float | None,
    typer.Option("--max-cps", help="Characters read in a second. [default: 17, CJK 9]"),
]
WhisperLayout: TypeAlias = Annotated[
    bool,
    typer.Option("--whisper-layout", help="Lay subtitles out as openai-whisper does: filled, not balanced."),
]
Highlight: TypeAlias = Annotated[
    bool, typer.Option("--highlight-words", help="Mark each word as it is spoken (srt, vtt, lrc, ass).")
]

Offset: TypeAlias = Annotated[
    float, typer.Option("--offset", metavar="SECONDS", help="Add this to all times; may be below 0.")
]
Bom: TypeAlias = Annotated[
    bool, typer.Option("--bom", help="Begin with a byte order mark, as some players need it; not in JSON.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutFlags:
    """The layout of subtitles, and the offset of all times."""

    max_line_width: LineWidth = None
    max_line_count: LineCount = None
    max_words_per_line: LineWords = None
    max_cps: MaxCps = None
    whisper_layout: WhisperLayout = False
    highlight_words: Highlight = False
    offset: Offset = 0.0
    bom: Bom = False

    def writer_options(self, recording: str = "recording") -> WriterOptions:
        """Return the options of the writers; raises as `WriterOptions` does."""
        return WriterOptions(
            max_line_width=self.max_line_width,
            max_line_count=self.max_line_count,
            max_words_per_line=self.max_words_per_line,
            max_cps=self.max_cps,
            whisper_layout=self.whisper_layout,
            highlight_words=self.highlight_words,
            offset_s=self.offset,
            bom=self.bom,
            recording=recording,
        )

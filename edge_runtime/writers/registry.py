"""The output formats by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from edge_runtime.errors import UsageError
from edge_runtime.results.document import Document
from edge_runtime.writers import (
    alignment_json,
    ass,
    ctm,
    lrc,
    srt,
    textgrid,
    tsv,
    ttml,
    txt,
    verbose_json,
    vtt,
    whisper_json,
)
from edge_runtime.writers.options import WriterOptions

BOM: Final = "\ufeff"
Render: TypeAlias = Callable[[Document, WriterOptions], str]


@dataclass(frozen=True, slots=True)
class Writer:
    """An output format.

    Attributes:
        extension: of its files, without the dot.
        render: returns a document in the format.
        needs_words: whether the format holds words only and so needs their times.
        has_cues: whether it holds cues, which limits of lines lay out.
        takes_bom: whether a file may begin with a byte order mark: not JSON (RFC 8259), nor what Kaldi and
            Praat read.
    """

    extension: str
    render: Render
    needs_words: bool = False
    has_cues: bool = False
    takes_bom: bool = True

    def write(self, document: Document, options: WriterOptions) -> str:
        """Return what a file holds: the document, later by the offset, behind a mark if one is asked."""
        return self.marked(self.render(document.shifted(options.offset_s), options), options)

    def marked(self, text: str, options: WriterOptions) -> str:
        """Put a byte order mark in front of a text, if the options ask for one and the format may have it."""
        return BOM + text if options.bom and self.takes_bom else text


WRITERS: Final[Mapping[str, Writer]] = MappingProxyType(
    {
        "txt": Writer("txt", txt.render),
        "srt": Writer("srt", srt.render, has_cues=True),
        "vtt": Writer("vtt", vtt.render, has_cues=True),
        "tsv": Writer("tsv", tsv.render),
        "json": Writer("json", alignment_json.render, takes_bom=False),
        "verbose_json": Writer("verbose.json", verbose_json.render, takes_bom=False),
        "lrc": Writer("lrc", lrc.render, has_cues=True),
        "textgrid": Writer("TextGrid", textgrid.render, takes_bom=False),
        "ctm": Writer("ctm", ctm.render, needs_words=True, takes_bom=False),
        "ass": Writer("ass", ass.render, has_cues=True),
        "ttml": Writer("ttml", ttml.render, has_cues=True),
        "whisper_json": Writer("whisper.json", whisper_json.render, takes_bom=False),
    }
)


ALL: Final = "all"
"""Stands for every format."""


def formats_of(names: Iterable[str], *, has_words: bool) -> tuple[str, ...]:
    """Return the formats that names mean, each once, in order.

    Args:
        names: of formats, or `all`; several may be joined by commas.
        has_words: whether words get times; without them `all` leaves out the formats that hold words only.

    Raises:
        UsageError: a format is unknown.
    """
    formats: dict[str, None] = {}
    for name in (part.strip().lower() for joined in names for part in joined.split(",")):
        if name == ALL:
            formats |= {key: None for key, writer in WRITERS.items() if has_words or not writer.needs_words}
        else:
            find_writer(name)
            formats[name] = None
    return tuple(formats)


def format_of_file(name: str) -> str:
    """Return the format whose extension a file has, the longest that fits.

    Raises:
        UsageError: no format has it.
    """
    fitting = [
        key for key, writer in WRITERS.items() if name.lower().endswith(f".{writer.extension.lower()}")
    ]
    if not fitting:
        raise UsageError(f"{name}: no output format has this extension. Name one with --output-format.")
    return max(fitting, key=lambda key: len(WRITERS[key].extension))


def find_writer(name: str) -> Writer:
    """Return the writer of a format.

    Raises:
        UsageError: the format is unknown.
    """
    if name.lower() in WRITERS:
        return WRITERS[name.lower()]
    raise UsageError(f"Unknown output format {name!r}. There are: {', '.join(WRITERS)}.")

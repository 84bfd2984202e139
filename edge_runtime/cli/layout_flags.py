"""Flags of output formats, and what they ask of the writers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from edge_runtime.results.document import Document
from edge_runtime.writers import WriterOptions, find_writer, output_path, write_whole

FORMATS: Final = "txt, srt, vtt, tsv, json, verbose_json, lrc, textgrid, ctm, ass"

Format: TypeAlias = Annotated[
    str | None, typer.Option("--output-format", "-f", envvar="EDGE_ASR_OUTPUT_FORMAT", help=f"{FORMATS}.")
]
OutputDir: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output-dir", "-o", envvar="EDGE_ASR_OUTPUT_DIR", help="Write files here, not to stdout."),
]
LineWidth: TypeAlias = Annotated[
    int | None, typer.Option("--max-line-width", help="Characters in a line of subtitles.")
]
LineCount: TypeAlias = Annotated[
    int | None, typer.Option("--max-line-count", help="Lines in a subtitle, with --max-line-width.")
]
LineWords: TypeAlias = Annotated[
    int | None, typer.Option("--max-words-per-line", help="Words in a line of subtitles.")
]
Highlight: TypeAlias = Annotated[
    bool, typer.Option("--highlight-words", help="Mark each word as it is spoken (srt, vtt, lrc, ass).")
]


def deliver(
    document: Document, format_name: str, options: WriterOptions, output: Path | None, text: str | None = None
) -> None:
    """Write a document to a file, or to stdout where `output` is None.

    Args:
        document: what to write.
        format_name: a key of `WRITERS`.
        options: how to lay it out.
        output: the file.
        text: the rendered document, where the caller has it already.
    """
    rendered = text if text is not None else find_writer(format_name).render(document, options)
    if output is None:
        print(rendered, end="", flush=True)
    else:
        write_whole(output, rendered)


def file_for(directory: Path | None, source: str, format_name: str, taken: set[Path]) -> Path | None:
    """Name the file of one recording and reserve it; None without a directory."""
    if directory is None:
        return None
    path = output_path(directory, _named(source), format_name, taken)
    taken.add(path)
    return path


def recording_name(source: str) -> str:
    """Return what a format that names its recording is to call it."""
    return _named(source).stem


def _named(source: str) -> Path:
    return Path("stdin") if source == "-" else Path(source)

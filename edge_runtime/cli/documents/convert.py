"""`edge-asr convert`: a stored transcript in, other formats out, without its recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from edge_runtime.cli import options
from edge_runtime.cli.delivery import read_formats, remark_unused
from edge_runtime.cli.documents.stored import read_document
from edge_runtime.cli.flags.grouped import grouped
from edge_runtime.cli.flags.layout import LayoutFlags
from edge_runtime.cli.inputs.text_source import read_file, read_stdin
from edge_runtime.cli.output_files import Target, recording_name, write_reported
from edge_runtime.cli.terminal import emit, valid_unicode
from edge_runtime.writers import find_writer

_DEFAULT: Final = ("srt",)
_LAYOUT: Final = LayoutFlags()


@grouped
def convert(
    transcript: Annotated[
        str, typer.Argument(metavar="TRANSCRIPT", help="JSON of one recording; - reads standard input.")
    ],
    output_format: options.Format = None,
    output_dir: options.OutputDir = None,
    output_file: options.OutputFile = None,
    layout: LayoutFlags = _LAYOUT,
    quiet: options.Quiet = False,
) -> None:
    """Write a stored transcript or alignment in other formats without its recording; srt by default."""
    target = Target(output_dir, output_file)
    requested = options.requested_formats(output_format)
    text = (
        read_stdin("TRANSCRIPT") if transcript == options.STDIN else read_file(Path(transcript), "TRANSCRIPT")
    )
    document = read_document(text, transcript)
    has_words = any(segment.words for segment in document.segments)
    formats = read_formats(
        requested or (() if target.file else _DEFAULT),
        target,
        as_json=False,
        several=False,
        has_words=has_words,
    )
    writer_options = layout.writer_options(valid_unicode(recording_name(transcript)))
    remark_unused(writer_options, formats, quiet=quiet)
    if target.writes_files:
        target.require_writable()
    paths = target.name_files([transcript], formats)[0] if target.writes_files else {}
    for name in formats:
        written = find_writer(name).write(document, writer_options)
        if name in paths:
            write_reported(paths[name], written, transcript, quiet=quiet)
        else:
            emit(written, end="")

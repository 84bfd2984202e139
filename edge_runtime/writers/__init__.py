"""Output formats: `find_writer("srt").render(document, WriterOptions())`."""

from __future__ import annotations

from edge_runtime.writers.files import output_path, write_whole
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.registry import ALL, WRITERS, Writer, find_writer, format_of_file, formats_of

__all__ = [
    "ALL",
    "WRITERS",
    "Writer",
    "WriterOptions",
    "find_writer",
    "format_of_file",
    "formats_of",
    "output_path",
    "write_whole",
]

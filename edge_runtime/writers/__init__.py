"""Output formats: `find_writer("srt").render(document, WriterOptions())`."""

from __future__ import annotations

from edge_runtime.writers.files import output_path, write_whole
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.registry import WRITERS, Writer, find_writer

__all__ = ["WRITERS", "Writer", "WriterOptions", "find_writer", "output_path", "write_whole"]

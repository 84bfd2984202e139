"""The golden files of the writers, and how to write them anew.

`python -m tests.runtime.writers.goldens` replaces `tests/golden/writers/`; look at `git diff` before you
keep them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_runtime.results.document import Document
from edge_runtime.writers import WRITERS, WriterOptions, find_writer, write_whole
from tests.runtime.writers import documents

ROOT: Final = Path(__file__).parents[3]
DIRECTORY: Final = ROOT / "tests" / "golden" / "writers"

_CASES: Final[dict[str, tuple[Document, WriterOptions, tuple[str, ...]]]] = {
    "english": (documents.ENGLISH, documents.DEFAULTS, tuple(WRITERS)),
    "english-highlight": (documents.ENGLISH, documents.HIGHLIGHT, ("srt", "vtt", "lrc", "ass")),
    "english-narrow": (documents.ENGLISH, documents.NARROW, ("srt", "ass")),
    "english-whisper": (documents.ENGLISH, documents.WHISPER, ("srt", "ass")),
    "korean": (documents.KOREAN, documents.SHORT_LINES, ("srt", "vtt", "ass", "lrc")),
    "chinese": (
        documents.CHINESE,
        documents.DEFAULTS,
        ("txt", "tsv", "textgrid", "verbose_json", "whisper_json"),
    ),
    "chinese-narrow": (documents.CHINESE, documents.SHORT_LINES, ("srt",)),
    "untimed": (documents.UNTIMED, documents.NARROW, ("txt", "srt", "vtt", "lrc", "textgrid", "ctm", "ass")),
    "hostile": (
        documents.HOSTILE,
        documents.DEFAULTS,
        ("txt", "srt", "vtt", "tsv", "ctm", "textgrid", "ass"),
    ),
    "empty": (documents.EMPTY, documents.DEFAULTS, ("txt", "srt", "vtt", "tsv", "json", "textgrid")),
}


def golden_files() -> Iterator[tuple[Path, str]]:
    """Yield each golden file and what it must hold."""
    for name, (document, options, formats) in _CASES.items():
        for format_name in formats:
            writer = find_writer(format_name)
            yield DIRECTORY / f"{name}.{writer.extension}", writer.render(document, options)


def _write() -> None:
    for path in DIRECTORY.glob("*"):
        path.unlink()
    for path, text in golden_files():
        write_whole(path, text)


if __name__ == "__main__":
    _write()

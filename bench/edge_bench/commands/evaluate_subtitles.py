"""`edge-asr eval-subtitles`: how words with known times are laid out as subtitles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer

from edge_bench.commands.figures import Figures
from edge_bench.corpus import AlignedClip, read_list
from edge_bench.scoring.bars import parse_bars, parse_figures, require_cleared
from edge_bench.scoring.wer import CHARACTER_LANGUAGES
from edge_bench.subtitles.faults import Faults, find_faults, total
from edge_bench.subtitles.joined_words import join_words_of
from edge_bench.subtitles.subtitle_file import read_subtitles
from edge_bench.subtitles.table import fault_table
from edge_bench.subtitles.whisper_writer import find_whisper_utils, write_with_whisper
from edge_runtime.cli.terminal import emit, say
from edge_runtime.results.document import Document
from edge_runtime.writers import WriterOptions, find_writer

_FIGURES: Final = ("begins_inside", "unbalanced", "cps_with_room", "over_7s", "short_with_room")
_FORMATS: Final = ("srt", "vtt", "ass")
_LINES: Final = 2
_WIDTH: Final = 42
_WIDE_WIDTH: Final = 16


def evaluate_subtitles(
    corpus: Annotated[
        Path, typer.Argument(metavar="LIST", help="JSON lines with id, audio, text, language, units.")
    ],
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, help="Joined for each language.")] = 4.0,
    figures: Figures = None,
    bar: Annotated[
        list[str] | None,
        typer.Option("--bar", metavar="NAME=VALUE", help="Exit with 8 if missed, e.g. begins_inside=1."),
    ] = None,
) -> None:
    """Join clips with known words and times, write subtitles of 42 x 2 (16 x 2), and count their faults."""
    bars = parse_bars(bar or ())
    others = parse_figures(figures.read_text("utf-8")) if figures else {}
    clips = read_list(corpus, AlignedClip)
    rows: dict[str, Faults] = {}
    for language in dict.fromkeys(clip.language for clip in clips):
        of_language = [clip for clip in clips if clip.language == language]
        rows |= dict(_rows(join_words_of(of_language, corpus.parent, 60 * minutes), language))
    for line in fault_table(rows):
        emit(line)
    ours = total(faults for name, faults in rows.items() if name.endswith(_FORMATS)).metrics()
    metrics = {name: ours[name] for name in _FIGURES} | others
    emit("scores: " + " ".join(f"{name}={value:g}" for name, value in metrics.items()))
    require_cleared(bars, ours | metrics)


def _rows(document: Document, language: str) -> Iterator[tuple[str, Faults]]:
    width = _WIDE_WIDTH if language in CHARACTER_LANGUAGES else _WIDTH
    layout = WriterOptions(max_line_width=width, max_line_count=_LINES)
    for name in _FORMATS:
        yield f"{language} {name}", _judged(find_writer(name).render(document, layout), name, document.text)
    utils = find_whisper_utils()
    if utils is None:
        say("edge-asr: openai-whisper is not installed: its row is left out.")
    else:
        written = write_with_whisper(utils, document, width, _LINES)
        yield f"{language} openai-whisper", _judged(written, "srt", document.text)


def _judged(text: str, extension: str, reference: str) -> Faults:
    with TemporaryDirectory(prefix="edge-asr-subtitles-") as folder:
        path = Path(folder) / f"subtitles.{extension}"
        path.write_text(text, "utf-8")
        return find_faults(read_subtitles(path), reference=reference)

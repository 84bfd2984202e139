"""`edge-asr align`: a recording and its text in, word times out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_runtime.alignment.aligner import Aligner, AlignOptions
from edge_runtime.alignment.result import Alignment
from edge_runtime.audio.load import read_stream
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle, load_model
from edge_runtime.cli.delivery import deliver, output_file, recording_name
from edge_runtime.cli.options import Format, Highlight, LineCount, LineWidth, LineWords, OutputDir
from edge_runtime.cli.terminal import say
from edge_runtime.errors import UsageError
from edge_runtime.writers import WriterOptions, find_writer

_JSON: Final = "json"


def align(
    audio: Annotated[str, typer.Argument(metavar="AUDIO", help="An audio file; - reads standard input.")],
    text: Annotated[
        str, typer.Option("--text", help="What is said, @FILE to read it, - for standard input.")
    ],
    language: Annotated[
        str, typer.Option("--language", "-l", envvar="EDGE_ASR_LANGUAGE", help="Name or code of the text's.")
    ],
    model: options.Model = None,
    output_format: Format = None,
    output_dir: OutputDir = None,
    max_line_width: LineWidth = None,
    max_line_count: LineCount = None,
    max_words_per_line: LineWords = None,
    highlight_words: Highlight = False,
    korean: options.Korean = "dictionary",
    device: options.Device = "auto",
    threads: options.Threads = 0,
    as_json: options.Json = False,
    trust: options.Trust = None,
    auto_rebuild: options.AutoRebuild = False,
    quiet: options.Quiet = False,
) -> None:
    """Find when each word of a known text is spoken. Prints JSON unless a format is named."""
    format_name = _format(output_format, as_json=as_json)
    layout = WriterOptions(
        max_line_width=max_line_width,
        max_line_count=max_line_count,
        max_words_per_line=max_words_per_line,
        highlight_words=highlight_words,
        recording=recording_name(audio),
    )
    align_options = AlignOptions(korean=options.korean_rule(korean))
    transcript = _text(text, audio)
    bundle = choose_bundle(model, "aligner")
    aligner = load_model(
        Aligner, bundle, device=device, threads=threads, trust=trust, auto_rebuild=auto_rebuild, quiet=quiet
    )
    alignment = _align(aligner, audio, transcript, language, align_options)
    for warning in alignment.warnings:
        say(f"edge-asr: warning: {audio}: {warning.message}", quiet=quiet)
    output = output_file(output_dir, audio, format_name, set())
    json_text = alignment.to_json() + "\n" if format_name == _JSON else None
    deliver(alignment.document(), format_name, layout, output, json_text)


def _align(aligner: Aligner, audio: str, text: str, language: str, align_options: AlignOptions) -> Alignment:
    if audio != options.STDIN:
        return aligner.align(Path(audio), text, language, options=align_options)
    manifest = aligner.bundle.manifest
    recording = read_stream(sys.stdin.buffer, manifest.features.sample_rate, manifest.limits.max_audio_s)
    return aligner.align(recording, text, language, options=align_options)


def _format(requested: str | None, *, as_json: bool) -> str:
    name = (requested or _JSON).lower()
    find_writer(name)
    if as_json and name != _JSON:
        raise UsageError(f"--json and --output-format {name} cannot both be. Leave one out.")
    return name


def _text(text_option: str, audio: str) -> str:
    """Return the text: the option itself, a file's content or standard input."""
    if text_option == options.STDIN:
        if audio == options.STDIN:
            raise UsageError("Audio and text cannot both come from standard input. Give one of them a file.")
        return _decoded(sys.stdin.buffer.read(), "standard input")
    if not text_option.startswith("@"):
        return text_option
    try:
        return _decoded(Path(text_option[1:]).read_bytes(), text_option[1:])
    except OSError as error:
        raise UsageError(f"--text {text_option}: cannot be read: {error.strerror}.") from error


def _decoded(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"The text in {source} is not UTF-8 ({error.reason}). Convert it.") from error

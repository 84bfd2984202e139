"""`edge-asr run`: audio files in, transcripts on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_runtime.aligner import Aligner, AlignOptions
from edge_runtime.audio import Audio, read_stream
from edge_runtime.cli import options
from edge_runtime.cli.bundle_choice import choose_bundle
from edge_runtime.cli.delivery import Delivery, format_of, granularity_of
from edge_runtime.cli.layout_flags import Format, Highlight, LineCount, LineWidth, LineWords, OutputDir
from edge_runtime.cli.rebuild import loaded
from edge_runtime.cli.terminal import say
from edge_runtime.errors import AudioError, EdgeAsrError, ExitCode
from edge_runtime.recognizer import Recognizer, TranscribeOptions
from edge_runtime.results import Transcript
from edge_runtime.timed import NOT_ALIGNED
from edge_runtime.writers import WriterOptions

_STDIN: Final = "-"
_ERROR_SCHEMA: Final = "edge-asr/error@1"


def run(
    audio: Annotated[
        list[str], typer.Argument(metavar="AUDIO...", help="Audio files; - reads standard input.")
    ],
    model: options.Model = None,
    language: Annotated[
        str,
        typer.Option("--language", "-l", envvar="EDGE_ASR_LANGUAGE", help="Name or code to force, or auto."),
    ] = "auto",
    context: Annotated[
        str, typer.Option("--context", envvar="EDGE_ASR_CONTEXT", help="Names and terms that may occur.")
    ] = "",
    device: options.Device = "auto",
    threads: options.Threads = 0,
    max_new_tokens: Annotated[
        int | None, typer.Option("--max-new-tokens", min=1, help="Token budget. [default: by audio length]")
    ] = None,
    word_timestamps: Annotated[
        bool, typer.Option("--word-timestamps", help="Time every word, with a forced aligner.")
    ] = False,
    timestamps: Annotated[
        str | None,
        typer.Option("--timestamps", help="What to time: segment, word or char. [default: segment]"),
    ] = None,
    aligner: Annotated[
        Path | None,
        typer.Option(
            "--aligner",
            envvar="EDGE_ASR_ALIGNER",
            help="Aligner's bundle directory. [default: the only one under engines/]",
        ),
    ] = None,
    korean: options.Korean = "dictionary",
    output_format: Format = None,
    output_dir: OutputDir = None,
    max_line_width: LineWidth = None,
    max_line_count: LineCount = None,
    max_words_per_line: LineWords = None,
    highlight_words: Highlight = False,
    as_json: options.Json = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 8 if a text was cut or repaired, or has no times.")
    ] = False,
    auto_rebuild: options.AutoRebuild = False,
    quiet: options.Quiet = False,
) -> None:
    """Transcribe audio files with a bundle."""
    delivery = Delivery(
        granularity=granularity_of(timestamps, word_timestamps=word_timestamps),
        alignment=AlignOptions(korean=options.korean_rule(korean)),
        format_name=format_of(output_format, output_dir, as_json=as_json, num_inputs=len(audio)),
        directory=output_dir,
        layout=WriterOptions(
            max_line_width=max_line_width,
            max_line_count=max_line_count,
            max_words_per_line=max_words_per_line,
            highlight_words=highlight_words,
        ),
        as_json=as_json,
        label=len(audio) > 1,
    )
    if delivery.drops_times:
        say("edge-asr: warning: plain text shows no times. Give --output-format srt, or --json.", quiet=quiet)
    load = partial(loaded, device=device, threads=threads, auto_rebuild=auto_rebuild, quiet=quiet)
    recognizer = load(Recognizer, choose_bundle(model, "asr"))
    timer = None
    if aligner is not None or delivery.needs_words:
        timer = load(Aligner, choose_bundle(aligner, "aligner"))
    asked = TranscribeOptions(language=language, context=context, max_new_tokens=max_new_tokens)
    outcomes = [_one(recognizer, timer, name, asked, delivery, quiet=quiet) for name in audio]
    raise typer.Exit(_exit_code(outcomes, strict=strict))


def _one(
    recognizer: Recognizer,
    aligner: Aligner | None,
    name: str,
    asked: TranscribeOptions,
    delivery: Delivery,
    *,
    quiet: bool,
) -> Transcript | None:
    """Transcribe one file and deliver it; an unusable file is reported and the others go on."""
    try:
        audio = _recording(recognizer, name)
        transcript = delivery.timed(recognizer.transcribe(audio, options=asked), aligner, audio)
    except AudioError as error:
        print(f"edge-asr: error: {' '.join(str(error).split())}", file=sys.stderr)
        if delivery.as_json:
            print(_error_json(name, error), flush=True)
        return None
    for notice in transcript.warnings:
        say(f"edge-asr: warning: {name}: {notice.message}", quiet=quiet)
    if transcript.no_speech:
        say(f"edge-asr: {name}: no speech", quiet=quiet)
    delivery.show(name, transcript)
    return transcript


def _recording(recognizer: Recognizer, name: str) -> Path | Audio:
    """Return a path, so that reading it counts among the stages, or what standard input holds."""
    if name != _STDIN:
        return Path(name)
    manifest = recognizer.bundle.manifest
    return read_stream(sys.stdin.buffer, manifest.features.sample_rate, manifest.limits.max_audio_s)


def _error_json(name: str, error: EdgeAsrError) -> str:
    kind = type(error).__name__
    document = {
        "schema": _ERROR_SCHEMA,
        "audio": {"path": name},
        "error": {"type": kind, "message": str(error)},
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def _exit_code(outcomes: Sequence[Transcript | None], *, strict: bool) -> ExitCode:
    if None in outcomes:
        return ExitCode.SOME_INPUTS_FAILED if any(outcomes) else ExitCode.ALL_INPUTS_FAILED
    doubtful = {"truncated", "repetition_removed", NOT_ALIGNED}
    codes = {notice.code for transcript in outcomes if transcript for notice in transcript.warnings}
    return ExitCode.CHECK_FAILED if strict and codes & doubtful else ExitCode.OK

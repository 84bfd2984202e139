"""`edge-asr run`: audio files in, transcripts on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_runtime.audio import read_stream
from edge_runtime.cli import options
from edge_runtime.cli.bundle_choice import choose_bundle
from edge_runtime.cli.terminal import say, verify_progress
from edge_runtime.errors import AudioError, EdgeAsrError, ExitCode
from edge_runtime.recognizer import Recognizer, TranscribeOptions
from edge_runtime.results import Transcript

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
    as_json: options.Json = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 8 if a text was cut or repaired.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Transcribe audio files with a bundle."""
    progress = verify_progress(quiet=quiet)
    recognizer = Recognizer.load(choose_bundle(model), device=device, threads=threads, progress=progress)
    asked = TranscribeOptions(language=language, context=context, max_new_tokens=max_new_tokens)
    outcomes = [
        _one(recognizer, name, asked, as_json=as_json, label=len(audio) > 1, quiet=quiet) for name in audio
    ]
    raise typer.Exit(_exit_code(outcomes, strict=strict))


def _one(
    recognizer: Recognizer, name: str, asked: TranscribeOptions, *, as_json: bool, label: bool, quiet: bool
) -> Transcript | None:
    """Transcribe one file and print it; an unusable file is reported and the others go on."""
    try:
        transcript = _transcribe(recognizer, name, asked)
    except AudioError as error:
        print(f"edge-asr: error: {' '.join(str(error).split())}", file=sys.stderr)
        if as_json:
            print(_error_json(name, error), flush=True)
        return None
    for notice in transcript.warnings:
        say(f"edge-asr: warning: {name}: {notice.message}", quiet=quiet)
    if transcript.no_speech:
        say(f"edge-asr: {name}: no speech", quiet=quiet)
    text = f"{name}\t{transcript.text}" if label else transcript.text
    print(transcript.to_json() if as_json else text, flush=True)
    return transcript


def _transcribe(recognizer: Recognizer, name: str, asked: TranscribeOptions) -> Transcript:
    if name != _STDIN:
        return recognizer.transcribe(Path(name), options=asked)
    manifest = recognizer.bundle.manifest
    audio = read_stream(sys.stdin.buffer, manifest.features.sample_rate, manifest.limits.max_audio_s)
    return recognizer.transcribe(audio, options=asked)


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
    doubtful = {"truncated", "repetition_removed"}
    codes = {notice.code for transcript in outcomes if transcript for notice in transcript.warnings}
    return ExitCode.CHECK_FAILED if strict and codes & doubtful else ExitCode.OK

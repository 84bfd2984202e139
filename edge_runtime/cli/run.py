"""`edge-asr run`: audio files in, transcripts on stdout."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import typer

from edge_runtime.alignment.aligner import Aligner, AlignOptions
from edge_runtime.audio.load import Audio, read_stream
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle, load_model
from edge_runtime.cli.delivery import Delivery, format_of, granularity_of
from edge_runtime.cli.options import Format, Highlight, LineCount, LineWidth, LineWords, OutputDir
from edge_runtime.cli.terminal import say
from edge_runtime.errors import AudioError, ExitCode
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import STRICT_CODES, Transcript
from edge_runtime.writers import WriterOptions

_ERROR_SCHEMA: Final = "edge-asr/error@1"


def run(
    audio: options.Recordings,
    model: options.Model = None,
    language: options.Language = "auto",
    context: options.Context = "",
    device: options.Device = "auto",
    threads: options.Threads = 0,
    batch_size: options.BatchSize = 1,
    max_new_tokens: options.TokenBudget = None,
    word_timestamps: options.WordTimes = False,
    timestamps: options.Timed = None,
    aligner: options.AlignerBundle = None,
    korean: options.Korean = "dictionary",
    output_format: Format = None,
    output_dir: OutputDir = None,
    max_line_width: LineWidth = None,
    max_line_count: LineCount = None,
    max_words_per_line: LineWords = None,
    highlight_words: Highlight = False,
    as_json: options.Json = False,
    strict: options.Strict = False,
    trust: options.Trust = None,
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
    load = partial(
        load_model, device=device, threads=threads, trust=trust, auto_rebuild=auto_rebuild, quiet=quiet
    )
    recognizer = load(Recognizer, choose_bundle(model, "asr"))
    needs_aligner = aligner is not None or delivery.needs_words
    loaded_aligner = load(Aligner, choose_bundle(aligner, "aligner")) if needs_aligner else None
    transcribe_options = TranscribeOptions(language=language, context=context, max_new_tokens=max_new_tokens)
    transcripts = _transcribe_all(recognizer, audio, transcribe_options, batch_size)
    deliver = partial(_deliver, aligner=loaded_aligner, delivery=delivery, quiet=quiet)
    outcomes = [deliver(name, recording, result) for name, recording, result in transcripts]
    raise typer.Exit(_exit_code(outcomes, strict=strict))


def _transcribe_all(
    recognizer: Recognizer, names: Sequence[str], transcribe_options: TranscribeOptions, batch_size: int
) -> Iterator[tuple[str, Path | Audio | AudioError, Transcript | AudioError]]:
    """Transcribe recordings; yield each name, source and transcript, with the error in place of either."""
    # A batch reads several sources before it yields their first transcript.
    pending: deque[Path | Audio | AudioError] = deque()

    def sources() -> Iterator[Path | Audio | AudioError]:
        for name in names:
            pending.append(_open_source(recognizer, name))
            yield pending[-1]

    transcripts = recognizer.transcribe_each(sources(), options=transcribe_options, batch_size=batch_size)
    for name, transcript in zip(names, transcripts, strict=True):
        yield name, pending.popleft(), transcript


def _open_source(recognizer: Recognizer, name: str) -> Path | Audio | AudioError:
    """Return the path, which the recognizer reads as a timed stage, or the audio on standard input."""
    if name != options.STDIN:
        return Path(name)
    manifest = recognizer.bundle.manifest
    try:
        return read_stream(sys.stdin.buffer, manifest.features.sample_rate, manifest.limits.max_audio_s)
    except AudioError as error:
        return error


def _deliver(
    name: str,
    recording: Path | Audio | AudioError,
    result: Transcript | AudioError,
    *,
    aligner: Aligner | None,
    delivery: Delivery,
    quiet: bool,
) -> Transcript | None:
    """Align and print one transcript, or report why there is none and return None."""
    if not isinstance(result, AudioError) and not isinstance(recording, AudioError):
        try:
            result = delivery.add_times(result, aligner, recording)
        except AudioError as error:
            result = error
    if isinstance(result, AudioError):
        _report(name, result, as_json=delivery.as_json)
        return None
    for warning in result.warnings:
        say(f"edge-asr: warning: {name}: {warning.message}", quiet=quiet)
    if result.no_speech:
        say(f"edge-asr: {name}: no speech", quiet=quiet)
    delivery.show(name, result)
    return result


def _report(name: str, error: AudioError, *, as_json: bool) -> None:
    print(f"edge-asr: error: {' '.join(str(error).split())}", file=sys.stderr)
    if as_json:
        print(_error_json(name, error), flush=True)


def _error_json(name: str, error: AudioError) -> str:
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
    codes = {warning.code for transcript in outcomes if transcript for warning in transcript.warnings}
    return ExitCode.CHECK_FAILED if strict and codes & STRICT_CODES else ExitCode.OK

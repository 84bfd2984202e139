"""`edge-asr align`: a recording and its text in, word times out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_runtime.alignment.align_options import AlignOptions
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.alignment.result import Alignment
from edge_runtime.audio.load import read_stream
from edge_runtime.audio.options import AudioFile, LoadOptions
from edge_runtime.audio.source import AudioSource
from edge_runtime.cli import completion, options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.delivery import read_formats, remark_unused
from edge_runtime.cli.failures import report
from edge_runtime.cli.flags.cues import AllSpoken, KeepCues
from edge_runtime.cli.flags.grouped import grouped
from edge_runtime.cli.flags.layout import LayoutFlags
from edge_runtime.cli.flags.model import ModelFlags
from edge_runtime.cli.flags.outputs import OutputFlags
from edge_runtime.cli.flags.reading import ReadFlags
from edge_runtime.cli.inputs.align_text import AlignText, require_kept_layout
from edge_runtime.cli.inputs.text_source import file_of, read_stdin, read_text
from edge_runtime.cli.loading import described
from edge_runtime.cli.output_files import Paths, Target, all_exist, recording_name, write_reported
from edge_runtime.cli.process.activity import shown_activity
from edge_runtime.cli.terminal import emit, say, valid_unicode
from edge_runtime.errors import ExitCode, UsageError
from edge_runtime.results.result_warning import STRICT_CODES
from edge_runtime.writers import WriterOptions, find_writer

_JSON: Final = "json"


@grouped
def align(
    audio: Annotated[str, typer.Argument(metavar="AUDIO", help="An audio file; - reads standard input.")],
    text: Annotated[
        str,
        typer.Option(
            "--text",
            help="What is said, or subtitles (srt, vtt, ass); @FILE to read it, - for standard input.",
        ),
    ],
    language: Annotated[
        str,
        typer.Option(
            "--language",
            "-l",
            envvar="EDGE_ASR_LANGUAGE",
            autocompletion=completion.languages,
            help="Name or code of the text's.",
        ),
    ],
    model: ModelFlags,
    outputs: OutputFlags,
    subtitles: LayoutFlags,
    reading: ReadFlags,
    keep_cues: KeepCues = False,
    all_spoken: AllSpoken = False,
    korean: options.Korean = "dictionary",
    strict: options.AlignStrict = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Find when each word of a known text is spoken. Prints JSON unless a format is named, or cues kept."""
    content = AlignText.of(_text(text, audio), keep_cues=keep_cues)
    formats = _formats(outputs, content.format_name or _JSON)
    layout = _layout(subtitles, audio, keep_cues=keep_cues)
    remark_unused(layout, formats, quiet=quiet)
    align_options = AlignOptions(korean=options.korean_rule(korean), all_spoken=all_spoken)
    load_options = reading.load_options
    paths = _paths(outputs.target(), audio, text, formats)
    if outputs.skip_existing and all_exist(paths):
        say(f"edge-asr: {audio}: left out, there is {', '.join(map(str, paths.values()))}", quiet=quiet)
        return
    aligner = model.load(Aligner, choose_bundle(model.model, "aligner"), quiet=quiet)
    say(f"edge-asr: bundle {described(aligner.bundle)}", quiet=not verbose)
    try:
        with shown_activity(f"aligning {audio}", quiet=quiet):
            recording = _opened(aligner, audio, load_options)
            alignment = aligner.align(recording, content.spoken, language, options=align_options)
        _remark(audio, alignment, quiet=quiet, verbose=verbose)
        _deliver(alignment, content, audio, formats, layout, paths, quiet=quiet)
    except Exception as error:
        raise typer.Exit(report(error, audio, as_json=outputs.as_json)) from error
    if strict and any(warning.code in STRICT_CODES for warning in alignment.warnings):
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _layout(subtitles: LayoutFlags, audio: str, *, keep_cues: bool) -> WriterOptions:
    layout = subtitles.writer_options(valid_unicode(recording_name(audio)))
    if not keep_cues:
        return layout
    require_kept_layout(layout)
    return replace(layout, keep_segments=True)


def _opened(aligner: Aligner, audio: str, load_options: LoadOptions) -> AudioSource:
    if audio != options.STDIN:
        return AudioFile(Path(audio), load_options)
    manifest = aligner.bundle.manifest
    rate, max_audio_s = manifest.features.sample_rate, manifest.limits.max_audio_s
    return read_stream(sys.stdin.buffer, rate, max_audio_s, load_options)


def _remark(audio: str, alignment: Alignment, *, quiet: bool, verbose: bool) -> None:
    for warning in alignment.warnings:
        say(f"edge-asr: warning: {audio}: {warning.message}", quiet=quiet)
    seconds = alignment.timing.total_ms / 1e3
    say(f"edge-asr: {audio}: {alignment.duration_s:.1f} s of audio in {seconds:.1f} s", quiet=not verbose)


def _deliver(
    alignment: Alignment,
    content: AlignText,
    audio: str,
    formats: Sequence[str],
    layout: WriterOptions,
    paths: Paths,
    *,
    quiet: bool,
) -> None:
    document = alignment.document()
    for name in formats:
        writer = find_writer(name)
        text = content.retimed(name, document.shifted(layout.offset_s).segments)
        if text is not None:
            text = writer.marked(text, layout)
        elif name == _JSON:
            text = alignment.to_json(layout.offset_s) + "\n"
        else:
            text = writer.write(document, layout)
        if name in paths:
            write_reported(paths[name], text, audio, quiet=quiet)
        else:
            emit(text, end="")


def _formats(outputs: OutputFlags, default: str) -> tuple[str, ...]:
    """Return what to write: the default unless a format is named or is that of the output file."""
    requested, target = options.requested_formats(outputs.output_format), outputs.target()
    if outputs.as_json and list(requested or [_JSON]) == [_JSON]:
        # Here --json is a format like the others, the default, and may go to a file.
        return (_JSON,)
    formats = read_formats(requested, target, as_json=outputs.as_json, several=False, has_words=True)
    return formats if requested or target.file else (default,)


def _paths(target: Target, audio: str, text: str, formats: Sequence[str]) -> Paths:
    """Return the files to write.

    Raises:
        UsageError: they cannot be written, or one is the file that the text comes from.
    """
    if not target.writes_files:
        return {}
    target.require_writable()
    (paths,) = target.name_files([audio], formats)
    source = file_of(text)
    if source is not None and any(path.resolve() == source.resolve() for path in paths.values()):
        raise UsageError(
            f"{source} is the text, and the output would replace it. Choose another --output-dir."
        )
    return paths


def _text(text_option: str, audio: str) -> str:
    """Return the text: the option itself, a file's content or standard input."""
    if text_option != options.STDIN:
        return read_text(text_option, "--text")
    if audio == options.STDIN:
        raise UsageError("Audio and text cannot both come from standard input. Give one of them a file.")
    return read_stdin("--text")

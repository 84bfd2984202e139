"""`edge-asr run`: audio files in, transcripts on stdout."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import typer

from edge_runtime.alignment.aligner import Aligner, AlignOptions
from edge_runtime.audio.load import load_audio, read_stream
from edge_runtime.audio.options import AudioFile, LoadOptions
from edge_runtime.cli import options
from edge_runtime.cli.batch import Source, open_or_error, transcribe_each
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.delivery import Delivery, granularity_of, read_formats
from edge_runtime.cli.failures import Tally
from edge_runtime.cli.inputs.recordings import Recording, find_recordings, is_one_file
from edge_runtime.cli.inputs.text_source import context_of
from edge_runtime.cli.loading import described, load_model
from edge_runtime.cli.options import Format, Highlight, LineCount, LineWidth, LineWords, OutputDir, OutputFile
from edge_runtime.cli.output_files import Paths, Target, all_exist
from edge_runtime.cli.process.activity import shown_activity
from edge_runtime.cli.terminal import say
from edge_runtime.errors import DeviceLostError, ExitCode, OutputError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import STRICT_CODES, Transcript
from edge_runtime.writers import WriterOptions


def run(
    audio: options.Recordings = None,
    files_from: options.FilesFrom = None,
    model: options.Model = None,
    language: options.Language = "auto",
    context: options.Context = None,
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
    output_file: OutputFile = None,
    skip_existing: options.SkipExisting = False,
    max_line_width: LineWidth = None,
    max_line_count: LineCount = None,
    max_words_per_line: LineWords = None,
    highlight_words: Highlight = False,
    as_json: options.Json = False,
    channel: options.Channel = None,
    audio_track: options.AudioTrack = None,
    salvage: options.Salvage = False,
    strict: options.Strict = False,
    trust: options.Trust = None,
    auto_rebuild: options.AutoRebuild = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Transcribe audio files with a bundle."""
    arguments = audio or ()
    recordings = find_recordings(arguments, files_from)
    target = Target(output_dir, output_file, skip_existing)
    granularity = granularity_of(timestamps, word_timestamps=word_timestamps)
    has_words = granularity != "segment" or aligner is not None
    delivery = Delivery(
        granularity=granularity,
        alignment=AlignOptions(korean=options.korean_rule(korean)),
        formats=read_formats(
            options.requested_formats(output_format),
            target,
            as_json=as_json,
            several=len(recordings) > 1,
            has_words=has_words,
        ),
        layout=WriterOptions(
            max_line_width=max_line_width,
            max_line_count=max_line_count,
            max_words_per_line=max_words_per_line,
            highlight_words=highlight_words,
        ),
        as_json=as_json,
        label=not is_one_file(arguments, files_from),
        quiet=quiet,
    )
    if delivery.drops_times:
        say("edge-asr: warning: plain text shows no times. Give --output-format srt, or --json.", quiet=quiet)
    transcribe_options = TranscribeOptions(
        language=language.strip() or "auto", context=context_of(context), max_new_tokens=max_new_tokens
    )
    items = _items(recordings, target, delivery.formats, quiet=quiet)
    if not items:
        return
    load = partial(
        load_model, device=device, threads=threads, trust=trust, auto_rebuild=auto_rebuild, quiet=quiet
    )
    recognizer = load(Recognizer, choose_bundle(model, "asr"))
    say(f"edge-asr: bundle {described(recognizer.bundle)}", quiet=not verbose)
    needs_aligner = aligner is not None or delivery.needs_words
    loaded_aligner = load(Aligner, choose_bundle(aligner, "aligner")) if needs_aligner else None
    results = _Results(delivery, loaded_aligner, quiet, verbose, Tally(as_json))
    load_options = LoadOptions(channel=channel, audio_track=audio_track, salvage=salvage)
    open_source = partial(_open_source, recognizer, load_options)
    sources = (item.recording.error or open_or_error(open_source, item.recording.name) for item in items)
    transcripts = transcribe_each(recognizer, sources, transcribe_options, batch_size, quiet=quiet)
    _deliver_all(items, transcripts, results)
    raise typer.Exit(results.exit_code(strict=strict))


@dataclass(frozen=True, slots=True)
class _Item:
    """A recording and the files of its results, none where they go to stdout."""

    recording: Recording
    paths: Paths


def _items(
    recordings: Sequence[Recording], target: Target, formats: Sequence[str], *, quiet: bool
) -> list[_Item]:
    """Return what is to be done, without what is already there if that is to be left out."""
    if not target.writes_files:
        return [_Item(recording, {}) for recording in recordings]
    target.require_writable()
    paths = target.name_files([recording.name for recording in recordings], formats)
    items = [_Item(*pair) for pair in zip(recordings, paths, strict=True)]
    if not target.skip_existing:
        return items
    for item in items:
        if all_exist(item.paths):
            names = ", ".join(map(str, item.paths.values()))
            say(f"edge-asr: {item.recording.name}: left out, there is {names}", quiet=quiet)
    return [item for item in items if not all_exist(item.paths)]


@dataclass
class _Results:
    """Delivers one result after the other, and counts.

    Attributes:
        delivery: how.
        aligner: times the words, if there is one.
        quiet: no remarks.
        verbose: a line about each recording.
        tally: counts.
        codes: of all warnings.
    """

    delivery: Delivery
    aligner: Aligner | None
    quiet: bool
    verbose: bool
    tally: Tally
    codes: set[str] = field(default_factory=set)

    def take(self, item: _Item, source: Source, result: Transcript | Exception) -> None:
        """Deliver a transcript, or report why there is none."""
        name = item.recording.name
        try:
            transcript = self._timed(source, result)
            for line in _remarks(transcript, verbose=self.verbose):
                say(f"edge-asr: {line[0]}{name}: {line[1]}", quiet=self.quiet)
            self.delivery.show(name, transcript, item.paths)
        except (OutputError, DeviceLostError):
            raise
        except Exception as error:  # noqa: BLE001  # of this recording alone
            self.tally.fail(error, name)
            return
        self.tally.num_done += 1
        self.codes |= {warning.code for warning in transcript.warnings}

    def exit_code(self, *, strict: bool) -> ExitCode:
        """Return how the command ends."""
        code = self.tally.exit_code()
        return ExitCode.CHECK_FAILED if not code and strict and self.codes & STRICT_CODES else code

    def _timed(self, source: Source, result: Transcript | Exception) -> Transcript:
        if isinstance(result, Exception):
            raise result
        assert not isinstance(source, Exception), "an error has no transcript"
        return self.delivery.add_times(result, self.aligner, source)


def _remarks(transcript: Transcript, *, verbose: bool) -> Iterator[tuple[str, str]]:
    for warning in transcript.warnings:
        yield "warning: ", warning.message
    if transcript.no_speech:
        yield "", "no speech"
    if verbose:
        audio_s, seconds = transcript.audio.duration_s, transcript.timing.total_ms / 1e3
        language = transcript.language or "no language"
        yield "", f"{audio_s:.1f} s of audio in {seconds:.1f} s (RTF {transcript.timing.rtf:.2f}), {language}"


def _deliver_all(
    items: Sequence[_Item], transcripts: Iterator[tuple[Source, Transcript | Exception]], results: _Results
) -> None:
    for number, item in enumerate(items, 1):
        activity = f"transcribing {number}/{len(items)} {item.recording.name}"
        with shown_activity(activity, quiet=results.quiet):
            source, result = next(transcripts)
        results.take(item, source, result)


def _open_source(recognizer: Recognizer, load_options: LoadOptions, name: str) -> Source:
    """Return the path, which the recognizer reads as a timed stage, or the audio of what can be read once."""
    manifest = recognizer.bundle.manifest
    rate, max_audio_s = manifest.features.sample_rate, manifest.limits.max_audio_s
    if name == options.STDIN:
        return read_stream(sys.stdin.buffer, rate, max_audio_s, load_options)
    path = Path(name)
    if path.exists() and stat.S_ISFIFO(path.stat().st_mode):
        return load_audio(path, rate, max_audio_s, load_options)
    return AudioFile(path, load_options)

"""What commands do with each result: align its words, render it, print it or write a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, cast, get_args

from edge_runtime.alignment.aligner import Aligner, AlignOptions
from edge_runtime.alignment.word_timestamps import (
    Granularity,
    add_word_timestamps,
    at_granularity,
    to_document,
)
from edge_runtime.audio.load import Audio
from edge_runtime.audio.options import AudioFile
from edge_runtime.cli.options import STDIN
from edge_runtime.errors import UsageError
from edge_runtime.results.document import Document
from edge_runtime.results.transcript import Transcript
from edge_runtime.writers import WriterOptions, find_writer, output_path, write_whole

_ONE_LINE_FORMATS: Final = ("txt", "json")
"""Formats of which several documents may follow each other on stdout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How results are delivered.

    Attributes:
        granularity: the smallest unit that gets times.
        alignment: how words are aligned.
        format_name: a key of `WRITERS`, None for plain lines.
        directory: of the output files, None for stdout.
        layout: of subtitles.
        as_json: print one transcript a line as JSON instead.
        label: print the recording's name before its line.
    """

    granularity: Granularity
    alignment: AlignOptions
    format_name: str | None
    directory: Path | None
    layout: WriterOptions
    as_json: bool
    label: bool
    _used_paths: set[Path] = field(default_factory=set)

    @property
    def needs_words(self) -> bool:
        """Whether the words must have times."""
        if self.granularity != "segment" or self.layout.highlight_words:
            return True
        return self.format_name is not None and find_writer(self.format_name).needs_words

    @property
    def drops_times(self) -> bool:
        """Whether times were requested but the output format shows none."""
        return self.granularity != "segment" and not self.as_json and self.format_name in (None, "txt")

    def add_times(
        self, transcript: Transcript, aligner: Aligner | None, audio: AudioFile | Audio
    ) -> Transcript:
        """Align the transcript's words if there is an aligner."""
        return (
            transcript if aligner is None else add_word_timestamps(transcript, aligner, audio, self.alignment)
        )

    def show(self, name: str, transcript: Transcript) -> None:
        """Print or write one transcript."""
        if self.as_json:
            print(at_granularity(self.granularity, transcript).to_json(), flush=True)
        elif self.format_name is None:
            print(f"{name}\t{transcript.text}" if self.label else transcript.text, flush=True)
        else:
            granularity: Granularity = "word" if self._words_in_segments() else self.granularity
            output = output_file(self.directory, name, self.format_name, self._used_paths)
            layout = replace(self.layout, recording=recording_name(name))
            deliver(to_document(transcript, granularity), self.format_name, layout, output)

    def _words_in_segments(self) -> bool:
        return self.granularity == "segment" and self.needs_words


def granularity_of(requested: str | None, *, word_timestamps: bool) -> Granularity:
    """Read the flags `--timestamps` and `--word-timestamps`.

    Raises:
        UsageError: an unknown granularity, or one that contradicts `--word-timestamps`.
    """
    if requested is None:
        return "word" if word_timestamps else "segment"
    if requested not in get_args(Granularity):
        raise UsageError(f"--timestamps {requested!r} is unknown; choose {', '.join(get_args(Granularity))}.")
    if word_timestamps and requested == "segment":
        raise UsageError("--word-timestamps and --timestamps segment contradict each other. Leave one out.")
    return cast("Granularity", requested)


def format_of(requested: str | None, directory: Path | None, *, as_json: bool, num_inputs: int) -> str | None:
    """Read the format flag.

    Raises:
        UsageError: the format is unknown, cannot go to stdout for several recordings, or is given beside
            `--json`.
    """
    if requested is None:
        if as_json and directory is not None:
            raise UsageError("--json goes to stdout. For files, give --output-format json.")
        return None if directory is None else "txt"
    name = requested.lower()
    find_writer(name)
    if as_json:
        raise UsageError(f"--json and --output-format {name} cannot both be. Leave one out.")
    if directory is None and num_inputs > 1 and name not in _ONE_LINE_FORMATS:
        raise UsageError(f"Several recordings make several {name} files. Give --output-dir.")
    return name


def deliver(
    document: Document, format_name: str, options: WriterOptions, output: Path | None, text: str | None = None
) -> None:
    """Write a document to a file, or to stdout where `output` is None.

    Args:
        document: what to write.
        format_name: a key of `WRITERS`.
        options: how to lay it out.
        output: the file.
        text: the rendered document if the caller already has it.
    """
    rendered = text if text is not None else find_writer(format_name).render(document, options)
    if output is None:
        print(rendered, end="", flush=True)
    else:
        write_whole(output, rendered)


def output_file(directory: Path | None, source: str, format_name: str, used_paths: set[Path]) -> Path | None:
    """Name the file of one recording and add it to `used_paths`; None without a directory."""
    if directory is None:
        return None
    path = output_path(directory, _source_path(source), format_name, used_paths)
    used_paths.add(path)
    return path


def recording_name(source: str) -> str:
    """Return the name of a recording for formats that contain it."""
    return _source_path(source).stem


def _source_path(source: str) -> Path:
    return Path("stdin") if source == STDIN else Path(source)

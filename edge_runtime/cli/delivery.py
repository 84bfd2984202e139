"""What commands do with each result: align its words, render it, print it or write files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, cast, get_args

from edge_runtime.alignment.word_timestamps import Granularity, at_granularity, to_document
from edge_runtime.cli.output_files import Paths, Target, recording_name, write_reported
from edge_runtime.cli.terminal import emit, printable, say, valid_unicode
from edge_runtime.errors import UsageError
from edge_runtime.results.document import Document
from edge_runtime.results.transcript import Transcript
from edge_runtime.writers import WRITERS, WriterOptions, find_writer, format_of_file, formats_of
from edge_runtime.writers.layout import is_estimated
from edge_runtime.writers.registry import Writer

_ONE_LINE_FORMATS: Final = ("txt", "json")
"""Formats of which several documents may follow each other on stdout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How results are delivered.

    Attributes:
        granularity: the smallest unit that gets times.
        formats: keys of `WRITERS`, none for plain lines.
        layout: of subtitles.
        as_json: print one transcript a line as JSON instead.
        label: print the recording's name before its line.
        quiet: say neither which files were written nor which times are estimated.
    """

    granularity: Granularity
    formats: tuple[str, ...]
    layout: WriterOptions
    as_json: bool
    label: bool
    quiet: bool = False

    @property
    def needs_words(self) -> bool:
        """Whether the words must have times."""
        if self.granularity != "segment" or self.layout.highlight_words:
            return True
        return any(find_writer(name).needs_words for name in self.formats)

    @property
    def wants_words(self) -> bool:
        """Whether a layout is asked for that words without times keep by estimates only."""
        return self.layout.has_limits and any(find_writer(name).has_cues for name in self.formats)

    @property
    def drops_times(self) -> bool:
        """Whether times were requested but no output format shows them."""
        return self.granularity != "segment" and not self.as_json and set(self.formats) <= {"txt"}

    def show(self, name: str, transcript: Transcript, paths: Paths) -> None:
        """Print one transcript, or write its files where there are `paths`."""
        if self.as_json:
            emit(at_granularity(self.granularity, transcript).to_json())
        elif not self.formats:
            emit(f"{printable(name)}\t{transcript.text}" if self.label else transcript.text)
        estimated: list[str] = []
        layout = replace(self.layout, recording=valid_unicode(recording_name(name)))
        for format_name in () if self.as_json else self.formats:
            writer = find_writer(format_name)
            document = self._document(transcript, writer)
            if writer.has_cues and is_estimated(document, layout):
                estimated.append(format_name)
            text = writer.write(document, layout)
            if format_name in paths:
                write_reported(paths[format_name], text, name, quiet=self.quiet)
            else:
                emit(text, end="")
        if estimated:
            hint = "times within segments are estimated; --word-timestamps measures them"
            say(f"edge-asr: {printable(name)}: {', '.join(estimated)}: {hint}", quiet=self.quiet)

    def _document(self, transcript: Transcript, writer: Writer) -> Document:
        shows_words = self.needs_words or writer.has_cues
        granularity: Granularity = (
            "word" if self.granularity == "segment" and shows_words else self.granularity
        )
        return to_document(transcript, granularity)


def remark_unused(layout: WriterOptions, formats: Sequence[str], *, quiet: bool) -> None:
    """Say that a layout of subtitles is asked for where no format has cues."""
    is_requested = layout.has_limits or layout.whisper_layout or layout.highlight_words
    if is_requested and not any(find_writer(name).has_cues for name in formats):
        with_cues = ", ".join(name for name, writer in WRITERS.items() if writer.has_cues)
        shown = ", ".join(formats) or "what is printed"
        hint = f"flags of subtitles do nothing in {shown}: only {with_cues} have cues."
        say(f"edge-asr: warning: {hint}", quiet=quiet)


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


def read_formats(
    requested: Sequence[str], target: Target, *, as_json: bool, several: bool, has_words: bool
) -> tuple[str, ...]:
    """Read the format flags.

    Args:
        requested: names of formats.
        target: where files go.
        as_json: whether `--json` is given.
        several: whether there is more than one recording.
        has_words: whether words get times.

    Raises:
        UsageError: a format is unknown; what was requested cannot all go to one stdout or one file; `--json`
            is given beside a format or for files.
    """
    formats = formats_of(requested, has_words=has_words)
    if as_json:
        if target.writes_files:
            raise UsageError("--json goes to stdout. For files, give --output-format json.")
        if formats:
            raise UsageError(f"--json and --output-format {formats[0]} cannot both be. Leave one out.")
        return ()
    if target.directory is not None:
        return formats or ("txt",)
    if target.file is not None:
        formats = formats or (format_of_file(target.file.name),)
    if len(formats) > 1:
        raise UsageError(f"{', '.join(formats)} make several files. Give --output-dir.")
    if several and (target.file is not None or (formats and formats[0] not in _ONE_LINE_FORMATS)):
        raise UsageError(f"Several recordings make several {formats[0]} files. Give --output-dir.")
    return formats

"""Flags of the commands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias, cast, get_args

import typer

from edge_runtime.backends.cpu import require_threads
from edge_runtime.bundle.trust import TRUST_VARIABLE
from edge_runtime.cli import completion
from edge_runtime.errors import UsageError
from edge_runtime.text import units
from edge_runtime.writers import WRITERS

STDIN: Final = "-"
"""The file name that means standard input."""
CONTEXT_VARIABLE: Final = "EDGE_ASR_CONTEXT"
FORMAT_VARIABLE: Final = "EDGE_ASR_OUTPUT_FORMAT"
"""Holds one format or several, between commas or spaces."""

Model: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--model",
        "-m",
        envvar="EDGE_ASR_MODEL",
        autocompletion=completion.bundles,
        help="Bundle directory, or a model's name, as mini or 0.6b. [default: the only one under engines/]",
    ),
]
Bundles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="BUNDLE",
        show_default=False,
        autocompletion=completion.bundles,
        help="Bundle directories or models' names. [default: all under engines/]",
    ),
]
Device: TypeAlias = Annotated[
    str,
    typer.Option(
        "--device",
        envvar="EDGE_ASR_DEVICE",
        autocompletion=completion.devices,
        help="auto, cpu, cuda or cuda:1; never replaced by another.",
    ),
]
Threads: TypeAlias = Annotated[
    int,
    typer.Option(
        "--threads",
        envvar="EDGE_ASR_THREADS",
        callback=require_threads,
        help="CPU threads; 0 takes one for each fast core, at most 8.",
    ),
]
BatchSize: TypeAlias = Annotated[
    int,
    typer.Option(
        "--batch-size",
        min=1,
        help="Recordings, or segments of long ones, decoded together; 1 takes 8 segments.",
    ),
]
Korean: TypeAlias = Annotated[
    str, typer.Option("--korean", help="Time Korean stems and endings (dictionary) or words (eojeol).")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]
Verbose: TypeAlias = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Also say which bundle runs and how long each recording takes."),
]
Trust: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--trust",
        metavar="FILE",
        envvar=TRUST_VARIABLE,
        help="Public keys; a bundle that none of them has signed is refused.",
    ),
]
AutoRebuild: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--auto-rebuild",
        envvar="EDGE_ASR_AUTO_REBUILD",
        help="Build engines again where they do not fit this machine; needs the exporter.",
    ),
]


Recordings: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="AUDIO",
        show_default=False,
        help="Audio files, folders, quoted patterns, @LIST of paths; - reads standard input.",
    ),
]
FilesFrom: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--files-from", metavar="FILE", help="Also the paths in a file, one a line; - for standard input."
    ),
]
Language: TypeAlias = Annotated[
    str,
    typer.Option(
        "--language",
        "-l",
        envvar="EDGE_ASR_LANGUAGE",
        autocompletion=completion.languages,
        help="Name or code to force, or auto.",
    ),
]
Context: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        "--prompt",
        "--initial-prompt",
        "--hotwords",
        metavar="TEXT",
        # Not typer's envvar: it would split the text at spaces.
        help="Names and terms that may occur, @FILE to read them; may be repeated.  "
        f"[env var: {CONTEXT_VARIABLE}]",
    ),
]
TokenBudget: TypeAlias = Annotated[
    int | None, typer.Option("--max-new-tokens", min=1, help="Token budget. [default: by audio length]")
]
DraftText: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--draft-text",
        metavar="FILE",
        help="Sentences of your domain, one a line: the same text, sooner. Not for batches.",
    ),
]
WordTimes: TypeAlias = Annotated[
    bool, typer.Option("--word-timestamps", help="Time every word, with a forced aligner.")
]
Timed: TypeAlias = Annotated[
    str | None,
    typer.Option("--timestamps", help="What to time: segment, word or char. [default: segment]"),
]
AlignerBundle: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--aligner",
        envvar="EDGE_ASR_ALIGNER",
        autocompletion=completion.bundles,
        help="Aligner's bundle directory. [default: the only one under engines/]",
    ),
]
Strict: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--strict", help="Exit with 8 if a text was cut or repaired, lacks a part, or has no times."
    ),
]
AlignStrict: TypeAlias = Annotated[
    bool,
    typer.Option("--strict", help="Exit with 8 if the text is not what is spoken, or speech has no text."),
]

Channel: TypeAlias = Annotated[
    int | None, typer.Option("--channel", min=1, help="Take this channel alone. [default: their average]")
]
AudioTrack: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--audio-track",
        metavar="N|LANG",
        help="Take this audio track of a container, by number or language (ger). [default: its default]",
    ),
]
Salvage: TypeAlias = Annotated[
    bool, typer.Option("--salvage", help="Take what a damaged recording holds; say what is missing.")
]


Format: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--output-format",
        "-f",
        metavar="TEXT",
        autocompletion=completion.formats,
        # Not typer's envvar: releases differ in whether they split it.
        help=f"{', '.join(WRITERS)} or all; may be repeated.  [env var: {FORMAT_VARIABLE}]",
    ),
]
OutputDir: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output-dir", "-o", envvar="EDGE_ASR_OUTPUT_DIR", help="Write files here, not to stdout."),
]


def _file_or_stdout(path: Path | None) -> Path | None:
    return None if path == Path(STDIN) else path


OutputFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output-file",
        metavar="FILE",
        callback=_file_or_stdout,
        help="Write the only recording's here, in its extension's format; - is stdout.",
    ),
]
SkipExisting: TypeAlias = Annotated[
    bool, typer.Option("--skip-existing", help="Leave out recordings whose output files are all there.")
]


def requested_formats(flags: Sequence[str] | None) -> Sequence[str]:
    """Return the formats that were requested: those of the flags, or else of the environment."""
    return flags or os.environ.get(FORMAT_VARIABLE, "").split()


def korean_rule(requested: str) -> units.Korean:
    """Read the flag `--korean`.

    Raises:
        UsageError: an unknown rule.
    """
    if requested not in get_args(units.Korean):
        raise UsageError(f"--korean {requested!r} is unknown; choose {' or '.join(get_args(units.Korean))}.")
    return cast("units.Korean", requested)


def audio_track(requested: str | None) -> int | str | None:
    """Read the flag `--audio-track`: digits are a number, anything else is a language.

    Raises:
        UsageError: a number below 1.
    """
    if requested is None or not requested.lstrip("-").isdecimal():
        return requested
    if int(requested) < 1:
        raise UsageError(f"--audio-track {requested}: there is no such track; the first is 1.")
    return int(requested)

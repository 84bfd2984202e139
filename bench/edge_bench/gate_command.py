"""`edge-asr gate`: compare a bundle with the one it is to be as good as."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge_bench.gate.gate_list import open_list
from edge_bench.gate.limits import limits_for
from edge_bench.gate.report import report_lines
from edge_bench.gate.run import Gated, run_gate
from edge_bench.gate.transcripts import Listening
from edge_runtime.bundle import read_manifest
from edge_runtime.cli import options
from edge_runtime.cli.terminal import say
from edge_runtime.errors import CheckFailedError


def gate(
    corpus: Annotated[
        Path, typer.Argument(metavar="LIST", help="JSON lines with id, audio, text, language.")
    ],
    model: Annotated[Path, typer.Option("--model", "-m", help="Bundle to judge.")],
    reference: Annotated[Path, typer.Option("--reference", help="Bundle to compare with, in float32.")],
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="NAME=VALUE",
            help="Instead of the precision's: points, empty, loop, language, invented, early or changed.",
        ),
    ] = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Tell whether a bundle still hears what another one hears: error rates, and what breaks first.

    Both transcribe the list, one after the other. Exits with 8 where a limit is missed.
    """
    candidate, compared_with = read_manifest(model), read_manifest(reference)
    on_line = _progress(quiet=quiet)
    gated = run_gate(
        open_list(corpus),
        candidate,
        compared_with,
        limits_for(candidate.manifest.precision, limit or ()),
        listening=Listening(device, threads),
        on_line=on_line,
    )
    on_line("")
    if as_json:
        print("\n".join(_documents(gated)))
    else:
        print("\n".join(_lines(gated, quiet=quiet)))
    for doubt in gated.verdict.doubts:
        say(f"warning: {doubt}", quiet=quiet)
    if not gated.verdict.passed:
        raise CheckFailedError(f"{model} is outside its gate: {'; '.join(gated.verdict.failures)}.")


def _lines(gated: Gated, *, quiet: bool) -> Iterator[str]:
    if not quiet:
        yield from report_lines(gated.verdict)
    yield gated.verdict.summary()


def _documents(gated: Gated) -> Iterator[str]:
    """Yield each clip whose text or behaviour is new, then the record."""
    for each in gated.verdict.comparison.clips:
        if each.behaviours:
            yield msgspec.json.encode(each, order="sorted").decode()
    yield gated.record.to_json().decode()


def _progress(*, quiet: bool) -> Callable[[str], None]:
    """Return what shows progress: one line of a terminal, written over and over."""
    if quiet or not sys.stderr.isatty():
        return lambda _: None
    return lambda line: print(f"\r{line}\033[K", end="", file=sys.stderr)

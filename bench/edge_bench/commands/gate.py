"""`edge-asr gate`: compare a bundle with the one it is to be as good as."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_bench.gate.aligner.limits import aligner_limits_for
from edge_bench.gate.aligner.run import AlignerGateRun, run_aligner_gate
from edge_bench.gate.asr.limits import limits_for
from edge_bench.gate.asr.run import GateRun, run_gate
from edge_bench.gate.corpus import open_list, open_speech_list
from edge_bench.gate.run_both import RunOptions
from edge_runtime.bundle.bundle import Bundle, read_manifest
from edge_runtime.bundle.manifest import Kind
from edge_runtime.cli import options
from edge_runtime.cli.terminal import say
from edge_runtime.errors import BundleError, CheckFailedError

_KINDS: Final[Mapping[Kind, str]] = {"asr": "a bundle that transcribes", "aligner": "a forced aligner"}


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
            help="Instead of the precision's: points, empty, loop, language, invented, early or changed; "
            "of an aligner: equal, within_one or aas_ms.",
        ),
    ] = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Tell whether a bundle still hears what another one hears: error rates, and what breaks first.

    Both transcribe the list, one after the other; aligners align it, and the classes that they name are
    compared. Exits with 8 where a limit is missed.
    """
    candidate, compared_with = read_manifest(model), read_manifest(reference)
    on_line = _progress(quiet=quiet)
    outcome = _judged(corpus, candidate, compared_with, limit or (), RunOptions(device, threads), on_line)
    on_line("")
    if as_json:
        for document in outcome.documents():
            print(document.decode())
        print(outcome.record.to_json().decode())
    else:
        print("\n".join([*(() if quiet else outcome.report()), outcome.verdict.summary()]))
    for reason in outcome.verdict.inconclusive:
        say(f"warning: {reason}", quiet=quiet)
    if not outcome.verdict.passed:
        raise CheckFailedError(f"{model} is outside its gate: {'; '.join(outcome.verdict.failures)}.")


def _judged(
    corpus: Path,
    candidate: Bundle,
    reference: Bundle,
    limit_args: Sequence[str],
    run_options: RunOptions,
    on_line: Callable[[str], None],
) -> GateRun | AlignerGateRun:
    """Judge by texts or by classes, as the kind of the bundles is."""
    precision, kinds = candidate.manifest.precision, (candidate.manifest.kind, reference.manifest.kind)
    if kinds == ("aligner", "aligner"):
        aligner_limits, speech_list = aligner_limits_for(precision, limit_args), open_speech_list(corpus)
        return run_aligner_gate(
            speech_list, candidate, reference, aligner_limits, run_options=run_options, on_line=on_line
        )
    if kinds == ("asr", "asr"):
        limits, gate_list = limits_for(precision, limit_args), open_list(corpus)
        return run_gate(gate_list, candidate, reference, limits, run_options=run_options, on_line=on_line)
    described = [_KINDS[kind] for kind in kinds]
    raise BundleError(
        f"{candidate.directory} is {described[0]}, {reference.directory} is {described[1]}: a gate compares "
        f"two bundles of one kind. Name the float32 bundle of the same checkpoint with --reference."
    )


def _progress(*, quiet: bool) -> Callable[[str], None]:
    """Return what shows progress: one line of a terminal, written over and over."""
    if quiet or not sys.stderr.isatty():
        return lambda _: None
    return lambda line: print(f"\r{line}\033[K", end="", file=sys.stderr)

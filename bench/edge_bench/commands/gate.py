"""`edge-asr gate`: compare a bundle with a reference bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from edge_bench.commands.progress import progress_line
from edge_bench.gate.kind import GateInputs, GateKind, run_gate
from edge_bench.gate.kinds import KINDS
from edge_bench.gate.run_list import RunOptions
from edge_runtime.bundle.bundle import Bundle, read_manifest
from edge_runtime.bundle.manifest import Kind
from edge_runtime.cli import options
from edge_runtime.cli.terminal import emit, say
from edge_runtime.errors import BundleError, CheckFailedError

_DESCRIPTIONS: Final[Mapping[Kind, str]] = {
    "asr": "a bundle that transcribes",
    "aligner": "a forced aligner",
}


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
    kind = _common_kind(candidate, compared_with)
    limits = kind.limits_for(candidate.manifest.precision, limit or ())
    inputs = GateInputs(kind.open_list(corpus), candidate, compared_with, limits)
    on_line = progress_line(quiet=quiet)
    run = run_gate(kind, inputs, RunOptions(device, threads), on_line)
    on_line("")
    verdict = run.verdict
    if as_json:
        for document in verdict.clip_documents():
            emit(document.decode())
        emit(run.report.to_json().decode())
    else:
        emit("\n".join([*(() if quiet else verdict.table()), verdict.summary()]))
    for reason in verdict.inconclusive:
        say(f"warning: {reason}", quiet=quiet)
    if not verdict.passed:
        raise CheckFailedError(f"{model} is outside its gate: {'; '.join(verdict.failures)}.")


def _common_kind(candidate: Bundle, reference: Bundle) -> GateKind[Any, Any, Any]:
    kinds = (candidate.manifest.kind, reference.manifest.kind)
    if kinds[0] == kinds[1]:
        return KINDS[kinds[0]]
    described = [_DESCRIPTIONS[kind] for kind in kinds]
    raise BundleError(
        f"{candidate.directory} is {described[0]}, {reference.directory} is {described[1]}: a gate compares "
        f"two bundles of one kind. Name the float32 bundle of the same checkpoint with --reference."
    )

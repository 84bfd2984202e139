"""`edge-asr compile`: parse, call one function, print."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, cast

import typer

from edge_export import build_flags
from edge_export.compile.lines import Lines
from edge_runtime.cli.options import Trust
from edge_runtime.cli.terminal import emit
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from edge_export.engine.builder.lowering import AttentionPolicy

_POLICIES: Final = ("fused", "decomposable")

Bundle: TypeAlias = Annotated[
    Path,
    typer.Argument(help="A portable bundle of `build-engines --target tensorrt --for SYSTEM`."),
]
OutputDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output-dir", "-o", help="The bundle's folder [default: MODEL.tensorrt.PRECISION beside BUNDLE]."
    ),
]
Attention: TypeAlias = Annotated[
    str | None,
    typer.Option(help=f"How engines compute it: {', '.join(_POLICIES)} [default: the bundle's]."),
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Compile everything again.")]


def compile_bundle(
    bundle: Bundle,
    output_dir: OutputDir = None,
    attention: Attention = None,
    force: Force = False,
    trust: Trust = None,
    as_json: build_flags.AsJson = False,
    quiet: build_flags.Quiet = False,
    verbose: build_flags.Verbose = False,
) -> None:
    """Compile the engines of a portable bundle on this machine, and try each on its stored cases.

    Needs TensorRT and a GPU, and neither torch nor the checkpoint. Prints the bundle's folder. A run that was
    stopped goes on where it ended; one that is up to date is not done again.
    """
    if attention is not None and attention not in _POLICIES:
        raise UsageError(f"--attention {attention!r} is unknown; choose {' or '.join(_POLICIES)}.")
    from edge_export.compile.run import CompileOptions, compile_portable  # noqa: PLC0415 - --help needs it not

    options = CompileOptions(bundle, output_dir, cast("AttentionPolicy | None", attention), force, trust)
    lines = Lines(shows_progress=not quiet and (verbose or sys.stderr.isatty()), quiet=quiet)
    result = compile_portable(options, lines)
    document = {"bundle": str(result.bundle), "status": result.status, "reused": result.reused}
    emit(json.dumps(document, indent=2) if as_json else str(result.bundle))

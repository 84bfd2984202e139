"""`edge-asr build-engines`: parse, call one function, print."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, cast, get_args

import typer

from edge_export.quantize.roundings import ROUNDING_NAMES
from edge_runtime.errors import UsageError
from edge_runtime.manifest import Target

if TYPE_CHECKING:
    from edge_export.engine.attention import Attention
    from edge_export.graphs import ComputeDtype, Lowering
    from edge_export.pipeline import BuildResult

_BUILDABLE: Final[tuple[Target, ...]] = ("ort-cpu", "ort-cuda", "tensorrt", "tensorrt-rtx")
_PRECISIONS: Final = ("fp32", "fp16", "int8", "int8-w8a8", "int4")
_LOWERINGS: Final = ("modern", "ort")
_CACHE_DTYPES: Final = ("float32", "float16")
_HUBS: Final = ("hf", "modelscope")
_ATTENTIONS: Final = ("fused", "decomposable", "primitive")


def register(app: typer.Typer) -> None:
    """Add the exporter's commands to the `edge-asr` command."""
    app.command("build-engines")(build_engines)


def build_engines(
    model: Annotated[
        str, typer.Argument(help="mini, mini-aligner, 0.6b, 1.7b, aligner, a checkpoint folder, or a hub id.")
    ] = "mini",
    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output-dir", "-o", help="The bundle's folder [default: engines/MODEL.TARGET.PRECISION]."
        ),
    ] = None,
    target: Annotated[str, typer.Option(help=f"Back end: {', '.join(_BUILDABLE)}.")] = "ort-cpu",
    precision: Annotated[
        str | None,
        typer.Option(
            help=f"Of the weights: {', '.join(_PRECISIONS)} [default: the recipe's; without one fp32, for "
            f"ort-cuda fp16]."
        ),
    ] = None,
    calibrate_on: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Recordings for a quantised precision: a folder, a list with audio and text, or a file.",
        ),
    ] = None,
    rounding: Annotated[
        str | None,
        typer.Option(
            help=f"How codes are chosen: {', '.join(ROUNDING_NAMES)} [default: gptq for weights alone with "
            f"--calibrate-on, else least-squares]."
        ),
    ] = None,
    model_dir: Annotated[Path | None, typer.Option(help="Where hub downloads are kept.")] = None,
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit of a hub id.")] = None,
    local_files_only: Annotated[
        bool, typer.Option("--local-files-only", help="Never use the network.")
    ] = False,
    source: Annotated[str, typer.Option(help=f"Hub: {', '.join(_HUBS)}.")] = "hf",
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Engine recipe: a name of engines/recipes, or a file [default: chosen by GPU]. "
            "For ort-cpu and ort-cuda a file with exceptions to the precision."
        ),
    ] = None,
    compute_capability: Annotated[
        list[str] | None,
        typer.Option(help="GPUs to compile for with tensorrt-rtx, as 8.6,8.9,12.0 [default: the recipe's]."),
    ] = None,
    attention: Annotated[
        str | None,
        typer.Option(help=f"How engines compute it: {', '.join(_ATTENTIONS)} [default: the recipe's]."),
    ] = None,
    lowering: Annotated[
        str | None,
        typer.Option(
            help=f"How graphs for ONNX Runtime are written: {', '.join(_LOWERINGS)} [default: the faster]."
        ),
    ] = None,
    kv_cache_dtype: Annotated[
        str | None,
        typer.Option(
            help=f"Of the decoder's cache with int8 and int4 on CPUs: {', '.join(_CACHE_DTYPES)} [default: "
            f"float32, the faster; float16 halves the memory of long recordings]."
        ),
    ] = None,
    gate_on: Annotated[
        Path | None,
        typer.Option(
            metavar="LIST",
            help="Install only if these recordings, a list as of `eval`, are heard as in fp32.",
        ),
    ] = None,
    gate_reference: Annotated[
        Path | None,
        typer.Option(metavar="BUNDLE", help="Compare with it [default: the fp32 bundle, built if missing]."),
    ] = None,
    gate_limit: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Allow so much, as points=0.3 [default: by precision]."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Build everything again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no warnings.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Progress even where stderr is no terminal.")
    ] = False,
) -> None:
    """Build a bundle from a checkpoint: graphs, tokenizer, manifest, and the proof that they are right.

    Prints the bundle's folder. A build that was stopped goes on where it ended; one that is up to date is not
    done again.
    """
    _require("--target", target, _BUILDABLE, get_args(Target))
    if precision is not None:
        _require("--precision", precision, _PRECISIONS)
    _require("--source", source, _HUBS)
    if attention is not None:
        _require("--attention", attention, _ATTENTIONS)
    if lowering is not None:
        _require("--lowering", lowering, _LOWERINGS)
        if target != "ort-cpu":
            raise UsageError(f"--lowering is for --target ort-cpu; for {target} the library decides.")
    if kv_cache_dtype is not None:
        _require("--kv-cache-dtype", kv_cache_dtype, _CACHE_DTYPES)
        if target != "ort-cpu":
            raise UsageError(f"--kv-cache-dtype is for --target ort-cpu; for {target} --precision decides.")
    if gate_on is None and (gate_reference or gate_limit):
        raise UsageError("--gate-reference and --gate-limit are for --gate-on, which says what to hear.")
    # These import the model hub's client, and the stages torch: --help must not.
    from edge_export.gate import GateOptions  # noqa: PLC0415
    from edge_export.job import BuildOptions  # noqa: PLC0415
    from edge_export.pipeline import build  # noqa: PLC0415
    from edge_export.source import HubOptions  # noqa: PLC0415

    hub = HubOptions("modelscope" if source == "modelscope" else "hf", model_dir, revision, local_files_only)
    options = BuildOptions(
        model=model,
        output=output_dir,
        target=cast("Target", target),
        precision=precision,
        calibrate_on=calibrate_on,
        rounding=rounding,
        hub=hub,
        force=force,
        recipe=recipe,
        capabilities=tuple(compute_capability or ()),
        attention=cast("Attention | None", attention),
        lowering=cast("Lowering | None", lowering),
        kv_cache_dtype=cast("ComputeDtype | None", kv_cache_dtype),
        gate=GateOptions(gate_on, gate_reference, tuple(gate_limit or ())) if gate_on else None,
    )
    result = build(
        options, _Lines(shows_progress=not quiet and (verbose or sys.stderr.isatty()), quiet=quiet)
    )
    typer.echo(_as_json(result) if as_json else result.bundle)


def _as_json(result: BuildResult) -> str:
    fields = {
        "bundle": str(result.bundle),
        "status": result.status,
        "reused": result.reused,
        "seconds": round(result.seconds, 3),
        "parity": result.parity,
        "gate": result.gate,
    }
    return json.dumps(fields, indent=2)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Progress as lines on stderr."""

    shows_progress: bool
    quiet: bool

    def progress(self, text: str) -> None:
        if self.shows_progress:
            typer.echo(text, err=True)

    def warn(self, text: str) -> None:
        if not self.quiet:
            typer.echo(f"warning: {text}", err=True)


def _require(flag: str, found: str, buildable: tuple[str, ...], planned: tuple[str, ...] = ()) -> None:
    """Refuse a value that cannot be built.

    Raises:
        UsageError: with the values that can.
    """
    if found in buildable:
        return
    reason = "is not built by this version" if found in planned else "is unknown"
    raise UsageError(f"{flag} {found!r} {reason}; choose {' or '.join(buildable)}.")

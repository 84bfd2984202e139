"""`edge-asr build-engines`: parse, call one function, print."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

import typer

from edge_export import build_flags
from edge_export.compile.command import compile_bundle
from edge_export.compile.lines import Lines
from edge_runtime.cli.terminal import emit
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from edge_export.engine.builder.lowering import Attention
    from edge_export.graph_spec import ComputeDtype, Lowering
    from edge_export.pipeline.pipeline import BuildResult
    from edge_runtime.bundle.manifest import Target


def register(app: typer.Typer) -> None:
    """Add the exporter's commands; help leaves out `build-engines` where its packages are missing."""
    app.command("build-engines", hidden=find_spec("torch") is None)(build_engines)
    app.command("compile")(compile_bundle)


def build_engines(
    model: build_flags.Model = "mini",
    output_dir: build_flags.OutputDir = None,
    target: build_flags.Target = "ort-cpu",
    precision: build_flags.Precision = None,
    calibrate_on: build_flags.CalibrateOn = None,
    rounding: build_flags.Rounding = None,
    model_dir: build_flags.ModelDir = None,
    revision: build_flags.Revision = None,
    local_files_only: build_flags.LocalFilesOnly = False,
    source: build_flags.Source = "hf",
    recipe: build_flags.Recipe = None,
    compute_capability: build_flags.ComputeCapability = None,
    for_system: build_flags.For = None,
    tensorrt: build_flags.TensorRT = None,
    sm: build_flags.Sm = None,
    attention: build_flags.Attention = None,
    lowering: build_flags.Lowering = None,
    kv_cache_dtype: build_flags.KvCacheDtype = None,
    gate_on: build_flags.GateOn = None,
    gate_reference: build_flags.GateReference = None,
    gate_limit: build_flags.GateLimit = None,
    force: build_flags.Force = False,
    as_json: build_flags.AsJson = False,
    quiet: build_flags.Quiet = False,
    verbose: build_flags.Verbose = False,
) -> None:
    """Build a bundle from a checkpoint: graphs, tokenizer, manifest, and the proof that they are right.

    Prints the bundle's folder. A build that was stopped goes on where it ended; one that is up to date is not
    done again.
    """
    _require("--target", target, build_flags.TARGETS)
    _require("--precision", precision, build_flags.PRECISIONS)
    _require("--source", source, build_flags.HUBS)
    _require("--attention", attention, build_flags.ATTENTIONS)
    _require_for_cpu("--lowering", lowering, build_flags.LOWERINGS, target, "the library")
    _require_for_cpu("--kv-cache-dtype", kv_cache_dtype, build_flags.CACHE_DTYPES, target, "--precision")
    if gate_on is None and (gate_reference or gate_limit):
        raise UsageError("--gate-reference and --gate-limit are for --gate-on, which says what to hear.")
    # These import the model hub's client, and the stages torch: --help must not.
    from edge_export.checkpoint.source import HubOptions  # noqa: PLC0415
    from edge_export.engine.platforms import find_platform  # noqa: PLC0415
    from edge_export.pipeline.gate import GateOptions  # noqa: PLC0415
    from edge_export.pipeline.job import BuildOptions  # noqa: PLC0415
    from edge_export.pipeline.pipeline import build  # noqa: PLC0415

    platform = find_platform(for_system, tensorrt, sm)
    if platform is not None and target != "tensorrt":
        raise UsageError(
            f"--for, --tensorrt and --sm are for --target tensorrt; one for {target} is portable as it is."
        )
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
        platform=platform,
    )
    result = build(options, Lines(shows_progress=not quiet and (verbose or sys.stderr.isatty()), quiet=quiet))
    emit(_as_json(result) if as_json else str(result.bundle))


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


def _require(flag: str, value: str | None, choices: tuple[str, ...]) -> None:
    """Refuse a value outside `choices`; None passes.

    Raises:
        UsageError: the message lists the choices.
    """
    if value is not None and value not in choices:
        raise UsageError(f"{flag} {value!r} is unknown; choose {' or '.join(choices)}.")


def _require_for_cpu(
    flag: str, value: str | None, choices: tuple[str, ...], target: str, decided_by: str
) -> None:
    """Refuse a value outside `choices`, and any value for a target other than `ort-cpu`.

    Raises:
        UsageError: the message says what decides for that target.
    """
    _require(flag, value, choices)
    if value is not None and target != "ort-cpu":
        raise UsageError(f"{flag} is for --target ort-cpu; for {target} {decided_by} decides.")

"""Size, build time and peak memory of engines: `python -m edge_export.engine.table`.

Engines of the released models are built from dummy checkpoints: true shapes, random weights.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.dummy import write_dummy_checkpoint
from edge_export.checkpoint.released import RELEASED, RELEASED_CLASSES
from edge_export.checkpoint.source import HubOptions, resolve, shipped_checkpoint
from edge_export.engine.builder.build import EngineRequest
from edge_export.engine.builder.measure import EngineMeasurement, measure
from edge_export.engine.capability import parse_capabilities
from edge_export.engine.plan import EngineOptions, plan_engines
from edge_export.graphs.write import write_graph
from edge_export.quantize.quantization import Quantization
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.engine.builder.lowering import EngineLowering
    from edge_export.engine.plan import EnginePlan

_WORK: Final = Path("build") / "engines-table"
_TOOLS: Final = ("tensorrt-rtx", "onnx", "onnx-ir", "torch")
_GPUS: Final = ("8.6", "8.9", "12.0")
_HEAD: Final = (
    "| model | precision | lowering | graph | in | GPU | weights MB | engine MB | s | CPU s | peak MB |",
    "|---|---|---|---|---|---|---:|---:|---:|---:|---:|",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One engine of the table."""

    model: str
    precision: str
    lowering: str
    component: str
    stored: str
    capability: str
    measured: EngineMeasurement

    def text(self) -> str:
        """Return the row as Markdown."""
        measured = self.measured
        sizes = (measured.graph_bytes, measured.engine_bytes)
        cells = [self.model, self.precision, self.lowering, self.component, self.stored, self.capability]
        cells += [f"{size / 1e6:.1f}" for size in sizes]
        cells += [
            f"{measured.seconds:.1f}",
            f"{measured.cpu_seconds:.1f}",
            f"{measured.peak_bytes / 1e6:.0f}",
        ]
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True, slots=True)
class EngineVariant:
    """Engines of one model.

    Attributes:
        model: mini, 0.6b, 1.7b or aligner.
        precision: as of `--precision`.
        lowering: how its graphs are written.
    """

    model: str
    precision: str = "fp32"
    lowering: EngineLowering = "modern"


def parse_variant(text: str) -> EngineVariant:
    """Read `MODEL[:PRECISION[:LOWERING]]`.

    Raises:
        UsageError: it does not have this format.
    """
    model, *rest = text.split(":")
    if len(rest) > 2 or rest[1:] not in ([], ["modern"], ["legacy"]):  # noqa: PLR2004 - the two that may follow
        raise UsageError(f"--model {text!r} is not MODEL[:PRECISION[:modern or legacy]].")
    return EngineVariant(model, *rest)  # type: ignore[arg-type] # checked above


def rows(
    variant: EngineVariant, groups: tuple[tuple[str, ...], ...], layers: int | None = None
) -> Iterator[Row]:
    """Build every engine of a model once for each group of GPUs.

    Args:
        variant: which engines.
        groups: compute capabilities of one engine each.
        layers: of a dummy's encoder and decoder each; None for as many as released.
    """
    checkpoint = read_checkpoint(resolve(str(_checkpoint(variant.model, layers)), HubOptions()))
    options = EngineOptions(
        "tensorrt-rtx", variant.precision, attention="primitive" if variant.lowering == "legacy" else None
    )
    plan = plan_engines(options, checkpoint.config, lambda _: None)
    for component in plan.records:
        folder = _WORK / f"{variant.model}.{variant.precision}.{variant.lowering}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            request = _request(checkpoint, plan, component, folder)
            for group in groups:
                measured = measure("tensorrt-rtx", replace(request, capabilities=group))
                stored = plan.export.components[component]
                names = (
                    variant.model,
                    variant.precision,
                    variant.lowering,
                    component,
                    stored,
                    " ".join(group),
                )
                yield Row(*names, measured)
        finally:
            shutil.rmtree(folder)


def environment() -> list[str]:
    """Describe what the figures depend on."""
    cpu = next(
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        if line.startswith("model name")
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in _TOOLS)
    return [
        f"* {versions}, Python {platform.python_version()}",
        f"* {cpu}, {len(os.sched_getaffinity(0))} cores, {memory / 1e9:.0f} GB, no GPU",
    ]


def document(table_rows: list[Row], date: str) -> str:
    """Return the whole table with its environment."""
    lines = [
        f"# Engines built ahead of time, {date}",
        "",
        "Written by `make engines-table`. Engines are compiled by TensorRT-RTX on the CPU, with the",
        "profiles of the recipe `rtx`, and are not run. Released models are hollow: true shapes, random",
        "weights. Peak is the most memory that the building process held, mapped weights included. CPU s is",
        "the processor's time, which other work on the machine does not lengthen.",
        "",
        *environment(),
        "",
        *_HEAD,
        *(row.text() for row in table_rows),
        "",
    ]
    return "\n".join(lines)


def _request(checkpoint: Checkpoint, plan: EnginePlan, component: str, folder: Path) -> EngineRequest:
    """Write a graph and return what to build from it."""
    record = plan.records[component]
    spec = plan.export.spec(component, checkpoint.config)
    write_graph(spec, checkpoint.config, checkpoint.weights, folder, Quantization(plan.export.plan))
    return EngineRequest(
        component=component,
        graph=folder / spec.file_name,
        inputs=spec.inputs,
        profiles=record.profiles,
        attention=plan.chosen.attention,
    )


def _checkpoint(model: str, layers: int | None) -> Path:
    """Return a checkpoint's folder, written first where the model is a dummy."""
    if model not in RELEASED:
        return shipped_checkpoint(model)
    folder = _WORK / "checkpoints" / (f"{model}.{layers}-layers" if layers else model)
    if not (folder / "model.safetensors").is_file():
        audio, text = RELEASED[model]
        if layers:
            audio, text = replace(audio, num_layers=layers), replace(text, num_layers=layers)
        classes = RELEASED_CLASSES if model == "aligner" else None
        write_dummy_checkpoint(
            audio, text, layout="hf", tokenizer=shipped_checkpoint(), output=folder, num_classes=classes
        )
    return folder


def main(
    model: Annotated[list[str] | None, typer.Option(help="MODEL:PRECISION:LOWERING; give several.")] = None,
    compute_capability: Annotated[
        list[str] | None,
        typer.Option(help="GPUs of one engine, as 8.6,8.9; give several [default: 8.6, 8.9 and 12.0]."),
    ] = None,
    layers: Annotated[
        int | None, typer.Option(min=1, help="Layers of a dummy [default: as released].")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder of the written table.")] = Path("bench/results"),
) -> None:
    """Build engines, print the table and write it with its environment."""
    date = datetime.now(timezone.utc).date().isoformat()
    groups = tuple(parse_capabilities([text]) for text in compute_capability or _GPUS)
    table_rows: list[Row] = []
    output.mkdir(parents=True, exist_ok=True)
    typer.echo("\n".join(_HEAD))
    for variant in map(parse_variant, model or ["mini"]):
        for row in rows(variant, groups, layers):
            typer.echo(row.text())
            table_rows.append(row)
            # After each build: results survive if the next build crashes the machine.
            (output / f"engines-{date}.md").write_text(document(table_rows, date), "utf-8")


if __name__ == "__main__":
    typer.run(main)

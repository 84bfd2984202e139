"""`edge-asr roofline`: a table of projections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Final, get_args

import typer

from edge_bench.roofline.device_spec import GPUS
from edge_bench.roofline.model_shape import MODELS
from edge_bench.roofline.roofline import Efficiency, Precision, Projection, Workload, project
from edge_runtime.cli.terminal import emit
from edge_runtime.errors import UsageError

_PLANNED: Final = Efficiency(bandwidth=0.45, compute=0.45)
"""What engines of the same size reach on Jetsons: 43 to 70 % of the bandwidth (TensorRT Edge-LLM 0.9.0)."""

_EXPLANATION: Final = """Written by `make roofline`. Nothing here was measured: a time is what reading the
bytes or doing the operations alone would take (`edge_bench.roofline.roofline`). *Planned* takes 45 % of each
device's ceilings for granted. Features, copies and the host are not in it. `int8` and `int4` are of weights
alone, and the encoder has half precision everywhere, as in the recipes."""
_DEVICES: Final = "\n".join(
    [
        "Ceilings, dense; those of Thor and Orin NX are in part derived (`edge_bench.roofline.device_spec`):",
        "",
        "| device | GB/s | fp16 TFLOPS | int8 TOPS |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {gpu.bandwidth_gb_s:g} | {gpu.fp16_tflops:g} | {gpu.int8_tops:g} |"
            for name, gpu in GPUS.items()
        ),
    ]
)

Row = tuple[str, str, Projection, Projection]


def roofline(
    model: Annotated[str, typer.Option("--model", help=f"One of {', '.join(MODELS)}.")] = "0.6b",
    audio: Annotated[float, typer.Option("--audio", min=0.1, help="Seconds of audio.")] = 10.0,
    tokens: Annotated[int, typer.Option("--tokens", min=1, help="Tokens of the transcript.")] = 40,
    kv_capacity: Annotated[int, typer.Option("--kv-capacity", min=1, help="Cache rows of a step.")] = 1024,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", help="Folder to write roofline-DATE.md to, of all models.")
    ] = None,
) -> None:
    """Project how fast devices could be at best, and as planned, from bytes and operations.

    Nothing is measured: a time is what memory or arithmetic alone would take, and the planned one takes 45 %
    of the device's ceilings for granted.
    """
    if model not in MODELS:
        raise UsageError(f"Unknown model {model!r}; choose one of {', '.join(MODELS)}.")
    work = Workload(audio, tokens, kv_capacity)
    if output is not None:
        emit(str(_write(work, output)))
        return
    rows = list(_rows(model, work))
    emit(_as_json(rows) if as_json else _table(model, work, rows))


def _write(work: Workload, folder: Path) -> Path:
    date = datetime.now(timezone.utc).date().isoformat()
    tables = [_table(model, work, list(_rows(model, work))) for model in MODELS]
    path = folder / f"roofline-{date}.md"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n\n".join([f"# Projected times, {date}", _EXPLANATION, *tables, _DEVICES]) + "\n", "utf-8"
    )
    return path


def _rows(model: str, work: Workload) -> Iterator[Row]:
    for name, gpu in GPUS.items():
        for precision in get_args(Precision):
            at_best, planned = (
                project(MODELS[model], gpu, precision, work, efficiency)
                for efficiency in (Efficiency(), _PLANNED)
            )
            yield name, precision, at_best, planned


def _as_json(rows: list[Row]) -> str:
    return json.dumps(
        [
            {
                "kind": "projection",
                "device": name,
                "precision": precision,
                "at_best": asdict(best),
                "planned": asdict(planned),
            }
            for name, precision, best, planned in rows
        ],
        indent=2,
    )


def _table(model: str, work: Workload, rows: list[Row]) -> str:
    title = (
        f"Projection, not a measurement: {model}, {work.audio_s:g} s of audio, {work.num_tokens} tokens, "
        f"{work.kv_capacity} cache rows, batch 1."
    )
    lines = [
        title,
        "",
        "| device | precision | encoder ms | prefill ms | step ms | RTF | planned step ms | planned RTF |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, precision, best, planned in rows:
        lines.append(
            f"| {name} | {precision} | {best.encoder_ms:.2f} | {best.prefill_ms:.2f} | {best.step_ms:.2f} "
            f"| {best.rtf:.4f} | {planned.step_ms:.2f} | {planned.rtf:.4f} |"
        )
    return "\n".join(lines)

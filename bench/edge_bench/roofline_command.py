"""`edge-asr roofline`: a table of projections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Final, get_args

import typer

from edge_bench.gpu import GPUS
from edge_bench.model_shape import MODELS
from edge_bench.roofline import Efficiency, Precision, Projection, Workload, project
from edge_runtime.errors import UsageError

_PLANNED: Final = Efficiency(bandwidth=0.45, compute=0.45)
"""What engines of the same size reach on Jetsons: 43 to 70 % of the bandwidth (TensorRT Edge-LLM 0.9.0)."""

Row = tuple[str, str, Projection, Projection]


def roofline(
    model: Annotated[str, typer.Option("--model", help=f"One of {', '.join(MODELS)}.")] = "0.6b",
    audio: Annotated[float, typer.Option("--audio", min=0.1, help="Seconds of audio.")] = 10.0,
    tokens: Annotated[int, typer.Option("--tokens", min=1, help="Tokens of the transcript.")] = 40,
    kv_capacity: Annotated[int, typer.Option("--kv-capacity", min=1, help="Rows of the cache.")] = 1024,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Project how fast devices could be at best, and as planned, from bytes and operations.

    Nothing is measured: a time is what memory or arithmetic alone would take, and the planned one takes 45 %
    of the device's ceilings for granted.
    """
    if model not in MODELS:
        raise UsageError(f"Unknown model {model!r}; choose one of {', '.join(MODELS)}.")
    work = Workload(audio, tokens, kv_capacity)
    rows = list(_rows(model, work))
    print(_as_json(rows) if as_json else _table(model, work, rows))


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

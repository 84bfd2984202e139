"""`edge-asr bench`: how fast a bundle is on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge_bench.speed.measure import load, measure, synthetic
from edge_bench.speed.report import BenchOptions, Report
from edge_bench.speed.synthetic import require_length
from edge_bench.speed.table import table
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.failures import report
from edge_runtime.cli.terminal import emit, verify_progress
from edge_runtime.errors import UsageError


def bench(
    audio: Annotated[
        Path | None, typer.Argument(metavar="[AUDIO]", help="The recording; every run reads it anew.")
    ] = None,
    synthetic_s: Annotated[
        float | None,
        typer.Option("--synthetic", metavar="SECONDS", help="Speech-like noise of this length instead."),
    ] = None,
    model: options.Model = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    warm_up: Annotated[int, typer.Option("--warm-up", min=0, help="Runs before the measured ones.")] = 1,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Measured runs, in one process.")] = 5,
    max_new_tokens: Annotated[
        int | None, typer.Option("--max-new-tokens", min=1, help="Token budget. [default: by audio length]")
    ] = None,
    language: Annotated[
        str, typer.Option("--language", "-l", help="Name or code to force, or auto.")
    ] = "auto",
    batch_size: Annotated[
        int,
        typer.Option(
            "--batch-size",
            min=1,
            help="Also so many at once, beside one after the other; of a long recording its segments.",
        ),
    ] = 1,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Also write the JSON to a file.")
    ] = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure RTF, TTFT, the time of each stage, speed of decoding, load time and memory of a bundle."""
    _check(audio, synthetic_s, save)
    bench_options = BenchOptions(
        warm_up=warm_up,
        repeats=repeats,
        device=device,
        threads=threads,
        max_new_tokens=max_new_tokens,
        language=language,
        batch_size=batch_size,
    )
    loaded = load(choose_bundle(model, "asr"), bench_options, verify_progress(quiet=quiet))
    recording = audio if synthetic_s is None else synthetic(loaded, synthetic_s)
    assert recording is not None, "_check wants one of the two"
    try:
        figures = measure(loaded, recording, bench_options)
    except Exception as error:
        raise typer.Exit(report(error, str(audio or "--synthetic"))) from error
    if save is not None:
        _write(save, figures)
    emit(figures.to_json() if as_json else table(figures))


def _check(audio: Path | None, synthetic_s: float | None, save: Path | None) -> None:
    """Refuse contradictory options before anything is loaded."""
    if audio is None and synthetic_s is None:
        raise UsageError("Nothing to measure. Give an audio file, or --synthetic SECONDS.")
    if audio is not None and synthetic_s is not None:
        raise UsageError(f"{audio} and --synthetic {synthetic_s:g} cannot both be. Leave one out.")
    if synthetic_s is not None:
        require_length(synthetic_s)
    if save is not None and not save.parent.is_dir():
        raise UsageError(f"--save {save}: no folder {save.parent}. Create it, or name another file.")


def _write(path: Path, report: Report) -> None:
    document = msgspec.json.format(report.to_json().encode(), indent=2) + b"\n"
    try:
        path.write_bytes(document)
    except OSError as error:
        raise UsageError(f"--save {path}: cannot be written: {error.strerror}.") from error

"""`edge-asr bench`: how fast a bundle is on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from edge_bench.commands.bench_outputs import BenchOutputs, OutputFlags
from edge_bench.speed.loading import load
from edge_bench.speed.measure import measure
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.recordings import read_recordings
from edge_bench.speed.scenarios.scenario import ScenarioName
from edge_bench.speed.synthetic import require_length
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.failures import report
from edge_runtime.cli.flags.grouped import grouped
from edge_runtime.cli.inputs.recordings import find_recordings
from edge_runtime.cli.terminal import verify_progress
from edge_runtime.errors import UsageError

_SCENARIOS = get_args(ScenarioName)
_OUTPUTS = OutputFlags()


@grouped
def bench(
    audio: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="AUDIO",
            help="Recordings, folders, patterns or @LIST of names; every query reads its file anew.",
            show_default=False,
        ),
    ] = None,
    synthetic_s: Annotated[
        list[float] | None,
        typer.Option("--synthetic", metavar="SECONDS", help="Speech-like noise of this length; repeatable."),
    ] = None,
    scenario: Annotated[
        str, typer.Option("--scenario", help=f"How queries come: {', '.join(_SCENARIOS)}.")
    ] = "single-stream",
    rate: Annotated[
        float | None, typer.Option("--rate", min=1e-3, help="Queries a second of scenario server.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the arrivals of scenario server.")] = 0,
    model: options.Model = None,
    aligner: Annotated[
        Path | None,
        typer.Option("--aligner", metavar="BUNDLE", help="Also time the words of every transcript with it."),
    ] = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    warm_up: Annotated[
        int | None,
        typer.Option(
            "--warm-up",
            min=0,
            help="Passes over the recordings before the measured ones. [default: until steady]",
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            "--repeats", min=1, help="Measured passes, in one process. [default: 10, and 5 s at least]"
        ),
    ] = None,
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
            help="Most at once; in single-stream, also so many recordings or segments beside one by one.",
        ),
    ] = 1,
    roofline: Annotated[
        bool,
        typer.Option("--roofline", help="Also measure memory and products, and set the stages against them."),
    ] = False,
    outputs: OutputFlags = _OUTPUTS,
    quiet: options.Quiet = False,
) -> None:
    """Measure latency, RTF, TTFT, the time of each stage, load time, memory and energy of a bundle.

    Ends with 8 where `--fail-if-slower` is exceeded, and with 2 where `--compare` names another machine.
    """
    _check(audio, synthetic_s, scenario, rate)
    results = BenchOutputs.of(outputs)
    timer = None if aligner is None else Aligner.load(aligner, device=device, threads=threads)
    bench_options = BenchOptions(
        scenario=cast("ScenarioName", scenario),
        warm_up=warm_up,
        repeats=repeats,
        rate=rate or BenchOptions().rate,
        seed=seed,
        device=device,
        threads=threads,
        max_new_tokens=max_new_tokens,
        language=language,
        batch_size=batch_size,
        aligner=None if timer is None else timer.bundle.manifest.name,
        roofline=roofline,
    )
    loaded = load(choose_bundle(model, "asr"), bench_options, verify_progress(quiet=quiet))
    try:
        recordings = read_recordings(
            _paths(audio or ()), synthetic_s or (), loaded.recognizer.bundle.manifest
        )
        results.require_comparable(loaded.recognizer.bundle, bench_options, recordings)
        figures = measure(loaded, recordings, bench_options, aligner=timer)
    except Exception as error:
        names = audio or ["--synthetic"]
        raise typer.Exit(report(error, names[0] if len(names) == 1 else "")) from error
    results.deliver(figures)


def _paths(audio: Sequence[str]) -> Iterator[Path]:
    """Yield the files that a command line means; raises why a name is none."""
    for recording in find_recordings(audio) if audio else ():
        if recording.error is not None:
            raise recording.error
        yield Path(recording.name)


def _check(
    audio: list[str] | None, synthetic_s: list[float] | None, scenario: str, rate: float | None
) -> None:
    """Refuse contradictory options before anything is loaded."""
    if not audio and not synthetic_s:
        raise UsageError("Nothing to measure. Give audio files, or --synthetic SECONDS.")
    for length_s in synthetic_s or ():
        require_length(length_s)
    if scenario not in _SCENARIOS:
        raise UsageError(f"Unknown scenario {scenario!r}; choose one of {', '.join(_SCENARIOS)}.")
    if (rate is not None) != (scenario == "server"):
        raise UsageError("--scenario server needs --rate, and --rate needs --scenario server.")

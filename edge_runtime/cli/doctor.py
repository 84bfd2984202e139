"""`edge-asr doctor`: what this machine is, what runs on it and why the rest does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_runtime.cli import options
from edge_runtime.cli.bundles import ENGINES
from edge_runtime.cli.terminal import emit
from edge_runtime.doctor.examine import examine
from edge_runtime.doctor.host import Host
from edge_runtime.doctor.report import Machine, Report
from edge_runtime.errors import ExitCode

_GB: Final = 1e9


def doctor(
    bundles: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[BUNDLE]...", help="Bundle directories. [default: all under engines/]"),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Say what this machine is, try every back end on it, and check versions, memory and storage."""
    report = examine(Host(), bundles or (), ENGINES)
    if as_json:
        emit(report.to_json())
    else:
        emit("\n".join(_lines(report)))
    raise typer.Exit(ExitCode.OK if report.usable else ExitCode.BACKEND)


def _lines(report: Report) -> Iterator[str]:
    yield from _machine_lines(report.machine)
    yield ""
    width = max(len(finding.code) for finding in report.findings)
    for finding in report.findings:
        yield f"{finding.status:7}  {finding.code:{width}}  {finding.message}"
        if finding.hint is not None:
            yield f"{'':7}  {'':{width}}  $ {finding.hint}"
    yield ""
    counts = Counter(finding.status for finding in report.findings)
    passing = ", ".join(backend.target for backend in report.backends if backend.passed) or "none"
    verdict = "usable" if report.usable else "not usable"
    tally = f"failed: {counts['failed']}, warnings: {counts['warning']}"
    yield f"{verdict}; back ends that run: {passing}; {tally}"


def _machine_lines(machine: Machine) -> Iterator[str]:
    yield f"edge-asr  {machine.edge_asr}, Python {machine.python}"
    yield f"system    {machine.system}, {machine.kernel}"
    if machine.jetson is not None:
        jetson = machine.jetson
        yield f"board     {jetson.board}, JetPack {jetson.jetpack}, L4T {jetson.l4t}"
    yield f"cpu       {machine.cpu.model}, {machine.memory.total / _GB:.1f} GB of memory"
    for gpu in machine.gpus:
        yield f"gpu       {gpu.name}, compute capability {gpu.compute_capability}, {gpu.memory / _GB:.1f} GB"
    if machine.cuda is not None:
        driver = f"a driver for {machine.cuda.driver}" if machine.cuda.driver else "no driver"
        yield f"cuda      {machine.cuda.runtime}, {driver}"
